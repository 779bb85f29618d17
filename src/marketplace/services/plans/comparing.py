"""Two plans side by side: what changes, and for how many families."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.families import Need
from marketplace.db.plans import Match, Plan, UnmetNeed, WhatIfNeed
from marketplace.errors import NotReadyError
from marketplace.services.plans.plans import get_plan


@dataclass(frozen=True, kw_only=True)
class Totals:
    """As the engine gave them; pence, without the surcharge that reaches families first."""

    number: int
    kind: str
    families: int
    families_reached: int
    needs_met: int
    cash_pence: int
    opening_pence: int
    saving_pence: int
    is_proved: bool


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Families, over the needs that both plans looked at, by what the second gives them.

    `gained` had nothing, `lost` have nothing now, `moved` get other help, `same` get the same.
    """

    first: Totals
    second: Totals
    gained: int
    lost: int
    moved: int
    same: int


async def compare_plans(
    session: AsyncSession, first_id: uuid.UUID, second_id: uuid.UUID, *, actor: Actor
) -> Comparison:
    first, second = [await get_plan(session, one, actor=actor) for one in (first_id, second_id)]
    before, after = [await _given(session, plan) for plan in (first, second)]
    both = before.keys() & after.keys()
    counts = _count_families(before, after, await _families(session, first, second, both))
    return Comparison(first=totals_of(first), second=totals_of(second), **counts)


def totals_of(plan: Plan) -> Totals:
    result: dict[str, Any] = plan.result or {}
    if "totals" not in result:
        raise NotReadyError("This plan is not worked out yet. Come back in a minute.")
    return Totals(
        number=plan.number,
        kind=plan.kind,
        families=result["families"],
        is_proved=result["objective"] == result["bound"],
        **result["totals"],
    )


async def _given(session: AsyncSession, plan: Plan) -> dict[uuid.UUID, uuid.UUID | None]:
    """What the plan proposed for each need it looked at, whatever became of it."""
    if plan.kind == "what_if":
        found = await session.execute(
            select(WhatIfNeed.need_id, WhatIfNeed.intake_id).where(WhatIfNeed.plan_id == plan.id)
        )
        return {row.need_id: row.intake_id for row in found}
    matched = await session.execute(
        select(Match.need_id, Match.intake_id).where(Match.plan_id == plan.id)
    )
    unmet = await session.scalars(select(UnmetNeed.need_id).where(UnmetNeed.plan_id == plan.id))
    return dict.fromkeys(unmet) | {row.need_id: row.intake_id for row in matched}


async def _families(
    session: AsyncSession, first: Plan, second: Plan, needs: set[uuid.UUID]
) -> dict[uuid.UUID, uuid.UUID]:
    looked_at = [
        select(table.need_id).where(table.plan_id == plan.id)
        for plan in (first, second)
        for table in (Match, UnmetNeed, WhatIfNeed)
    ]
    rows = await session.execute(
        select(Need.id, Need.family_id).where(Need.id.in_(looked_at[0].union_all(*looked_at[1:])))
    )
    return {row.id: row.family_id for row in rows if row.id in needs}


def _count_families(
    before: Mapping[uuid.UUID, uuid.UUID | None],
    after: Mapping[uuid.UUID, uuid.UUID | None],
    family_of: Mapping[uuid.UUID, uuid.UUID],
) -> dict[str, int]:
    was: dict[uuid.UUID, set[object]] = {}
    now: dict[uuid.UUID, set[object]] = {}
    for need, family in family_of.items():
        was.setdefault(family, set()).update({(need, before[need])} if before[need] else ())
        now.setdefault(family, set()).update({(need, after[need])} if after[need] else ())
    counts = dict.fromkeys(("gained", "lost", "moved", "same"), 0)
    for family, had in was.items():
        counts[_change(had, now[family])] += 1
    return counts


def _change(was: set[object], now: set[object]) -> str:
    if was == now:
        return "same"
    if not was:
        return "gained"
    return "moved" if now else "lost"
