"""A provider's side: claim a family, decline it, say that help has begun or ended."""

import uuid

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake
from marketplace.access import Actor, readable_matches
from marketplace.db.plans import Match
from marketplace.errors import BadFormError, NotFoundError
from marketplace.reasons import REASONS, Effect, reasons_of
from marketplace.services.holds import hand_on
from marketplace.services.offers import offer_where_ready
from marketplace.services.pairs import check_introduced
from marketplace.services.permissions import require_working
from marketplace.services.transitions import lock_places, move_match, move_needs, note_deed
from marketplace.states import MatchState, NeedState


async def claim_match(session: AsyncSession, match_id: uuid.UUID, *, actor: Actor) -> None:
    await require_working(session, actor=actor)
    match = await _own_match(session, match_id, actor=actor)
    await move_match(session, match_id, to=MatchState.AWAITING_FAMILY, actor=actor)
    await offer_where_ready(session, [match.family_id])


async def decline_match(
    session: AsyncSession, match_id: uuid.UUID, *, code: str, actor: Actor
) -> None:
    """Hand a family back; its place is free at once, and the reason does what it says."""
    if code not in {reason.code for reason in reasons_of("provider")}:
        raise BadFormError({"code": "Choose a reason"})
    await require_working(session, actor=actor)
    match = await _own_match(session, match_id, actor=actor)
    if REASONS[code].effect == Effect.PAUSE_INTAKE:
        await lock_places(session, [match_id])
        await pause_intake(session, match.intake_id, actor=actor, code=code)
    await hand_on(session, [match], to=MatchState.PROVIDER_DECLINED, code=code, actor=actor)


async def start_help(session: AsyncSession, match_id: uuid.UUID, *, actor: Actor) -> None:
    await require_working(session, actor=actor)
    match = await _own_match(session, match_id, actor=actor)
    await check_introduced(session, match)
    await move_match(session, match_id, to=MatchState.UNDER_WAY, actor=actor)
    await move_needs(session, [match.need_id], to=NeedState.MET, actor=actor)


async def pause_intake(
    session: AsyncSession, intake_id: uuid.UUID, *, actor: Actor, code: str | None = None
) -> None:
    """No new family comes to it until somebody sets its places again; standing promises stay."""
    await session.execute(update(Intake).where(Intake.id == intake_id).values(paused_at=func.now()))
    await note_deed(session, ("intake", intake_id), "paused", actor=actor, code=code)


async def _own_match(session: AsyncSession, match_id: uuid.UUID, *, actor: Actor) -> Match:
    match = await session.scalar(readable_matches(actor).where(Match.id == match_id))
    if match is None:
        raise NotFoundError(
            "It is no longer waiting for you. A colleague may have answered, or it was withdrawn."
        )
    return match
