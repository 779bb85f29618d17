"""Two plans over the needs that both looked at: who helps how many, for what, and what it saves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Subquery, and_, func, null, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Evidence, Intake, Provider, Service
from marketplace.db.families import Need
from marketplace.db.plans import Match, Plan, UnmetNeed, WhatIfNeed


@dataclass(frozen=True, kw_only=True)
class Change:
    """Families helped, in the first plan and in the second."""

    name: str
    before: int
    after: int


@dataclass(frozen=True, kw_only=True)
class Saved:
    """Pence by the low effect, if every family says yes; what a what-if gives is reckoned alike."""

    cashable_pence: int
    capacity_pence: int


async def changes_by_need(session: AsyncSession, first: Plan, second: Plan) -> list[Change]:
    """Every need code that either plan meets."""
    return await _changes(session, first, second, (Need.code,))


async def changes_by_service(session: AsyncSession, first: Plan, second: Plan) -> list[Change]:
    """The services for which something changes."""
    found = await _changes(session, first, second, (Service.name, Provider.name))
    return [one for one in found if one.before != one.after]


async def saved_by(session: AsyncSession, plan: Plan) -> Saved:
    given = _given(plan)
    effect = func.coalesce(Service.effect, Evidence.effect_low, 0)
    avoided = Need.likelihood * Need.statutory_cost_pence * effect
    cashable, capacity = (
        await session.execute(
            select(
                func.coalesce(func.sum(avoided * Need.cashable), 0),
                func.coalesce(func.sum(avoided * (1 - Need.cashable)), 0),
            )
            .join_from(given, Need, Need.id == given.c.need_id)
            .join(Intake, Intake.id == given.c.intake_id)
            .join(Intake.service)
            .join(Service.provider)
            .outerjoin(
                Evidence,
                and_(
                    Evidence.need == Need.code,
                    Evidence.kind == Provider.kind,
                    Evidence.level == Need.level,
                ),
            )
        )
    ).one()
    return Saved(cashable_pence=round(cashable), capacity_pence=round(capacity))


async def _changes(
    session: AsyncSession, first: Plan, second: Plan, by: tuple[Any, ...]
) -> list[Change]:
    both = select(_given(first).c.need_id).intersect(select(_given(second).c.need_id)).subquery()
    before, after = [await _count(session, _given(plan), both, by=by) for plan in (first, second)]
    return [
        Change(name=", ".join(name), before=before.get(name, 0), after=after.get(name, 0))
        for name in sorted(before.keys() | after.keys())
    ]


async def _count(
    session: AsyncSession, given: Subquery, both: Subquery, *, by: tuple[Any, ...]
) -> Mapping[tuple[str, ...], int]:
    rows = await session.execute(
        select(*by, func.count(Need.family_id.distinct()))
        .join_from(given, both, both.c.need_id == given.c.need_id)
        .join(Need, Need.id == given.c.need_id)
        .join(Intake, Intake.id == given.c.intake_id)
        .join(Intake.service)
        .join(Service.provider)
        .group_by(*by)
    )
    return {tuple(name): count for *name, count in rows}


def _given(plan: Plan) -> Subquery:
    """What the plan proposed for each need, whatever became of it."""
    if plan.kind == "what_if":
        return (
            select(WhatIfNeed.need_id, WhatIfNeed.intake_id)
            .where(WhatIfNeed.plan_id == plan.id)
            .subquery()
        )
    return (
        select(Match.need_id, Match.intake_id)
        .where(Match.plan_id == plan.id)
        .union_all(
            select(UnmetNeed.need_id, null().cast(Match.intake_id.type)).where(
                UnmetNeed.plan_id == plan.id
            )
        )
        .subquery()
    )
