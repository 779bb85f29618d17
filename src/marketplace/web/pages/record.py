"""How we look: how many families, how long, and how often the proposal was changed."""

from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.defaults import defaults
from marketplace.services.review import record
from marketplace.templating import plural, uk_month
from marketplace.web.rendering import WebRequest, page

SECONDS_IN_A_MINUTE = 60


@get("/record")
async def show_record(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    actor: Actor = request.user
    months = await record.looks_by_month(session, actor=actor)
    return page(
        request,
        "practitioner/record.html",
        months=[month_view(one, actor) for one in months],
        flagged_after=defaults()["review"]["flagged_after"],
        is_flagged=any(one.is_flagged and one.practitioner.id == actor.id for one in months),
    )


def month_view(one: record.MonthOfLooks, actor: Actor) -> dict[str, Any]:
    return {
        "month": uk_month(one.month),
        "name": "You" if one.practitioner.id == actor.id else one.practitioner.name,
        "looked_at": one.looked_at,
        "changed": one.changed,
        "share_text": f"{one.share_changed:.0%}",
        "time_text": say_time(one.middle_seconds),
        "is_flagged": one.is_flagged,
    }


def say_time(seconds: int | None) -> str:
    """Half of the looks were shorter than this."""
    if seconds is None:
        return "Not measured"
    minutes, rest = divmod(seconds, SECONDS_IN_A_MINUTE)
    return f"{minutes} min {rest} s" if minutes else plural(rest, "second")


HANDLERS = [show_record]
