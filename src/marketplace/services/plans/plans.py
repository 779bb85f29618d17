"""Plans: asked for, kept as a draft, approved as far as somebody looked, or discarded."""

import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import SYSTEM, Actor, readable_funds, readable_plans
from marketplace.db.people import Commissioner
from marketplace.db.plans import Fund, Match, Plan
from marketplace.db.queue import SOLVE_PLAN, enqueue
from marketplace.errors import BadFormError, NotFoundError, NotReadyError
from marketplace.services.matches.transitions import move_matches, move_needs, move_plan
from marketplace.services.matches.waves import release_wave
from marketplace.services.plans.plan_options import clean_options, overlay, policy_with
from marketplace.states import MatchState, NeedState, PlanState

MOST_CRASHES = 3
WITH_A_RESULT = (PlanState.DRAFT, PlanState.REVIEWED, PlanState.APPROVED)


async def request_plan(
    session: AsyncSession,
    *,
    actor: Actor,
    kind: str = "everyone",
    options: Mapping[str, Any] | None = None,
) -> Plan:
    """Queue a run of the engine over the published needs, or over those of a what-if's plan."""
    chosen = clean_options(options or {}, kind=kind)
    council = await session.get_one(Commissioner, actor.commissioner_id)
    # Locked, so that two presses number their plans one after the other.
    await session.refresh(council, with_for_update=True)
    if kind != "what_if":
        await _refuse_second_run(session, actor)
    await _check_funds(session, chosen, actor=actor)
    if "base_plan_id" in chosen:
        base = await _base_plan(session, uuid.UUID(chosen["base_plan_id"]), actor=actor)
        chosen = {**base.options, **chosen}
        seed, policy = base.seed, overlay(base.policy, chosen)
    else:
        seed, policy = secrets.randbelow(2**31), policy_with(council.policy, chosen)
    plan = Plan(
        commissioner_id=council.id,
        number=await _next_number(session, actor),
        kind=kind,
        seed=seed,
        policy=policy,
        options=chosen,
    )
    session.add(plan)
    await session.flush()
    await enqueue(session, SOLVE_PLAN, [plan.id])
    return plan


async def _next_number(session: AsyncSession, actor: Actor) -> int:
    highest = await session.scalar(
        select(func.max(Plan.number)).where(Plan.commissioner_id == actor.commissioner_id)
    )
    return (highest or 0) + 1


async def _refuse_second_run(session: AsyncSession, actor: Actor) -> None:
    """Drafts may lie side by side: each has needs of its own, and counts what the others take."""
    running = await session.scalar(
        readable_plans(actor).where(
            Plan.state.in_((PlanState.QUEUED, PlanState.SOLVING)), Plan.kind != "what_if"
        )
    )
    if running:
        raise NotReadyError(f"Plan {running.number} is being worked out. Wait until it is there.")


async def _check_funds(session: AsyncSession, options: Mapping[str, Any], *, actor: Actor) -> None:
    wanted = {uuid.UUID(one) for one in options.get("fund_ids", ())}
    open_funds = readable_funds(actor).where(Fund.closed_at.is_(None), Fund.id.in_(wanted))
    if wanted - {fund.id for fund in await session.scalars(open_funds)}:
        raise BadFormError({"fund_ids": "Choose among the funds that are open"})


async def _base_plan(session: AsyncSession, plan_id: uuid.UUID, *, actor: Actor) -> Plan:
    base = await get_plan(session, plan_id, actor=actor)
    if base.kind == "what_if" or base.state not in WITH_A_RESULT:
        raise NotReadyError("A what-if starts from a plan that is worked out.")
    return base


async def get_plan(session: AsyncSession, plan_id: uuid.UUID, *, actor: Actor) -> Plan:
    plan = await session.scalar(readable_plans(actor).where(Plan.id == plan_id))
    if plan is None:
        raise NotFoundError
    return plan


async def begin_solving(session: AsyncSession, plan_id: uuid.UUID) -> Plan | None:
    """Take up a queued plan, or one whose worker died; None when there is nothing to do."""
    plan = await session.get(Plan, plan_id, with_for_update=True, populate_existing=True)
    if plan is None or plan.state not in {PlanState.QUEUED, PlanState.SOLVING}:
        return None
    if plan.state == PlanState.SOLVING:
        # A job counts no attempt when its worker is killed, so we count ourselves.
        plan.crashes += 1
        if plan.crashes >= MOST_CRASHES:
            await fail_plan(
                session, plan_id, why="The computer stopped three times while planning."
            )
            return None
        return plan
    return await move_plan(session, plan_id, to=PlanState.SOLVING, actor=SYSTEM)


async def get_run(session: AsyncSession, plan_id: uuid.UUID) -> Plan:
    """The plan as the worker sees it, which works for every council."""
    return await session.get_one(Plan, plan_id)


async def fail_plan(session: AsyncSession, plan_id: uuid.UUID, *, why: str) -> None:
    plan = await move_plan(session, plan_id, to=PlanState.FAILED, actor=SYSTEM)
    plan.failure = why


async def approve_plan(session: AsyncSession, plan_id: uuid.UUID, *, actor: Actor) -> int:
    """Approve the families that a practitioner has looked at; the others wait for the next time.

    As many as today's wave has room for are let go now, the rest on the mornings to come.

    Returns how many families were approved. Nothing is approved that nobody looked at.
    """
    plan = await get_plan(session, plan_id, actor=actor)
    if plan.kind == "what_if":
        raise NotReadyError("A what-if is only looked at. Make a plan of it first.")
    if plan.state not in {PlanState.DRAFT, PlanState.REVIEWED}:
        raise NotReadyError("Only a draft can be approved. Reload the page to see how it stands.")
    unseen = select(Match.family_id).where(
        Match.plan_id == plan_id, Match.state == MatchState.PROPOSED
    )
    approved = await session.scalars(
        update(Match)
        .where(
            Match.plan_id == plan_id,
            Match.state == MatchState.AGREED,
            Match.approved_at.is_(None),
            Match.family_id.not_in(unseen),
        )
        .values(approved_at=func.now())
        .returning(Match.family_id)
    )
    families = set(approved)
    if not families and plan.state == PlanState.DRAFT:
        raise NotReadyError("Nobody has agreed to any family yet. A practitioner looks first.")
    if plan.state == PlanState.REVIEWED:
        await move_plan(session, plan_id, to=PlanState.APPROVED, actor=actor)
    await release_wave(session, plan.commissioner_id, actor=actor)
    return len(families)


async def discard_plan(session: AsyncSession, plan_id: uuid.UUID, *, actor: Actor) -> None:
    """Take a draft back; what was approved from it goes on."""
    await get_plan(session, plan_id, actor=actor)
    await move_plan(session, plan_id, to=PlanState.DISCARDED, actor=actor)
    waiting = await session.execute(
        select(Match.id, Match.need_id).where(
            Match.plan_id == plan_id,
            Match.state.in_((MatchState.PROPOSED, MatchState.AGREED)),
            Match.approved_at.is_(None),
        )
    )
    rows = waiting.all()
    await move_matches(
        session,
        [row.id for row in rows],
        to=MatchState.WITHDRAWN,
        actor=actor,
        code="plan_discarded",
    )
    await move_needs(session, [row.need_id for row in rows], to=NeedState.PUBLISHED, actor=actor)
