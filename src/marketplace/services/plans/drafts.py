"""What the worker brings of a plan: how far it is, then the draft or the what-if it came to."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import SYSTEM
from marketplace.db.bulk import copy_rows
from marketplace.db.plans import Match, Plan, UnmetNeed, WhatIfNeed
from marketplace.services.matches.transitions import move_needs, move_plan
from marketplace.services.needs.stops import keep_stopped
from marketplace.states import MatchState, NeedState, PlanState

STAGES = ("reading", "suiting", "solving", "proving", "checking", "storing")


async def tell_stage(session: AsyncSession, plan_id: uuid.UUID, stage: str) -> None:
    """Say how far a plan is, for whoever waits for it."""
    at = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    told = {"stage": stage, "done": STAGES.index(stage), "of": len(STAGES), "at": at.isoformat()}
    still = (Plan.id == plan_id, Plan.state == PlanState.SOLVING)
    await session.execute(update(Plan).where(*still).values(progress=told))


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
    new = {"plan_id": plan_id, "state": MatchState.PROPOSED}
    await copy_rows(session, Match, [{"id": uuid.uuid4(), **new, **row} for row in matches])
    await copy_rows(session, UnmetNeed, [{"plan_id": plan_id, **row} for row in unmet])
    await move_needs(
        session, [row["need_id"] for row in matches], to=NeedState.PLANNED, actor=SYSTEM
    )
    await keep_stopped(session, plan.commissioner_id, actor=SYSTEM)


async def store_what_if(
    session: AsyncSession,
    plan_id: uuid.UUID,
    *,
    result: dict[str, Any],
    assigned: Mapping[uuid.UUID, uuid.UUID | None],
) -> None:
    """Keep what would come out; nobody's need or place is touched by it."""
    plan = await move_plan(session, plan_id, to=PlanState.DRAFT, actor=SYSTEM)
    plan.result = result
    rows = [
        {"plan_id": plan_id, "need_id": need, "intake_id": intake}
        for need, intake in assigned.items()
    ]
    await copy_rows(session, WhatIfNeed, rows)
