"""Families by month and step, counted from the history: steps forward only, never a refusal.

By the month in which a step was taken and not by when help was offered: so no subtraction of two
columns counts those who said no or did not answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from marketplace.access import Actor, readable_matches
from marketplace.db.families import Family, Need
from marketplace.db.history import Event
from marketplace.db.plans import Match
from marketplace.defaults import defaults
from marketplace.services.months import Month
from marketplace.services.suppression import hide_small, show_if_large
from marketplace.states import MatchState

_S = MatchState
STEPS = ("offered", "claimed", "accepted", "started", "completed")
MONEY = ("spent", "cashable", "capacity")
BY = ("area", "need", "age", "language", "level")
# The index of the same name in the migrations holds these rows only.
FORWARD = (_S.AWAITING_PROVIDER, _S.AWAITING_FAMILY, _S.ACCEPTED, _S.UNDER_WAY, _S.COMPLETED)
AGE_BANDS = ((5, "under 5"), (11, "5 to 10"), (16, "11 to 15"))
SECONDS_A_DAY = 86_400
MONTHS_TOLD = 12

_Back = aliased(Event)


@dataclass(frozen=True, kw_only=True)
class Line:
    """`counts` by step and `pence` by line of money; None: not shown."""

    name: str
    counts: Mapping[str, int | None]
    pence: Mapping[str, int | None]


def _went(*, before: Sequence[MatchState], to: Sequence[MatchState]) -> ColumnElement[bool]:
    return and_(Event.source.in_(before), Event.target.in_(to))


# A standing yes is offered and claimed at once. What comes back from a hold is no new step.
_TAKEN: dict[str, ColumnElement[bool]] = {
    "offered": _went(before=[_S.AGREED], to=[_S.AWAITING_PROVIDER, _S.AWAITING_FAMILY]),
    "claimed": _went(before=[_S.AGREED, _S.AWAITING_PROVIDER], to=[_S.AWAITING_FAMILY]),
    "accepted": and_(
        _went(before=[_S.AWAITING_FAMILY], to=[_S.ACCEPTED]),
        # A yes that was entered by mistake and taken back was none.
        ~select(_Back.id)
        .where(
            _Back.subject_kind == "match",
            _Back.subject_id == Event.subject_id,
            _Back.source == _S.ACCEPTED,
            _Back.target == _S.AWAITING_FAMILY,
            _Back.id > Event.id,
        )
        .exists(),
    ),
    "started": _went(before=[_S.ACCEPTED], to=[_S.UNDER_WAY]),
    "completed": _went(before=[_S.UNDER_WAY], to=[_S.COMPLETED]),
}


async def count_by_month(
    session: AsyncSession, *, last: Month, actor: Actor
) -> dict[Month, dict[str, int | None]]:
    """Twelve months, the newest first."""
    months = [last.later(-back) for back in range(MONTHS_TOLD)]
    local = func.timezone("Europe/London", Event.at)
    month = func.to_char(local, "YYYY-MM").label("month")
    rows = await session.execute(
        _steps(actor, begin=months[-1], end=last)
        .with_only_columns(month, *_families_by_step())
        .group_by(month)
    )
    found = {row.month: row for row in rows}
    smallest = _smallest()
    return {
        one: {
            step: show_if_large(getattr(found.get(str(one)), step, 0), smallest=smallest)
            for step in STEPS
        }
        for one in months
    }


async def count_by_kind(
    session: AsyncSession, *, month: Month, actor: Actor
) -> tuple[Line, dict[str, list[Line]]]:
    """The whole month, and the same by area, need, age, language and level."""
    kinds = dict(zip(BY, _kinds(month), strict=True))
    inner = (
        _steps(actor, begin=month, end=month)
        .join(Match.need)
        .with_only_columns(
            Match.family_id,
            *(column.label(name) for name, column in kinds.items()),
            *(taken.label(step) for step, taken in _TAKEN.items()),
            *(money.label(name) for name, money in zip(MONEY, _money(), strict=True)),
        )
        .subquery()
    )
    columns = [inner.c[name] for name in BY]
    rows = await session.execute(
        select(
            *(func.grouping(column).label(f"not_by_{column.name}") for column in columns),
            *columns,
            *(_distinct(inner.c.family_id, inner.c[step]).label(step) for step in STEPS),
            *(_sum(inner.c[name], inner.c.started).label(name) for name in MONEY),
        ).group_by(func.grouping_sets(tuple_(), *(tuple_(column) for column in columns)))
    )
    total: Any = None
    by: dict[str, list[Any]] = {name: [] for name in BY}
    for row in rows:
        kind = next((name for name in BY if not getattr(row, f"not_by_{name}")), None)
        if kind is None:
            total = row
        else:
            by[kind].append(row)
    return _whole(total), {name: _lines(name, found) for name, found in by.items()}


async def days_between(
    session: AsyncSession, *, month: Month, actor: Actor
) -> dict[str, float | None]:
    """The median of days from step to step, for those who took the later step in this month."""
    return {
        later: await _median_days(session, earlier, later, month=month, actor=actor)
        for earlier, later in (
            ("offered", "claimed"),
            ("claimed", "accepted"),
            ("accepted", "started"),
            ("started", "completed"),
        )
    }


async def _median_days(
    session: AsyncSession, earlier: str, later: str, *, month: Month, actor: Actor
) -> float | None:
    before = select(Event.subject_id, func.max(Event.at).label("at")).where(
        Event.subject_kind == "match", _TAKEN[earlier], Event.source != Event.target
    )
    taken = _steps(actor, begin=month, end=month).where(_TAKEN[later])
    if later == "claimed":
        # Where a standing yes answered, nobody waited.
        taken = taken.where(Event.source == _S.AWAITING_PROVIDER)
    now = taken.with_only_columns(Event.subject_id, Event.at, Match.family_id).subquery()
    then = before.where(Event.subject_id.in_(select(now.c.subject_id))).group_by(Event.subject_id)
    start = then.subquery()
    days = func.extract("epoch", now.c.at - start.c.at) / SECONDS_A_DAY
    median, families = (
        await session.execute(
            select(
                func.percentile_cont(0.5).within_group(days),
                func.count(now.c.family_id.distinct()),
            ).join_from(now, start, start.c.subject_id == now.c.subject_id)
        )
    ).one()
    return float(median) if families >= _smallest() else None


def _steps(actor: Actor, *, begin: Month, end: Month) -> Select[Any]:
    return (
        readable_matches(actor)
        .join(Event, Event.subject_id == Match.id)
        .where(
            Event.subject_kind == "match",
            Event.target.in_(FORWARD),
            Event.at >= begin.begins_at,
            Event.at < end.ends_at,
        )
    )


def _families_by_step() -> list[ColumnElement[int]]:
    return [_distinct(Match.family_id, taken).label(step) for step, taken in _TAKEN.items()]


def _distinct(family: Any, taken: ColumnElement[bool]) -> ColumnElement[int]:
    """Families and not matches: five needs of one family are one family's secret."""
    return func.count(family.distinct()).filter(taken)


