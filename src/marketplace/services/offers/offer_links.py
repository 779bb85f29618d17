"""One family's link is ended: it may have come to somebody else. The offer itself stands."""

import uuid

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.offers import Offer
from marketplace.services.matches.transitions import note_deed
from marketplace.services.offers.opening import get_offer


async def end_link(session: AsyncSession, offer_id: uuid.UUID, *, actor: Actor) -> None:
    """From now on neither it nor a letter's code opens anything; the family is spoken with."""
    offer = await get_offer(session, offer_id, actor=actor)
    ended = await session.execute(
        update(Offer)
        .where(Offer.id == offer.id, Offer.link_ended_at.is_(None))
        .values(link_ended_at=func.now())
        .returning(Offer.id)
    )
    if ended.first():
        await note_deed(session, ("offer", offer.id), "link_ended", actor=actor)
