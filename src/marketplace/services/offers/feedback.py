"""One question to a family, once help has begun: counted among others, never passed on."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.offers import Offer
from marketplace.services.matches.transitions import note_deed
from marketplace.states import MatchState

FEEDBACK = ("yes", "partly", "no")
BEGUN = (MatchState.UNDER_WAY, MatchState.COMPLETED, MatchState.ENDED_EARLY)


async def give_feedback(session: AsyncSession, offer: Offer, helped: str) -> None:
    """Told again, the first word stands."""
    await session.execute(select(Offer.id).where(Offer.id == offer.id).with_for_update())
    await session.refresh(offer, ["feedback"])
    if offer.feedback is not None or offer.match.state not in BEGUN:
        return
    offer.feedback, offer.feedback_at = helped, func.now()
    await session.flush()
    actor = Actor(kind="family", id=offer.family_id)
    await note_deed(session, ("offer", offer.id), "feedback_given", actor=actor)
