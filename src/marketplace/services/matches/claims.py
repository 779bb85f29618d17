"""A provider's side until help begins: claim a family or many, decline it, say that it began."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake
from directory.taxonomy import FOOD
from marketplace.access import Actor, readable_intakes, readable_matches
from marketplace.db.families import Need
from marketplace.db.outcomes import Outcome
from marketplace.db.plans import Match
from marketplace.errors import BadFormError, NotFoundError
from marketplace.reasons import REASONS, Effect, reasons_of
from marketplace.services.matches.holds import hand_on
from marketplace.services.matches.locks import lock_places
from marketplace.services.matches.outcome_notes import note_outcome
from marketplace.services.matches.transitions import (
    move_match,
    move_matches,
    move_needs,
    note_deed,
)
from marketplace.services.offers.offers import offer_where_ready
from marketplace.services.providers.permissions import require_working
from marketplace.services.volunteers.pairs import check_introduced
from marketplace.states import MatchState, NeedState

# After its yes a family counts on the provider: that is handed back, with a call to the family.
CAN_BE_DECLINED = (MatchState.AWAITING_PROVIDER, MatchState.AWAITING_FAMILY)


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """`missed`: a colleague was quicker, or the council took them back."""

    claimed: int
    missed: int


async def claim_match(session: AsyncSession, match_id: uuid.UUID, *, actor: Actor) -> None:
    await require_working(session, actor=actor)
    match = await own_match(session, match_id, actor=actor)
    await move_match(session, match_id, to=MatchState.AWAITING_FAMILY, actor=actor)
    await offer_where_ready(session, [match.family_id])


async def claim_all(
    session: AsyncSession,
    intake_id: uuid.UUID,
    match_ids: Collection[uuid.UUID],
    *,
    actor: Actor,
) -> Claimed:
    """Say yes to all of an intake that were shown; whoever came since is looked at first."""
    await require_working(session, actor=actor)
    own = readable_intakes(actor).where(Intake.id == intake_id).with_only_columns(Intake.id)
    if await session.scalar(own) is None:
        raise NotFoundError
    shown = readable_matches(actor).where(
        Match.id.in_(match_ids),
        Match.intake_id == intake_id,
        Match.state == MatchState.AWAITING_PROVIDER,
    )
    waiting = await lock_waiting(session, shown, actor=actor)
    moved = await move_matches(
        session, [match.id for match in waiting], to=MatchState.AWAITING_FAMILY, actor=actor
    )
    await offer_where_ready(session, [match.family_id for match in moved.moved])
    # Where it is no longer safe to write, nothing was offered, and nobody is told why.
    claimed = sum(match.state == MatchState.AWAITING_FAMILY for match in moved.moved)
    return Claimed(claimed=claimed, missed=len(set(match_ids)) - claimed)


async def lock_waiting(
    session: AsyncSession, waiting: Select[Match], *, actor: Actor
) -> Sequence[Match]:
    """What waits still, once nobody else can answer it: the provider, then the places, locked."""
    await require_working(session, actor=actor)
    await lock_places(session, await session.scalars(waiting.with_only_columns(Match.id)))
    found = await session.scalars(waiting.order_by(Match.waits_since, Match.id))
    return found.all()


async def decline_match(
    session: AsyncSession, match_id: uuid.UUID, *, code: str, actor: Actor
) -> None:
    """Hand a family back; its place is free at once, and the reason does what it says."""
    if code not in {reason.code for reason in reasons_of("provider")}:
        raise BadFormError({"code": "Choose a reason"})
    await require_working(session, actor=actor)
    match = await own_match(session, match_id, actor=actor, states=CAN_BE_DECLINED)
    # Paused first, so that whatever follows the decline does not come to the same full group.
    if REASONS[code].effect == Effect.PAUSE_INTAKE:
        await lock_places(session, [match_id])
        await pause_intake(session, match.intake_id, actor=actor, code=code)
    await hand_on(session, [match], to=MatchState.PROVIDER_DECLINED, code=code, actor=actor)


async def start_help(
    session: AsyncSession, match_id: uuid.UUID, *, actor: Actor, diet_confirmed: bool = False
) -> None:
    """Food is not handed over before somebody has asked; what they answered stays with them."""
    await require_working(session, actor=actor)
    match = await own_match(session, match_id, actor=actor)
    await check_introduced(session, match)
    is_food = await hands_over_food(session, match)
    if is_food and not diet_confirmed:
        raise BadFormError({"diet": "Ask about allergies and diet before the first meal"})
    await move_match(session, match_id, to=MatchState.UNDER_WAY, actor=actor)
    await move_needs(session, [match.need_id], to=NeedState.MET, actor=actor)
    first_contact = func.coalesce(Outcome.first_contact_on, func.current_date())
    await note_outcome(
        session,
        match_id,
        started_on=func.current_date(),
        first_contact_on=first_contact,
        **({"diet_confirmed_at": func.now()} if is_food else {}),
    )


async def hands_over_food(session: AsyncSession, match: Match) -> bool:
    return await session.scalar(select(Need.code).where(Need.id == match.need_id)) in FOOD


async def pause_intake(
    session: AsyncSession, intake_id: uuid.UUID, *, actor: Actor, code: str | None = None
) -> None:
    """No new family comes to it until somebody sets its places again; standing promises stay."""
    await session.execute(update(Intake).where(Intake.id == intake_id).values(paused_at=func.now()))
    await note_deed(session, ("intake", intake_id), "paused", actor=actor, code=code)


async def own_match(
    session: AsyncSession,
    match_id: uuid.UUID,
    *,
    actor: Actor,
    states: Collection[MatchState] | None = None,
) -> Match:
    """A match that the actor may see, in one of these states."""
    wanted = readable_matches(actor).where(Match.id == match_id)
    match = await session.scalar(wanted.where(Match.state.in_(states)) if states else wanted)
    if match is None:
        raise NotFoundError(
            "It is no longer waiting for you. A colleague may have answered, or it was withdrawn."
        )
    return match
