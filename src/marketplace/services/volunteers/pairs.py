"""A volunteer and the families she helps: introduced by the host, the same ones week after week."""

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider, Service
from marketplace.access import Actor, readable_matches
from marketplace.db.plans import Match
from marketplace.db.volunteering import Introduction
from marketplace.errors import BadFormError, NotFoundError, NotReadyError
from marketplace.services.matches.holds import hand_on
from marketplace.services.matches.locks import lock_places
from marketplace.services.matches.outcome_notes import note_outcome
from marketplace.services.matches.transitions import move_match, move_needs, note_deed
from marketplace.services.providers.permissions import require_working
from marketplace.states import LIVE_MATCH, MatchState, NeedState

# No family knows of these yet, so they can go to somebody else without a word.
UNTOLD = (MatchState.PROPOSED, MatchState.AGREED, MatchState.AWAITING_PROVIDER)
# A family counts on these.
PROMISED = (MatchState.ACCEPTED, MatchState.UNDER_WAY)

_ENDS = {
    (MatchState.UNDER_WAY, "finished"): (MatchState.COMPLETED, NeedState.CLOSED),
    (MatchState.UNDER_WAY, "somebody_else"): (MatchState.ENDED_EARLY, NeedState.PUBLISHED),
    (MatchState.ACCEPTED, "finished"): (MatchState.NOT_STARTED, NeedState.CLOSED),
    (MatchState.ACCEPTED, "somebody_else"): (MatchState.PROVIDER_DECLINED, NeedState.PUBLISHED),
}


def live_matches() -> Select[Match]:
    return select(Match).join(Match.intake).join(Intake.service).where(Match.state.in_(LIVE_MATCH))


async def introduce(
    session: AsyncSession,
    match_id: uuid.UUID,
    *,
    on: dt.date,
    diet: str | None,
    actor: Actor,
) -> None:
    """Note that the host has made them known to each other, and what she needs to know to cook."""
    match = await _own_pair(session, match_id, actor=actor)
    today = (await session.execute(select(func.current_date()))).scalar_one()
    if on > today:
        raise BadFormError({f"introduced-{match_id}": "This day has not come yet"})
    introduced = await session.get(Introduction, match.id) or Introduction(match_id=match.id)
    introduced.introduced_on, introduced.diet = on, diet
    session.add(introduced)
    await session.flush()
    await note_deed(session, ("match", match.id), "introduced", actor=actor)


async def check_introduced(session: AsyncSession, match: Match) -> None:
    """Nobody's first visit is by a stranger: the host introduces a volunteer first."""
    is_volunteer = await session.scalar(
        select(Provider.kind == "volunteer")
        .join(Service, Service.provider_id == Provider.id)
        .join(Intake, Intake.service_id == Service.id)
        .where(Intake.id == match.intake_id)
    )
    if is_volunteer and await session.get(Introduction, match.id) is None:
        raise NotReadyError(
            "Introduce the volunteer to the family first, on the volunteer’s own page."
        )


async def end_pair(session: AsyncSession, match_id: uuid.UUID, *, how: str, actor: Actor) -> None:
    """`finished`: no more help is needed; `somebody_else`: the next plan looks for another."""
    match = await _own_pair(session, match_id, actor=actor)
    if (MatchState(match.state), how) not in _ENDS:
        raise BadFormError({f"how-{match_id}": "Choose one"})
    to, need_to = _ENDS[MatchState(match.state), how]
    if need_to == NeedState.PUBLISHED:
        await hand_on(session, [match], to=to, code=how, actor=actor)
    else:
        await move_match(session, match_id, to=to, actor=actor, code=how)
        await move_needs(session, [match.need_id], to=need_to, actor=actor)
    if to in {MatchState.COMPLETED, MatchState.ENDED_EARLY}:
        await note_outcome(session, match_id, ended_on=func.current_date(), helped="not_known")
    await forget_introduction(session, match_id)


async def forget_introduction(session: AsyncSession, match_id: uuid.UUID) -> None:
    """With the end nobody needs to know any more what they must not eat."""
    await session.execute(delete(Introduction).where(Introduction.match_id == match_id))


async def give_back_waiting(
    session: AsyncSession,
    volunteer_id: uuid.UUID,
    *,
    actor: Actor,
    code: str,
    also_offered: bool = False,
) -> None:
    """Free what no family was told of, for somebody else; `also_offered`: what no family took."""
    waiting = await _waiting(session, volunteer_id, UNTOLD)
    offered = (
        await _waiting(session, volunteer_id, (MatchState.AWAITING_FAMILY,)) if also_offered else ()
    )
    await lock_places(session, [match.id for match in (*waiting, *offered)])
    await hand_on(session, waiting, to=MatchState.WITHDRAWN, actor=actor, code=code)
    await hand_on(session, offered, to=MatchState.PROVIDER_DECLINED, actor=actor, code=code)


async def _waiting(
    session: AsyncSession, volunteer_id: uuid.UUID, states: tuple[MatchState, ...]
) -> Sequence[Match]:
    found = await session.scalars(
        live_matches()
        .where(Service.provider_id == volunteer_id, Match.state.in_(states))
        .order_by(Match.id)
    )
    return found.all()


async def _own_pair(session: AsyncSession, match_id: uuid.UUID, *, actor: Actor) -> Match:
    await require_working(session, actor=actor)
    match = await session.scalar(
        readable_matches(actor).where(
            Match.id == match_id, Match.state.in_(PROMISED), Provider.kind == "volunteer"
        )
    )
    if match is None:
        raise NotFoundError
    return match
