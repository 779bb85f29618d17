"""Figures by month for Amina: what moved forward, how fast, and what it cost and saves."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.plain_words import say_languages
from marketplace.access import Actor
from marketplace.errors import NotFoundError
from marketplace.services.figures import monthly_figures
from marketplace.services.figures.monthly_figures import BY, MONEY, STEPS, Line
from marketplace.services.figures.months import Month, month_asked_for, this_month
from marketplace.templating import pounds
from marketplace.web import words
from marketplace.web.charts import draw_bars
from marketplace.web.csv_answer import csv_answer, in_pounds
from marketplace.web.rendering import WebRequest, page

STEP_WORDS = {
    "offered": "Offered",
    "claimed": "Claimed",
    "accepted": "Family said yes",
    "started": "Help started",
    "completed": "Help ended well",
}
MONEY_WORDS = {
    "spent": "Cash spent",
    "cashable": "Cash back within a year",
    "capacity": "Staff time and places freed",
}
BY_WORDS = {
    "area": "Area",
    "need": "Need",
    "age": "Age of the youngest child",
    "language": "Language",
    "level": "Level",
}
BETWEEN_WORDS = {
    "claimed": "From the offer to a charity until it claims",
    "accepted": "From there until the family says yes",
    "started": "From the yes until help starts",
    "completed": "From the start until help ends well",
}
UNDER_5 = "under 5"
NOT_SHOWN = "not shown"
MONTHS = "months"
# Twelve months of all five steps take too long for a page: the file has them.
TREND = "started"


@get("/figures")
async def show_figures(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    month: FromQuery[str] = "",
    by: FromQuery[str] = BY[0],
) -> Template:
    if by not in BY:
        raise NotFoundError
    actor: Actor = request.user
    chosen = await month_asked_for(session, month)
    latest = await this_month(session)
    by_month = await monthly_figures.count_by_month(
        session, last=latest, steps=[TREND], actor=actor
    )
    whole, lines = await monthly_figures.count_by_kind(session, month=chosen, by=by, actor=actor)
    days = await monthly_figures.days_between(session, month=chosen, actor=actor)
    later = chosen.later(1)
    return page(
        request,
        "commissioner/figures.html",
        month={"value": str(chosen), "text": chosen.text, "is_over": chosen < latest},
        earlier=f"/commissioner/figures?month={chosen.later(-1)}",
        later=f"/commissioner/figures?month={later}" if later <= latest else None,
        months=_months_table(by_month),
        chart=draw_bars(
            "Families whose help started, by month",
            [(one.text[:3] + one.text[-5:], by_month[one][TREND]) for one in reversed(by_month)],
            not_shown=UNDER_5,
        ),
        whole=[(STEP_WORDS[step], _count(whole.counts[step], UNDER_5)) for step in STEPS],
        days=[(text, _days(days[step])) for step, text in BETWEEN_WORDS.items()],
        money=[(MONEY_WORDS[name], _pounds(whole.pence[name])) for name in MONEY],
        by=by,
        kinds=[{"by": name, "name": BY_WORDS[name]} for name in BY],
        table=_kind_table(by, lines, chosen) if lines else None,
    )


@get("/figures.csv")
async def download_figures(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    by: FromQuery[str] = MONTHS,
    month: FromQuery[str] = "",
) -> Response[bytes]:
    actor: Actor = request.user
    if by == MONTHS:
        latest = await this_month(session)
        found = await monthly_figures.count_by_month(session, last=latest, actor=actor)
        months = [
            [str(one), *(_count(counts[s], UNDER_5) for s in STEPS)]
            for one, counts in found.items()
        ]
        return csv_answer("figures-by-month", ["month", *STEPS], months)
    if by not in BY:
        raise NotFoundError
    chosen = await month_asked_for(session, month)
    _, lines = await monthly_figures.count_by_kind(session, month=chosen, by=by, actor=actor)
    rows = [
        [
            _name(by, line.name),
            *(_count(line.counts[step], NOT_SHOWN) for step in STEPS),
            *(_csv_pounds(line.pence[name]) for name in MONEY),
        ]
        for line in lines
    ]
    header = [by, *STEPS, *(f"{name}_pounds" for name in MONEY)]
    return csv_answer(f"figures-{chosen}-by-{by}", header, rows)


def _months_table(by_month: Mapping[Month, Mapping[str, int | None]]) -> dict[str, Any]:
    return {
        "caption": "Families whose help started, the newest month first",
        "columns": ["Month", STEP_WORDS[TREND]],
        "rows": [
            {
                "name": month.text,
                "href": f"/commissioner/figures?month={month}",
                "cells": [_count(counts[TREND], UNDER_5)],
            }
            for month, counts in by_month.items()
        ],
    }


def _kind_table(kind: str, lines: list[Line], month: Month) -> dict[str, Any]:
    return {
        "caption": f"{BY_WORDS[kind]}, {month.text}",
        "columns": [BY_WORDS[kind], *STEP_WORDS.values(), *MONEY_WORDS.values()],
        "rows": [
            {
                "name": _name(kind, line.name),
                "href": None,
                "cells": [
                    *(_count(line.counts[step], NOT_SHOWN) for step in STEPS),
                    *(_pounds(line.pence[name]) for name in MONEY),
                ],
            }
            for line in lines
        ],
    }


def _name(kind: str, name: str) -> str:
    if kind == "need":
        return words.need_text(name)
    if kind == "language":
        return say_languages([name])
    if kind == "level":
        return f"Level {name}"
    return name.capitalize() if kind == "age" else name or "No fixed abode"


def _count(count: int | None, otherwise: str) -> str:
    return otherwise if count is None else f"{count:,}"


def _pounds(pence: int | None) -> str:
    return NOT_SHOWN if pence is None else pounds(round(pence, -2))


def _csv_pounds(pence: int | None) -> str:
    return NOT_SHOWN if pence is None else in_pounds(pence)


def _days(days: float | None) -> str:
    if days is None:
        return "Too few families to tell"
    return "Under a day" if days < 1 else f"{days:.0f} day{'s' if round(days) != 1 else ''}"


HANDLERS = [show_figures, download_figures]
