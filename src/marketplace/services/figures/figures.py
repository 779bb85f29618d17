"""Counts and money, asked of the database each time: nothing is added up twice."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake
from marketplace.access import Actor
from marketplace.db.families import Need
from marketplace.db.offers import Offer
from marketplace.db.plans import Match, UnmetNeed
from marketplace.defaults import defaults
from marketplace.states import HOLDS_PLACE, USES_PLACE, MatchState

# A match past review, whatever became of it.
NOT_AGREED = (MatchState.PROPOSED, MatchState.SET_ASIDE)


@dataclass(frozen=True, kw_only=True)
class Money:
    """Pence. Cashable and capacity use the cautious effect and the acceptance named beside them."""

    cash_spent_pence: int
    cashable_pence: int
    capacity_pence: int
    cashable_by: list[dict[str, Any]]
    acceptance: float
    acceptance_is_measured: bool


async def count_needs_by_state(session: AsyncSession, *, actor: Actor) -> dict[str, int]:
    rows = await session.execute(
        select(Need.state, func.count().label("number"))
        .where(Need.commissioner_id == actor.commissioner_id)
        .group_by(Need.state)
    )
    return {row.state: row.number for row in rows}


async def count_review(session: AsyncSession, plan_id: uuid.UUID) -> dict[str, int]:
    """Families of a plan: all, looked at, approvable and approved."""
    unseen = func.count().filter(Match.state == MatchState.PROPOSED)
    agreed = func.count().filter(
        and_(Match.state == MatchState.AGREED, Match.approved_at.is_(None))
    )
    approved = func.count(Match.approved_at)
    by_family = (
        select(unseen.label("unseen"), agreed.label("agreed"), approved.label("approved"))
        .where(Match.plan_id == plan_id)
        .group_by(Match.family_id)
        .subquery()
    )
    seen = by_family.c.unseen == 0
    row = (
        await session.execute(
            select(
                func.count().label("families"),
                func.count().filter(seen).label("looked_at"),
                func.count().filter(and_(seen, by_family.c.agreed > 0)).label("approvable"),
                func.count().filter(by_family.c.approved > 0).label("approved"),
            ).select_from(by_family)
        )
    ).one()
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping


async def count_unmet(session: AsyncSession, plan_id: uuid.UUID) -> dict[str, int]:
    rows = await session.execute(
        select(UnmetNeed.reason, func.count().label("number"))
        .where(UnmetNeed.plan_id == plan_id)
        .group_by(UnmetNeed.reason)
        .order_by(func.count().desc())
    )
    return {row.reason: row.number for row in rows}


async def count_journey(session: AsyncSession, plan_ids: list[uuid.UUID]) -> dict[str, int]:
    """How far the matches of some plans have come, each stage counted in matches."""
    accepted = (MatchState.ACCEPTED, MatchState.UNDER_WAY, MatchState.COMPLETED)
    row = (
        await session.execute(
            select(
                func.count().label("planned"),
                func.count().filter(Match.state.not_in(NOT_AGREED)).label("agreed"),
                func.count(Match.approved_at).label("approved"),
                func.count()
                .filter(Match.state.in_((MatchState.AWAITING_FAMILY, *accepted)))
                .label("claimed"),
                func.count(Offer.id).label("offered"),
                func.count().filter(Match.state.in_(accepted)).label("accepted"),
            )
            .select_from(Match)
            .outerjoin(Offer, Offer.match_id == Match.id)
            .where(Match.plan_id.in_(plan_ids))
        )
    ).one()
    return dict(row._mapping)  # noqa: SLF001 - as above


async def reckon_money(
    session: AsyncSession, where: ColumnElement[bool], *, commissioner_id: uuid.UUID
) -> Money:
    """The three lines for the matches that `where` names."""
    share, is_measured = await _acceptance(session, commissioner_id)
    avoided = Need.likelihood * Need.statutory_cost_pence * Match.effect
    rows = await session.execute(
        select(
            Need.cost_falls_on,
            func.coalesce(func.sum(Match.price_pence), 0),
            func.coalesce(func.sum(avoided * Need.cashable), 0),
            func.coalesce(func.sum(avoided * (1 - Need.cashable)), 0),
        )
        .select_from(Match)
        .join(Match.need)
        .where(where)
        .group_by(Need.cost_falls_on)
    )
    spent, cashable, capacity = 0, 0.0, 0.0
    by_budget: dict[str, float] = {}
    for budgets, price, cash, freed in rows:
        spent, cashable, capacity = (
            spent + int(price),
            cashable + float(cash),
            capacity + float(freed),
        )
        for budget in budgets or ["not said"]:
            by_budget[budget] = by_budget.get(budget, 0.0) + float(cash) / max(1, len(budgets))
    return Money(
        cash_spent_pence=spent,
        cashable_pence=round(cashable * share),
        capacity_pence=round(capacity * share),
        cashable_by=[
            {"budget": budget, "pence": round(pence * share)}
            for budget, pence in sorted(by_budget.items())
            if pence > 0
        ],
        acceptance=share,
        acceptance_is_measured=is_measured,
    )


async def _acceptance(session: AsyncSession, commissioner_id: uuid.UUID) -> tuple[float, bool]:
    """The share who say yes: measured once there are enough answers, else assumed and labelled."""
    said, yes = (
        await session.execute(
            select(func.count(Offer.answer), func.count().filter(Offer.answer == "yes")).where(
                Offer.commissioner_id == commissioner_id
            )
        )
    ).one()
    rule = defaults()["acceptance"]
    if said >= rule["measured_after_answers"]:
        return yes / said, True
    return float(rule["assumed"]), False


async def recount_places(session: AsyncSession) -> list[uuid.UUID]:
    """Intakes whose counts are not what their matches say; there are never any."""
    held = func.coalesce(func.sum(case((Match.state.in_(HOLDS_PLACE), Match.places), else_=0)), 0)
    used = func.coalesce(func.sum(case((Match.state.in_(USES_PLACE), Match.places), else_=0)), 0)
    wrong = await session.scalars(
        select(Intake.id)
        .outerjoin(Match, Match.intake_id == Intake.id)
        .group_by(Intake.id)
        .having((held != Intake.held) | (used != Intake.used))
    )
    return list(wrong)
