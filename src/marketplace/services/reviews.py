"""A practitioner looks at each family: agrees, sets aside, or takes another choice."""

import uuid
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake
from marketplace.access import Actor, readable_matches
from marketplace.db.plans import Match, Plan
from marketplace.errors import BadFormError, MovedOnError, NoPlaceLeftError, NotFoundError
from marketplace.reasons import REASONS, Effect, reasons_of
from marketplace.services.transitions import move_match, move_needs, move_plan, note_deed
from marketplace.states import MatchState, NeedState, PlanState, check_transition


@dataclass(frozen=True, kw_only=True)
class Decision:
    """`verdict`: agree, set_aside (with `code`) or choose (with `intake_id`)."""

    verdict: str
    code: str = ""
    intake_id: uuid.UUID | None = None


async def decide_match(
    session: AsyncSession, match_id: uuid.UUID, decision: Decision, *, actor: Actor
) -> None:
    """Take one decision; told again, it changes nothing."""
    match = await session.scalar(readable_matches(actor).where(Match.id == match_id))
    if match is None:
        raise NotFoundError
    if decision.verdict == "set_aside":
        await _set_aside(session, match, code=decision.code, actor=actor)
        return
    is_agreed = match.state == MatchState.AGREED and match.approved_at is None
    if decision.verdict == "choose" and decision.intake_id:
        if not is_agreed:
            check_transition("match", match.state, MatchState.AGREED)
        await _choose(session, match, decision.intake_id, actor=actor)
    if not is_agreed:
        await move_match(session, match.id, to=MatchState.AGREED, actor=actor)


async def finish_review(session: AsyncSession, plan_id: uuid.UUID, *, actor: Actor) -> None:
    """The plan is reviewed once nobody is left to look at."""
    left = await session.scalar(
        select(func.count())
        .select_from(Match)
        .where(Match.plan_id == plan_id, Match.state == MatchState.PROPOSED)
    )
    plan = await session.get_one(Plan, plan_id)
    if left == 0 and plan.state == PlanState.DRAFT:
        await move_plan(session, plan_id, to=PlanState.REVIEWED, actor=actor)


async def _set_aside(session: AsyncSession, match: Match, *, code: str, actor: Actor) -> None:
    if code not in {reason.code for reason in reasons_of("practitioner")}:
        raise BadFormError({f"code-{match.id}": "Say why you set this family aside"})
    if match.state == MatchState.SET_ASIDE:
        return
    if match.approved_at is not None:
        raise MovedOnError("match", match.state, MatchState.SET_ASIDE)
    await move_match(session, match.id, to=MatchState.SET_ASIDE, actor=actor, code=code)
    closes = REASONS[code].effect == Effect.CLOSE_NEED
    after = NeedState.CLOSED if closes else NeedState.PUBLISHED
    await move_needs(session, [match.need_id], to=after, actor=actor, code=code)


async def _choose(
    session: AsyncSession, match: Match, intake_id: uuid.UUID, *, actor: Actor
) -> None:
    choices = {choice["intake_id"]: choice for choice in match.choices["next_best"]}
    chosen = choices.get(str(intake_id))
    if chosen is None:
        raise BadFormError({f"choice-{match.id}": "Choose one of the supports in the list"})
    await _check_room(session, match, intake_id)
    before = str(match.intake_id)
    match.intake_id = intake_id
    match.cost_pence, match.price_pence = chosen["cost_pence"], chosen["price_pence"]
    match.effect, match.travel_metres = Decimal(chosen["effect"]), chosen["travel_metres"]
    match.reason = {"code": "chosen_by_practitioner"}
    await session.flush()
    await note_deed(
        session,
        ("match", match.id),
        "choice_changed",
        actor=actor,
        detail={"from": before, "to": str(intake_id)},
    )


async def _check_room(session: AsyncSession, match: Match, intake_id: uuid.UUID) -> None:
    """Count what this plan proposes there as well: a draft holds no places, but it needs them."""
    intake = await session.get_one(Intake, intake_id, with_for_update=True, populate_existing=True)
    promised = await session.scalar(
        select(func.coalesce(func.sum(Match.places), 0)).where(
            Match.intake_id == intake_id,
            Match.state.in_((MatchState.PROPOSED, MatchState.AGREED)),
        )
    )
    left = intake.places_left
    if left is not None and (promised or 0) + match.places > left:
        raise NoPlaceLeftError
