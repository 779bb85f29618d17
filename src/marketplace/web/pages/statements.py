"""What is owed for a month: all of a council's providers, and each provider's own, to print."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.services.figures import statements
from marketplace.services.figures.months import Month, month_asked_for, this_month
from marketplace.services.figures.statements import Statement
from marketplace.templating import pounds
from marketplace.web.csv_answer import csv_answer, in_pounds
from marketplace.web.rendering import WebRequest, page

COLUMNS = (
    "statement",
    "month",
    "council",
    "provider",
    "charity_number",
    "service",
    "places",
    "pounds_a_place",
    "pounds",
)


@get("/statements")
async def show_statements(
    request: WebRequest, session: NamedDependency[AsyncSession], month: FromQuery[str] = ""
) -> Template:
    chosen = await month_asked_for(session, month)
    found = await statements.list_statements(session, month=chosen, actor=request.user)
    latest = await this_month(session)
    later = chosen.later(1)
    return page(
        request,
        "commissioner/statements.html",
        month=_month_view(chosen, latest),
        earlier=f"/commissioner/statements?month={chosen.later(-1)}",
        later=f"/commissioner/statements?month={later}" if later <= latest else None,
        statements=[_view(one) for one in found],
        total_text=pounds(sum(one.total_pence for one in found)),
    )


@get("/statements.csv")
async def download_statements(
    request: WebRequest, session: NamedDependency[AsyncSession], month: FromQuery[str] = ""
) -> Response[bytes]:
    return await _download(request, session, month)


@get("/statements")
async def list_own_statements(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Template:
    latest = await this_month(session)
    found = await statements.months_with_help(session, actor=request.user)
    return page(
        request, "provider/statements.html", months=[_month_view(one, latest) for one in found]
    )


@get("/statements/{month:str}")
async def show_own_statement(
    request: WebRequest, session: NamedDependency[AsyncSession], month: FromPath[str]
) -> Template:
    chosen = await month_asked_for(session, month)
    found = await statements.list_statements(session, month=chosen, actor=request.user)
    return page(
        request,
        "provider/statement.html",
        month=_month_view(chosen, await this_month(session)),
        statements=[_view(one) for one in found],
    )


@get("/statements.csv")
async def download_own_statement(
    request: WebRequest, session: NamedDependency[AsyncSession], month: FromQuery[str] = ""
) -> Response[bytes]:
    return await _download(request, session, month)


async def _download(request: WebRequest, session: AsyncSession, month: str) -> Response[bytes]:
    chosen = await month_asked_for(session, month)
    found = await statements.list_statements(session, month=chosen, actor=request.user)
    rows = [
        (
            one.number,
            str(chosen),
            one.council_name,
            one.provider_name,
            one.charity_number or "",
            line.service_name,
            line.places,
            in_pounds(line.place_pence),
            in_pounds(line.total_pence),
        )
        for one in found
        for line in one.lines
    ]
    return csv_answer(f"statement-{chosen}", COLUMNS, rows)


def _month_view(month: Month, latest: Month) -> dict[str, Any]:
    return {"value": str(month), "text": month.text, "is_over": month < latest}


def _view(one: Statement) -> dict[str, Any]:
    return {
        "number": one.number,
        "council_name": one.council_name,
        "provider_name": one.provider_name,
        "charity_number": one.charity_number,
        "total_text": pounds(one.total_pence),
        "table": {
            "caption": f"Statement {one.number}",
            "columns": ["Service", "Places", "A place", "Owed"],
            "rows": [
                {
                    "name": line.service_name,
                    "href": None,
                    "cells": [
                        f"{line.places:,}",
                        pounds(line.place_pence),
                        pounds(line.total_pence),
                    ],
                }
                for line in one.lines
            ],
        },
    }


HANDLERS = [show_statements, download_statements]
PROVIDER_HANDLERS = [list_own_statements, show_own_statement, download_own_statement]
