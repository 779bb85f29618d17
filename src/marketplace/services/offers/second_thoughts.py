"""A yes that is taken back before help starts, and an answer that was entered by mistake."""

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.families import Family, Need
from marketplace.db.offers import Offer
from marketplace.db.plans import Match
from marketplace.errors import NotReadyError
from marketplace.services.matches.transitions import move_match, move_matches, move_needs, note_deed
from marketplace.services.matches.what_follows import follow_up
from marketplace.services.offers.answers import lock_offer, standing_of
from marketplace.states import LIVE_MATCH, MatchState, NeedState

HOURS_TO_TAKE_BACK = 48
# Whoever is asked again has at least this long to answer.
LEAST_TIME_TO_ANSWER = timedelta(days=2)
CODE = "entered_wrongly"
NOT_TOLD_YET = (MatchState.PROPOSED, MatchState.AGREED, MatchState.AWAITING_PROVIDER)


async def change_mind(session: AsyncSession, offer: Offer, *, actor: Actor | None = None) -> str:
    """A yes becomes a no until help has started; returns what now stands."""
    actor = actor or Actor(kind="family", id=offer.family_id)
    left = await lock_offer(session, offer)
    if left is None or offer.match.state != MatchState.ACCEPTED:
        return standing_of(session, offer)
    code = "changed_mind"
    to = MatchState.FAMILY_DECLINED
    match = await move_match(session, offer.match_id, to=to, actor=actor, code=code, left=left)
    await follow_up(session, [match], code=code, actor=actor)
    return "changed"


async def take_back(session: AsyncSession, offer: Offer, *, actor: Actor) -> None:
    """Undo an answer that staff entered, so that the family is asked again."""
    await lock_offer(session, offer)
    await _check_in_time(session, offer)
    answer, offer.answer = offer.answer, None
    offer.answered_at = offer.answered_for_by = offer.contact_way = None
    offer.easier = []
    offer.expires_at = func.greatest(offer.expires_at, func.now() + LEAST_TIME_TO_ANSWER)
    await session.flush()
    if answer != "yes":
        await _withdraw_what_followed(session, offer, actor=actor)
        await _open_need_again(session, offer, actor=actor)
        await session.execute(
            update(Family)
            .where(Family.id == offer.family_id)
            .values(stopped_at=None, parked_until=None)
        )
    await move_match(session, offer.match_id, to=MatchState.AWAITING_FAMILY, actor=actor, code=CODE)
    await note_deed(session, ("offer", offer.id), "answer_taken_back", actor=actor, code=CODE)


async def _check_in_time(session: AsyncSession, offer: Offer) -> None:
    in_time = await session.scalar(
        select(Offer.answered_at > func.now() - timedelta(hours=HOURS_TO_TAKE_BACK)).where(
            Offer.id == offer.id, Offer.answered_for_by.is_not(None)
        )
    )
    if not in_time:
        raise NotReadyError(
            "Only an answer that you or a colleague entered in the last 48 hours can be taken back."
        )
    if offer.match.state not in {MatchState.ACCEPTED, MatchState.FAMILY_DECLINED}:
        raise NotReadyError("It has gone on since, so the answer cannot be taken back any more.")


async def _withdraw_what_followed(session: AsyncSession, offer: Offer, *, actor: Actor) -> None:
    """What took its place goes, unless the family has been told of it."""
    found = await session.scalars(
        select(Match).where(Match.need_id == offer.match.need_id, Match.state.in_(LIVE_MATCH))
    )
    since = found.all()
    if any(match.state not in NOT_TOLD_YET for match in since):
        raise NotReadyError("Something else has been offered since. Ring the family about that.")
    ids = [match.id for match in since]
    await move_matches(session, ids, to=MatchState.WITHDRAWN, actor=actor, code=CODE)


async def _open_need_again(session: AsyncSession, offer: Offer, *, actor: Actor) -> None:
    """Back into the plan it came from, by way of being published."""
    need = await session.get_one(Need, offer.match.need_id, populate_existing=True)
    for state in (NeedState.PUBLISHED, NeedState.PLANNED):
        if need.state != NeedState.PLANNED:
            await move_needs(session, [need.id], to=state, actor=actor, code=CODE)
