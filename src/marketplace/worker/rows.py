"""What the engine plans with, read from the database as plain rows."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from directory.models import Evidence, Intake, Service
from directory.visibility import is_let_in, still_runs
from directory.volunteers.readiness import may_help_today
from marketplace.db.families import Need
from marketplace.db.plans import Plan
from marketplace.services.needs.held_back import find_held_back
from marketplace.worker.limit_rows import LimitRows, read_limits
from marketplace.worker.need_rows import read_needs


@dataclass(frozen=True)
class PlanningRows:
    """`held_back`: needs that are not planned now, each with the name of the rule.

    `may_help`: the intakes whose people have all that is asked of them today.
    """

    today: dt.date
    kind: str
    seed: int
    policy: dict[str, Any]
    options: dict[str, Any]
    needs: Sequence[Need]
    intakes: Sequence[Intake]
    may_help: frozenset[uuid.UUID]
    evidence: dict[tuple[str, str, int], Any]
    held_back: dict[uuid.UUID, str]
    limits: LimitRows


async def read_rows(session: AsyncSession, plan: Plan) -> PlanningRows:
    today = (await session.execute(select(func.current_date()))).scalar_one()
    needs = await read_needs(session, plan, today)
    held_back = await find_held_back(
        session, needs, commissioner_id=plan.commissioner_id, today=today
    )
    may_help = await _intakes(session)
    evidence = (await session.scalars(select(Evidence))).all()
    return PlanningRows(
        today=today,
        kind=plan.kind or "everyone",
        seed=plan.seed,
        policy=plan.policy,
        options=plan.options or {},
        needs=[need for need in needs if need.id not in held_back],
        intakes=list(may_help),
        may_help=frozenset(intake.id for intake, ready in may_help.items() if ready),
        evidence={(one.need, one.kind, one.level): one.effect_low for one in evidence},
        held_back=held_back,
        limits=await read_limits(session, plan),
    )


async def _intakes(session: AsyncSession) -> dict[Intake, bool]:
    """Every intake, and whether its people may help today.

    Also those that are full, paused or may not: they are counted where a need asks why it has
    nothing.
    """
    found = await session.execute(
        select(Intake, may_help_today())
        .join(Intake.service)
        .join(Service.provider)
        .where(is_let_in(), still_runs())
        .order_by(Intake.id)
        .options(contains_eager(Intake.service).contains_eager(Service.provider))
    )
    return dict(found.all())
