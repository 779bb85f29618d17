"""What a provider may carry away: its record without names, and a sheet for other funders."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from directory.spreadsheets.report import make_inert
from marketplace.services.providers import provider_figures
from marketplace.web.bars import draw_bars
from marketplace.web.rendering import WebRequest, page

MONTHS = 12
HELPED = {"yes": "Yes", "partly": "Partly", "no": "No", "not_known": "Not known"}
COLUMNS = ("service", "month_started", "times_attended", "month_ended", "helped")


@get("/record.csv")
async def download_record(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    rows = await provider_figures.list_record(session, actor=request.user)
    return Response(
        content=_write(rows),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="what-we-did.csv"'},
    )


def _write(rows: Iterable[RowMapping]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        started, ended = row["started_on"], row["ended_on"]
        writer.writerow(
            [
                make_inert(row["service"]),
                f"{started:%Y-%m}",
                row["times_attended"],
                f"{ended:%Y-%m}" if ended else "",
                row["helped"] or "",
            ]
        )
    # Without the byte order mark Excel would read UTF-8 as Windows-1252.
    return text.getvalue().encode("utf-8-sig")


@get("/impact")
async def show_impact(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    actor = request.user
    provider = await session.get_one(Provider, actor.provider_id)
    today = (await session.execute(select(func.current_date()))).scalar_one()
    begun = await provider_figures.count_begun_by_month(session, actor=actor)
    months = provider_figures.months_until(today, number=MONTHS)
    by_month = [(month, begun.get(month, 0)) for month in months]
    helped = await provider_figures.count_helped(session, actor=actor)
    areas = await provider_figures.count_areas(session, actor=actor)
    return page(
        request,
        "provider/impact.html",
        provider_name=provider.name,
        today=today,
        totals=await provider_figures.count_totals(session, actor=actor),
        by_month=[{"month": month, "families": number} for month, number in by_month],
        bars=draw_bars([(f"{month:%b}", number) for month, number in by_month]),
        helped=[_row(HELPED[code], number) for code, number in helped.shown.items()],
        helped_others=helped.others,
        areas=[_row(area or "Not known", number) for area, number in areas.shown.items()],
        areas_others=areas.others,
    )


def _row(name: str, families: int) -> dict[str, Any]:
    return {"name": name, "families": families}


HANDLERS = [download_record, show_impact]
