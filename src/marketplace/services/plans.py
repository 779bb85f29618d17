"""Plans: asked for, kept as a draft, approved as far as somebody looked, or discarded."""

import secrets
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import SYSTEM, Actor, readable_plans
from marketplace.db.plans import Match, Plan, UnmetNeed
from marketplace.db.queue import SOLVE_PLAN, enqueue
from marketplace.defaults import defaults
from marketplace.errors import NotFoundError, NotReadyError
from marketplace.services.transitions import move_matches, move_needs, move_plan
from marketplace.services.waves import release_wave
from marketplace.states import MatchState, NeedState, PlanState

# What a plan is reckoned with; kept on it, so that "why?" can still be answered after a change.
POLICY_TABLES = (
    "travel",
    "transport_limit_metres",
    "value_pence",
    "price_ceiling_pence",
    "effect",
    "tie_break_pence",
    "reach_km",
)

MOST_CRASHES = 3


async def request_plan(session: AsyncSession, *, actor: Actor) -> Plan:
    """Queue a run of the engine over the published needs."""
    await _refuse_second_draft(session, actor)
    count = await session.scalar(
        select(func.max(Plan.number)).where(Plan.commissioner_id == actor.commissioner_id)
    )
    plan = Plan(
        commissioner_id=actor.commissioner_id,
        number=(count or 0) + 1,
        seed=secrets.randbelow(2**31),
        policy={name: defaults()[name] for name in POLICY_TABLES},
    )
    session.add(plan)
    await session.flush()
    await enqueue(session, SOLVE_PLAN, [plan.id])
    return plan


async def _refuse_second_draft(session: AsyncSession, actor: Actor) -> None:
    open_states = (PlanState.QUEUED, PlanState.SOLVING, PlanState.DRAFT, PlanState.REVIEWED)
    standing = await session.scalar(readable_plans(actor).where(Plan.state.in_(open_states)))
    if standing:
        raise NotReadyError(
            f"Plan {standing.number} is still open. Approve it or discard it, then make a new one."
        )


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


async def fail_plan(session: AsyncSession, plan_id: uuid.UUID, *, why: str) -> None:
    plan = await move_plan(session, plan_id, to=PlanState.FAILED, actor=SYSTEM)
    plan.failure = why


async def store_draft(
    session: AsyncSession,
    plan_id: uuid.UUID,
    *,
    result: dict[str, Any],
    matches: Sequence[dict[str, Any]],
    unmet: Sequence[dict[str, Any]],
) -> None:
    """Keep a checked plan: its proposals, its unmet needs with their reasons, its proof."""
    plan = await move_plan(session, plan_id, to=PlanState.DRAFT, actor=SYSTEM)
    plan.result = result
    if matches:
        await session.execute(
            insert(Match), [{"id": uuid.uuid4(), "plan_id": plan_id, **row} for row in matches]
        )
    if unmet:
        await session.execute(insert(UnmetNeed), [{"plan_id": plan_id, **row} for row in unmet])
    await move_needs(
        session, [row["need_id"] for row in matches], to=NeedState.PLANNED, actor=SYSTEM
    )


async def approve_plan(session: AsyncSession, plan_id: uuid.UUID, *, actor: Actor) -> int:
    """Approve the families that a practitioner has looked at; the others wait for the next time.

    As many as today's wave has room for are let go now, the rest on the mornings to come.

    Returns how many families were approved. Nothing is approved that nobody looked at.
    """
    plan = await get_plan(session, plan_id, actor=actor)
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
