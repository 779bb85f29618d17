"""Which needs a plan is over: what waits, what came back, or what a what-if's plan can change."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from marketplace.db.families import Family, Need
from marketplace.db.plans import Match, Plan, UnmetNeed
from marketplace.services.plans.follow_ups import came_back
from marketplace.states import MatchState, NeedState


async def read_needs(session: AsyncSession, plan: Plan, today: dt.date) -> Sequence[Need]:
    wanted = (
        select(Need)
        .join(Need.family)
        .outerjoin(Family.contact)
        .where(
            Family.commissioner_id == plan.commissioner_id,
            Need.valid_until >= today,
            *_of_kind(plan),
            *_chosen(plan.options or {}),
        )
        .order_by(Need.id)
        .options(contains_eager(Need.family).contains_eager(Family.contact))
    )
    return (await session.scalars(wanted)).all()


def base_plan_of(plan: Plan) -> uuid.UUID | None:
    base = (plan.options or {}).get("base_plan_id")
    return uuid.UUID(base) if base else None


def still_open(plan_id: uuid.UUID) -> ColumnElement[bool]:
    """Matches of a plan that nobody has approved: what a what-if may deal out anew."""
    return and_(
        Match.plan_id == plan_id,
        Match.state.in_((MatchState.PROPOSED, MatchState.AGREED)),
        Match.approved_at.is_(None),
    )


def _of_kind(plan: Plan) -> tuple[ColumnElement[bool], ...]:
    if base := base_plan_of(plan):
        return (_of_base(base),)
    if plan.kind == "follow_up":
        return came_back()
    return (Need.state == NeedState.PUBLISHED,)


def _of_base(base: uuid.UUID) -> ColumnElement[bool]:
    proposed = select(Match.need_id).where(still_open(base))
    unmet: Select[Any] = select(UnmetNeed.need_id).where(UnmetNeed.plan_id == base)
    return or_(
        and_(Need.state == NeedState.PLANNED, Need.id.in_(proposed)),
        and_(Need.state == NeedState.PUBLISHED, Need.id.in_(unmet)),
    )


def _chosen(options: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if "codes" in options:
        wanted.append(Need.code.in_(options["codes"]))
    if "levels" in options:
        wanted.append(Need.level.in_(options["levels"]))
    if "areas" in options:
        wanted.append(Family.outward.in_(options["areas"]))
    if "sources" in options:
        begins = [Need.source.startswith(one, autoescape=True) for one in options["sources"]]
        wanted.append(or_(*begins))
    return wanted
