"""What a plan must keep to: places that others count on, money that is left, a person's word."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.families import Family, Need
from marketplace.db.plans import Fund, Match, PairRule, Plan
from marketplace.services.needs.refusals import refused_pairs
from marketplace.services.plans.funds import FundLine, reckon_funds
from marketplace.states import MatchState
from marketplace.worker.need_rows import base_plan_of, still_open

Pair = tuple[uuid.UUID, uuid.UUID]


@dataclass(frozen=True)
class LimitRows:
    """`funds` None: the council has none, so nothing is limited by money.

    `promised`: places that open drafts propose. `pins` stand in the order they were made;
    `trial`: the one pin or forbidden pair whose price a what-if asks for.
    """

    promised: Mapping[uuid.UUID, int]
    funds: Sequence[FundLine] | None
    refused: Sequence[Pair]
    pins: Sequence[Pair]
    trial: Mapping[str, Sequence[Pair]]


async def read_limits(session: AsyncSession, plan: Plan) -> LimitRows:
    rules = await _rules(session, plan)
    return LimitRows(
        promised=await _promised(session, plan),
        funds=await _funds(session, plan),
        refused=sorted(await refused_pairs(session)),
        pins=rules["pin"],
        trial={kind: _asked(plan, kind) for kind in ("pin", "forbid")},
    )


async def _promised(session: AsyncSession, plan: Plan) -> dict[uuid.UUID, int]:
    """Of all councils: a draft holds no places, but it needs them."""
    base = base_plan_of(plan)
    wanted = (
        select(Match.intake_id, func.sum(Match.places))
        .where(Match.state.in_((MatchState.PROPOSED, MatchState.AGREED)))
        .group_by(Match.intake_id)
    )
    if base:
        wanted = wanted.where(not_(still_open(base)))
    return {intake: int(places) for intake, places in await session.execute(wanted)}


async def _funds(session: AsyncSession, plan: Plan) -> Sequence[FundLine] | None:
    still = select(Fund).where(
        Fund.commissioner_id == plan.commissioner_id, Fund.closed_at.is_(None)
    )
    base = base_plan_of(plan)
    lines = await reckon_funds(session, still, without=still_open(base) if base else None)
    if not lines:
        return None
    chosen = (plan.options or {}).get("fund_ids")
    return [line for line in lines if chosen is None or str(line.fund.id) in chosen]


async def _rules(session: AsyncSession, plan: Plan) -> dict[str, list[Pair]]:
    standing = await session.scalars(
        select(PairRule)
        .join(Need, Need.id == PairRule.need_id)
        .join(Need.family)
        .where(Family.commissioner_id == plan.commissioner_id, PairRule.lifted_at.is_(None))
        .order_by(PairRule.made_at, PairRule.id)
    )
    rules: dict[str, list[Pair]] = {"pin": [], "forbid": []}
    for rule in standing:
        rules[rule.kind].append((rule.need_id, rule.intake_id))
    return rules


def _asked(plan: Plan, kind: str) -> list[Pair]:
    changes: list[dict[str, Any]] = (plan.options or {}).get("changes", [])
    return [
        (uuid.UUID(one["need_id"]), uuid.UUID(one["intake_id"]))
        for one in changes
        if one["kind"] == kind
    ]
