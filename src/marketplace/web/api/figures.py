"""Figures by month: steps forward only, and no count so small that it points at somebody."""

from typing import Literal

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.services.figures import monthly_figures
from marketplace.services.figures.monthly_figures import Line
from marketplace.services.figures.months import month_asked_for, this_month
from marketplace.web.api.operations import actor_of, answer, operation, read_query
from marketplace.web.api.shapes import Taken
from marketplace.web.rendering import WebRequest

By = Literal["area", "need", "age", "language", "level"]


class Counts(msgspec.Struct):
    """Families; null: too few to tell."""

    offered: int | None
    claimed: int | None
    accepted: int | None
    started: int | None
    completed: int | None


class Money(msgspec.Struct):
    spent_pence: int | None
    cashable_pence: int | None
    capacity_pence: int | None


class MonthOfCounts(msgspec.Struct):
    month: str
    families: Counts


class Months(msgspec.Struct):
    items: list[MonthOfCounts]


class Part(msgspec.Struct):
    name: str
    families: Counts
    money: Money


class Days(msgspec.Struct):
    """The median of days from the step before; null: too few to tell."""

    claimed: float | None
    accepted: float | None
    started: float | None
    completed: float | None


class MonthInParts(msgspec.Struct):
    month: str
    families: Counts
    money: Money
    days: Days
    by: str
    parts: list[Part]


class PartsQuery(Taken):
    by: By = "area"


@get(
    "/figures",
    opt=operation(
        scope="figures:read", summary="The last twelve months, the newest first", gives=Months
    ),
)
async def list_months(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    found = await monthly_figures.count_by_month(
        session, last=await this_month(session), actor=actor_of(request)
    )
    return answer(
        Months([MonthOfCounts(str(month), Counts(**counts)) for month, counts in found.items()])
    )


@get(
    "/figures/{month:str}",
    opt=operation(
        scope="figures:read",
        summary="One month, such as 2026-05, by area, need, age, language or level",
        asks=PartsQuery,
        gives=MonthInParts,
        problems=(404,),
    ),
)
async def show_month(
    request: WebRequest, session: NamedDependency[AsyncSession], month: FromPath[str]
) -> Response[bytes]:
    actor, query = actor_of(request), read_query(request, PartsQuery)
    chosen = await month_asked_for(session, month)
    whole, lines = await monthly_figures.count_by_kind(
        session, month=chosen, by=query.by, actor=actor
    )
    days = await monthly_figures.days_between(session, month=chosen, actor=actor)
    return answer(
        MonthInParts(
            month=str(chosen),
            families=Counts(**whole.counts),
            money=_money(whole),
            days=Days(**days),
            by=query.by,
            parts=[Part(one.name, Counts(**one.counts), _money(one)) for one in lines],
        )
    )


def _money(line: Line) -> Money:
    return Money(**{f"{name}_pence": pence for name, pence in line.pence.items()})


HANDLERS = [list_months, show_month]
