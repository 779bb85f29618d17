"""Needs that came back become a proposal for the next reviewed wave, by themselves."""

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.families import Family, Need
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match, Plan
from marketplace.services.plans.plans import request_plan
from marketplace.states import LIVE_MATCH, NeedState, PlanState

RUNNING = (PlanState.QUEUED, PlanState.SOLVING)


async def request_follow_ups(session: AsyncSession) -> list[Plan]:
    """Queue a plan for each council where something came back since its last plan.

    Only then: what a plan has just found nothing for would otherwise be planned each hour.
    """
    return [
        await request_plan(session, actor=_for_council(council), kind="follow_up")
        for council in await _with_news(session)
    ]


def came_back() -> tuple[ColumnElement[bool], ...]:
    """Conditions on a need: approved once, ended since, and waiting again."""
    was_approved = exists().where(
        Match.need_id == Need.id,
        Match.approved_at.is_not(None),
        Match.state.not_in(LIVE_MATCH),
    )
    return (Need.state == NeedState.PUBLISHED, was_approved)


async def _with_news(session: AsyncSession) -> list[Commissioner]:
    running = exists().where(
        Plan.commissioner_id == Commissioner.id,
        Plan.kind != "what_if",
        Plan.state.in_(RUNNING),
    )
    last = (
        select(func.coalesce(func.max(Plan.created_at), func.to_timestamp(0)))
        .where(
            Plan.commissioner_id == Commissioner.id,
            Plan.kind != "what_if",
        )
        .correlate(Commissioner)
        .scalar_subquery()
    )
    today = func.current_date()
    ended_since = exists().where(
        Match.need_id == Need.id, Match.approved_at.is_not(None), Match.waits_since > last
    )
    unparked_since = Family.parked_until.between(func.date(last), today)
    news = (
        exists()
        .where(
            Need.family_id == Family.id,
            Family.commissioner_id == Commissioner.id,
            Need.valid_until >= today,
            or_(Family.parked_until.is_(None), Family.parked_until <= today),
            or_(ended_since, unparked_since),
            *came_back(),
        )
        .correlate(Commissioner)
    )
    found = await session.scalars(
        select(Commissioner).where(news, ~running).order_by(Commissioner.id)
    )
    return list(found)


def _for_council(council: Commissioner) -> Actor:
    return Actor(kind="system", commissioner_id=council.id)
