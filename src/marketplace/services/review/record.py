"""How practitioners look: how many, how long, and how often something was changed.

Who agrees to everything may have stopped looking, and then nobody stands between a wrong prediction
and a family.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.people import User
from marketplace.db.plans import Match
from marketplace.defaults import defaults

MOST_MONTHS = 24


@dataclass(frozen=True, kw_only=True)
class MonthOfLooks:
    """`middle_seconds`: half of the looks were shorter; None where none was measured."""

    month: dt.date
    practitioner: User
    looked_at: int
    changed: int
    middle_seconds: int | None

    @property
    def share_changed(self) -> float:
        return self.changed / self.looked_at

    @property
    def is_flagged(self) -> bool:
        enough: int = defaults()["review"]["flagged_after"]
        return self.looked_at >= enough and self.changed == 0


async def looks_by_month(session: AsyncSession, *, actor: Actor) -> Sequence[MonthOfLooks]:
    """Every practitioner of the council, the newest month first."""
    return await _months(session, _looks(actor).where(Match.looked_at >= _months_ago(MOST_MONTHS)))


async def flagged_months(session: AsyncSession, *, actor: Actor) -> list[MonthOfLooks]:
    """Who changed nothing in this month or the last, though there was enough to look at."""
    recent = _looks(actor).where(Match.looked_at >= _months_ago(1))
    return [one for one in await _months(session, recent) if one.is_flagged]


def _month() -> ColumnElement[dt.datetime]:
    return func.date_trunc("month", func.timezone("Europe/London", Match.looked_at))


def _months_ago(count: int) -> ColumnElement[dt.datetime]:
    here = func.timezone("Europe/London", func.now())
    first = func.date_trunc("month", here)
    return func.timezone("Europe/London", first - func.make_interval(0, count))


def _looks(actor: Actor) -> Select[*tuple[Any, ...]]:
    """One row a look, which may have decided about several needs of a family."""
    return (
        select(
            _month().label("month"),
            Match.looked_by.label("looked_by"),
            func.count().label("looked_at"),
            func.count().filter(Match.was_changed.is_(True)).label("changed"),
            func.max(Match.looked_seconds).label("seconds"),
        )
        .join(User, User.id == Match.looked_by)
        .where(User.commissioner_id == actor.commissioner_id)
        .group_by("month", Match.looked_by, Match.family_id, Match.looked_at)
    )


async def _months(session: AsyncSession, looks: Select[*tuple[Any, ...]]) -> list[MonthOfLooks]:
    each = looks.subquery()
    middle = func.percentile_disc(0.5).within_group(each.c.seconds)
    rows = await session.execute(
        select(
            User,
            each.c.month,
            func.sum(each.c.looked_at).label("looked_at"),
            func.sum(each.c.changed).label("changed"),
            middle.label("middle_seconds"),
        )
        .join(each, each.c.looked_by == User.id)
        .group_by(User.id, each.c.month)
        .order_by(each.c.month.desc(), User.name, User.id)
    )
    return [
        MonthOfLooks(
            month=row.month.date(),
            practitioner=row.User,
            looked_at=int(row.looked_at),
            changed=int(row.changed),
            middle_seconds=row.middle_seconds,
        )
        for row in rows
    ]
