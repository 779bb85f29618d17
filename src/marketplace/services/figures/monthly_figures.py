"""Families by month and step, counted from the history: steps forward only, never a refusal.

By the month in which a step was taken and not by when help was offered: so no subtraction of two
columns counts those who said no or did not answer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from marketplace.access import Actor, planned_matches, readable_matches
from marketplace.db.acting import by_exchange
from marketplace.db.families import Family, Need
from marketplace.db.history import Event
from marketplace.db.plans import Match
from marketplace.defaults import defaults
from marketplace.services.figures.months import Month
from marketplace.services.figures.suppression import hide_small, show_if_large
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
TAKEN: dict[str, ColumnElement[bool]] = {
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


_BETWEEN = {
    "claimed": (_S.AWAITING_PROVIDER, _S.AWAITING_FAMILY),
    "accepted": (_S.AWAITING_FAMILY, _S.ACCEPTED),
    "started": (_S.ACCEPTED, _S.UNDER_WAY),
    "completed": (_S.UNDER_WAY, _S.COMPLETED),
}


@by_exchange
async def count_by_month(
    session: AsyncSession, *, last: Month, steps: Sequence[str] = STEPS, actor: Actor
) -> dict[Month, dict[str, int | None]]:
    """Twelve months, the newest first."""
    months = [last.later(-back) for back in range(MONTHS_TOLD)]
    counts: dict[tuple[str, str], int] = {}
    for step in steps:
        counts |= await _count_months(session, step, begin=months[-1], end=last, actor=actor)
    smallest = _smallest()
    return {
        one: {
            step: show_if_large(counts.get((str(one), step), 0), smallest=smallest)
            for step in steps
        }
        for one in months
    }


async def _count_months(
    session: AsyncSession, step: str, *, begin: Month, end: Month, actor: Actor
) -> dict[tuple[str, str], int]:
    local = func.timezone("Europe/London", Event.at)
    month = func.date_trunc("month", local).label("month")
    once = (
        _steps(planned_matches(actor), [step], begin=begin, end=end)
        .with_only_columns(month, Match.family_id)
        .distinct()
        .subquery()
    )
    rows = await session.execute(
        select(once.c.month, func.count().label("families")).group_by(once.c.month)
    )
    return {(f"{row.month:%Y-%m}", step): row.families for row in rows}


@by_exchange
async def count_by_kind(
    session: AsyncSession, *, month: Month, by: str, actor: Actor
) -> tuple[Line, list[Line]]:
    """The whole month, and the same by area, need, age, language or level."""
    kind = _kinds(month)[BY.index(by)].label("kind")
    inner = (
        _steps(readable_matches(actor), STEPS, begin=month, end=month)
        .join(Match.need)
        .with_only_columns(
            Match.family_id,
            kind,
            *(taken.label(step) for step, taken in TAKEN.items()),
            *(money.label(name) for name, money in zip(MONEY, _money(), strict=True)),
        )
        .subquery()
    )
    # Once a family first: five counts of distinct families over every step would sort five times.
    once = (
        select(
            inner.c.kind,
            inner.c.family_id,
            *(func.bool_or(inner.c[step]).label(step) for step in STEPS),
            *(_sum(inner.c[name], inner.c.started).label(name) for name in MONEY),
        )
        .group_by(inner.c.family_id, inner.c.kind)
        .cte("once")
    )
    rows = (await session.execute(_count_families(once, once.c.kind))).all()
    whole = (
        select(
            once.c.family_id,
            *(func.bool_or(once.c[step]).label(step) for step in STEPS),
            *(func.sum(once.c[name]).label(name) for name in MONEY),
        )
        .group_by(once.c.family_id)
        .subquery()
    )
    total = (await session.execute(_count_families(whole, literal("")))).first()
    return _whole(total), _lines(list(rows))


def _count_families(once: Any, kind: Any) -> Select[Any]:
    return select(
        kind.label("kind"),
        *(func.count().filter(once.c[step]).label(step) for step in STEPS),
        *(func.coalesce(func.sum(once.c[name]), 0).label(name) for name in MONEY),
    ).group_by(kind)


@by_exchange
async def days_between(
    session: AsyncSession, *, month: Month, actor: Actor
) -> dict[str, float | None]:
    """The median of days from step to step, for those who took the later step in this month."""
    taken = _steps(planned_matches(actor), STEPS[1:], begin=month, end=month).with_only_columns(
        Event.id, Event.subject_id, Event.source, Event.target, Event.at, Match.family_id
    )
    now = taken.subquery()
    # Where a standing yes answered nobody waited, and a hold is nobody's slowness to tell here.
    step = case(*((_pair(now, *pair), later) for later, pair in _BETWEEN.items())).label("step")
    then = (
        select(_Back.at)
        .where(
            _Back.subject_kind == "match",
            _Back.subject_id == now.c.subject_id,
            _Back.target == now.c.source,
            _Back.id < now.c.id,
        )
        .order_by(_Back.id.desc())
        .limit(1)
        .lateral()
    )
    days = func.extract("epoch", now.c.at - then.c.at) / SECONDS_A_DAY
    rows = await session.execute(
        select(
            step,
            func.percentile_cont(0.5).within_group(days),
            func.count(now.c.family_id.distinct()),
        )
        .select_from(now)
        .join(then, literal(value=True))
        .group_by(step)
    )
    found = {name: (median, families) for name, median, families in rows}
    # To the microsecond a median would be one family's own hour.
    return {
        later: round(float(found[later][0]), 1)
        if later in found and found[later][1] >= _smallest()
        else None
        for later in _BETWEEN
    }


def _pair(now: Any, source: MatchState, target: MatchState) -> ColumnElement[bool]:
    return and_(now.c.source == source, now.c.target == target)


def _steps(
    matches: Select[Match], steps: Iterable[str], *, begin: Month, end: Month
) -> Select[Any]:
    return matches.join(Event, Event.subject_id == Match.id).where(
        Event.subject_kind == "match",
        Event.target.in_(FORWARD),
        or_(*(TAKEN[step] for step in steps)),
        Event.at >= begin.begins_at,
        Event.at < end.ends_at,
    )


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
    """`row` is None where nothing happened."""
    counts = {step: show_if_large(getattr(row, step, 0), smallest=_smallest()) for step in STEPS}
    started = counts["started"] is not None
    pence = {name: round(getattr(row, name)) if started else None for name in MONEY}
    return Line(name="", counts=counts, pence=pence)


def _lines(rows: list[Any]) -> list[Line]:
    rows.sort(key=lambda row: str(row.kind))
    shown = {
        step: hide_small([getattr(row, step) for row in rows], smallest=_smallest())
        for step in STEPS
    }
    return [
        Line(
            name=str(row.kind),
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