def _sum(pence: ColumnElement[Any], started: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(pence).filter(started), 0)


def _money() -> tuple[Any, ...]:
    """As a plan's three lines, of help that has begun: nothing is left to be assumed of a yes."""
    avoided = Need.likelihood * Need.statutory_cost_pence * Match.effect
    return Match.price_pence, avoided * Need.cashable, avoided * (1 - Need.cashable)


def _kinds(month: Month) -> tuple[Any, ...]:
    other = func.unnest(Family.languages).column_valued("language")
    spoken = select(other).where(other != "en").limit(1).scalar_subquery()
    return (
        func.coalesce(Family.outward, ""),
        Need.code,
        _age_band(month),
        func.coalesce(spoken, "en"),
        Need.level,
    )


def _age_band(month: Month) -> ColumnElement[str]:
    """Of the youngest child, so that each family stands in one band only."""
    born = func.unnest(Family.children_born).column_valued("born")
    youngest = select(func.max(born)).scalar_subquery()
    bands = [
        (youngest > str(Month(month.year - limit, month.month)), literal(text))
        for limit, text in AGE_BANDS
    ]
    return case(
        (youngest.is_(None), literal("not known")),
        (youngest > str(month), literal("before birth")),
        *bands,
        else_=literal("16 and over"),
    )


def _whole(row: Any) -> Line:
    counts = {step: show_if_large(getattr(row, step), smallest=_smallest()) for step in STEPS}
    started = counts["started"] is not None
    pence = {name: round(getattr(row, name)) if started else None for name in MONEY}
    return Line(name="", counts=counts, pence=pence)


def _lines(kind: str, rows: list[Any]) -> list[Line]:
    rows.sort(key=lambda row: str(getattr(row, kind)))
    shown = {
        step: hide_small([getattr(row, step) for row in rows], smallest=_smallest())
        for step in STEPS
    }
    return [
        Line(
            name=str(getattr(row, kind)),
            counts={step: shown[step][place] for step in STEPS},
            pence={
                # Pounds tell a count as well as the count does.
                name: None if shown["started"][place] is None else round(getattr(row, name))
                for name in MONEY
            },
        )
        for place, row in enumerate(rows)
    ]


def _smallest() -> int:
    return int(defaults()["privacy"]["smallest_count"])
