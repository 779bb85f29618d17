"""Who is worried about a child and waits to be rung, and how each goes on."""

import datetime as dt
from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.outcomes import Concern
from marketplace.services.review import concerns
from marketplace.templating import plural
from marketplace.web import forms, words
from marketplace.web.forms import parse_id
from marketplace.web.rendering import WebRequest, page

CONCERNS = "/practitioner/concerns"
ENDS = (
    {"code": concerns.GOES_ON, "text": "The help goes on, from where it was"},
    {"code": concerns.WITHDRAWN, "text": "The help ends here, and the need is closed"},
)
MINUTES_IN_AN_HOUR = 60
HOURS_IN_TWO_DAYS = 48


@get("/concerns")
async def list_concerns(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    return await _show(request, session)


@post("/concerns/{concern_id:str}/close")
async def close_concern(
    request: WebRequest, session: NamedDependency[AsyncSession], concern_id: FromPath[str]
) -> Redirect | Template:
    ended_as = forms.text(await request.form(), "ended_as")
    if ended_as not in concerns.ENDS:
        await concerns.get_concern(session, parse_id(concern_id), actor=request.user)
        field = f"ended-{parse_id(concern_id)}"
        return await _show(
            request, session, faults=[{"field": field, "text": "Say how it goes on"}]
        )
    await concerns.close_concern(
        session, parse_id(concern_id), ended_as=ended_as, actor=request.user
    )
    return Redirect(CONCERNS, status_code=303)


async def _show(
    request: WebRequest, session: AsyncSession, *, faults: list[dict[str, str]] | None = None
) -> Template:
    now = (await session.execute(select(func.now()))).scalar_one()
    return page(
        request,
        "practitioner/concerns.html",
        status=422 if faults else 200,
        errors=faults or [],
        concerns=[
            _concern_view(concern, person, organisation, now)
            for concern, person, organisation in await concerns.list_concerns(
                session, actor=request.user
            )
        ],
        ends=ENDS,
    )


def _concern_view(
    concern: Concern, person: str, organisation: str, now: dt.datetime
) -> dict[str, Any]:
    family = concern.match.family
    contact = family.contact
    return {
        "id": concern.id,
        "family": f"{contact.name} ({family.ref})" if contact else family.ref,
        "support": concern.match.intake.service.name,
        "person": person,
        "organisation": organisation,
        "numbers": [
            {"text": words.local_phone(number), "href": f"tel:{number.replace(' ', '')}"}
            for number in concern.ring_back.split(", ")
        ],
        "raised_at": concern.raised_at,
        "waiting_text": _say_wait(now - concern.raised_at),
    }


def _say_wait(waited: dt.timedelta) -> str:
    minutes = int(waited.total_seconds()) // 60
    if minutes < MINUTES_IN_AN_HOUR:
        return plural(minutes, "minute")
    hours = minutes // MINUTES_IN_AN_HOUR
    return plural(hours, "hour") if hours < HOURS_IN_TWO_DAYS else plural(waited.days, "day")


HANDLERS = [list_concerns, close_concern]
