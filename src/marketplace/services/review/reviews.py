"""A practitioner looks at each family: agrees, sets aside, or takes another choice."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake
from marketplace.access import Actor, readable_matches
from marketplace.db.plans import Match, Plan
from marketplace.errors import BadFormError, MovedOnError, NoPlaceLeftError, NotFoundError
from marketplace.reasons import REASONS, Effect, reasons_of
from marketplace.services.matches.transitions import move_match, move_needs, move_plan, note_deed
from marketplace.services.plans.funds import require_left
from marketplace.states import MatchState, NeedState, PlanState, check_transition

# A family chooses among three at most: the first, and these.
MOST_ALSO: Final = 2


@dataclass(frozen=True, kw_only=True)
class Decision:
    """`verdict`: agree, set_aside (with `code`) or choose (with `intake_id`).

    `also`: what else the family may choose from; None where it was not asked: all that suits.
    `seconds`: how long the look took, where that was measured.
    """

    verdict: str
    code: str = ""
    intake_id: uuid.UUID | None = None
    also: tuple[str, ...] | None = None
    seconds: int | None = None


async def decide_match(
    session: AsyncSession, match_id: uuid.UUID, decision: Decision, *, actor: Actor
) -> None:
    """Take one decision; told again, it changes nothing."""
    match = await session.scalar(
        readable_matches(actor)
        .where(Match.id == match_id)
        .execution_options(populate_existing=True)
    )
    if match is None:
        raise NotFoundError
    if decision.verdict == "set_aside":
        await _set_aside(session, match, decision, actor=actor)
        return
    is_agreed = match.state == MatchState.AGREED and match.approved_at is None
    if decision.verdict == "choose" and decision.intake_id:
        if not is_agreed:
            check_transition("match", match.state, MatchState.AGREED)
        await _choose(session, match, decision.intake_id, actor=actor)
    if decision.also is not None:
        _keep_choices(match, decision.also)
    if not is_agreed:
        await move_match(session, match.id, to=MatchState.AGREED, actor=actor)
    _note_look(match, decision, actor=actor)
    await session.flush()


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


def first_also(match: Match) -> list[str]:
    """What is ticked at first: the next best, as many as a family may choose from."""
    return [choice["intake_id"] for choice in match.choices["next_best"]][:MOST_ALSO]


def agreed_also(match: Match) -> list[str]:
    """What a practitioner left ticked beside the match's own intake."""
    agreed: Sequence[str] = match.choices.get("agreed", ())
    return [intake_id for intake_id in agreed if intake_id != str(match.intake_id)]


def _note_look(match: Match, decision: Decision, *, actor: Actor) -> None:
    """Whether it was changed is asked by name: who never changes anything may not be looking."""
    unticked = decision.also is not None and set(decision.also) != set(first_also(match))
    match.looked_by, match.looked_at = actor.id, func.now()
    match.looked_seconds = decision.seconds
    match.was_changed = decision.verdict != "agree" or unticked


async def _set_aside(
    session: AsyncSession, match: Match, decision: Decision, *, actor: Actor
) -> None:
    code = decision.code
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
    _note_look(match, decision, actor=actor)
    await session.flush()


async def _choose(
    session: AsyncSession, match: Match, intake_id: uuid.UUID, *, actor: Actor
) -> None:
    choices = {choice["intake_id"]: choice for choice in match.choices["next_best"]}
    chosen = choices.get(str(intake_id))
    if chosen is None:
        raise BadFormError({f"choice-{match.id}": "Choose one of the supports in the list"})
    await _check_room(session, match, intake_id)
    await _check_money(session, match, chosen)
    before = str(match.intake_id)
    # Kept, so that the decision can be undone.
    proposed = match.choices.get("proposed") or pair_of(match)
    match.choices = {**match.choices, "proposed": proposed}
    take_pair(match, chosen)
    match.reason = {"code": "chosen_by_practitioner"}
    await session.flush()
    await note_deed(
        session,
        ("match", match.id),
        "choice_changed",
        actor=actor,
        detail={"from": before, "to": str(intake_id)},
    )


def pair_of(match: Match) -> dict[str, Any]:
    """The match's own pair, written as its other choices are."""
    return {
        "intake_id": str(match.intake_id),
        "cost_pence": match.cost_pence,
        "price_pence": match.price_pence,
        "effect": str(match.effect),
        "travel_metres": match.travel_metres,
        "fund_id": str(match.fund_id) if match.fund_id else None,
        "reason": match.reason,
    }


def take_pair(match: Match, pair: Mapping[str, Any]) -> None:
    fund_id = pair.get("fund_id")
    match.intake_id = uuid.UUID(pair["intake_id"])
    match.cost_pence, match.price_pence = pair["cost_pence"], pair["price_pence"]
    match.effect, match.travel_metres = Decimal(pair["effect"]), pair["travel_metres"]
    match.fund_id = uuid.UUID(fund_id) if fund_id else None


def _keep_choices(match: Match, also: Sequence[str]) -> None:
    """Write what the family may choose from, the match's own support first."""
    listed = {choice["intake_id"] for choice in match.choices["next_best"]}
    kept = [intake_id for intake_id in also if intake_id != str(match.intake_id)]
    if not set(kept) <= listed or len(kept) > MOST_ALSO:
        raise BadFormError(
            {f"also-{match.id}": f"Tick {MOST_ALSO} at most: a family chooses among three"}
        )
    match.choices = {**match.choices, "agreed": [str(match.intake_id), *kept]}


async def _check_money(session: AsyncSession, match: Match, chosen: Mapping[str, Any]) -> None:
    """What the match costs already is given back to its fund."""
    if not chosen.get("fund_id"):
        return
    fund_id = uuid.UUID(chosen["fund_id"])
    given_back = match.price_pence if match.fund_id == fund_id else 0
    await require_left(session, fund_id, chosen["price_pence"] - given_back)


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
