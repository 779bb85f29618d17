"""Every morning: what needs somebody, with the next thing to do."""

import datetime as dt
from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.services.figures.mornings import Row, look_around
from marketplace.templating import plural, uk_date, uk_time
from marketplace.web import words
from marketplace.web.rendering import WebRequest, page

PROVIDER = "/commissioner/providers"
CONTACTS = "/commissioner/contacts/upload"


@get("/today")
async def show_today(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    morning = await look_around(session, actor=request.user)
    stop_list = _stop_list(morning.stop_list_at) if morning.stop_list_is_old else None
    return page(
        request,
        "commissioner/today.html",
        stop_list=stop_list,
        sections=[_section(name, list(rows)) for name, rows in morning.rows.items() if rows],
    )


def _stop_list(brought_at: dt.datetime | None) -> str:
    if brought_at is None:
        return "No stop list was ever brought. No message leaves until you bring one."
    return f"It was last brought on {uk_time(brought_at)}. No message leaves on an old one."


def _section(name: str, rows: list[Row]) -> dict[str, Any]:
    heading, what_to_do = SECTIONS[name]
    view = ROWS[name]
    return {
        "name": name,
        "heading": heading,
        "count": len(rows),
        "what_to_do": what_to_do,
        "rows": [view(row) for row in rows],
    }


def _line(text: str, link_text: str, href: str) -> dict[str, str]:
    return {"text": text, "link_text": link_text, "href": href}


def _no_answer(row: Row) -> dict[str, str]:
    since = f", the first since {uk_date(row.since)}" if row.since else ""
    wait = plural(row.count, "family waits", "families wait")
    return _line(f"{row.name}: {wait}{since}.", f"Ring {row.name}", f"{PROVIDER}/{row.id}")


def _bounced(row: Row) -> dict[str, str]:
    return _line(
        f"{row.name}: our message came back.", f"Bring a new contact for {row.name}", CONTACTS
    )


def _expired(row: Row) -> dict[str, str]:
    came_back = plural(row.count, "family is", "families are")
    return _line(
        f"{row.name} did not answer in time: {came_back} without an answer.",
        f"See how {row.name} stands",
        f"{PROVIDER}/{row.id}",
    )


def _declined_twice(row: Row) -> dict[str, str]:
    return _line(
        f"{row.name}, {words.need_text(row.about).lower()}: {row.count} providers could not help.",
        f"See what else was weighed for {row.name}",
        f"/commissioner/families/{row.id}/why",
    )


def _capacity_cut(row: Row) -> dict[str, str]:
    return _line(
        f"{row.about}, {row.name}: {plural(row.count, 'place')}, and {row.promised} are promised.",
        f"Speak with {row.name}",
        f"{PROVIDER}/{row.id}",
    )


def _check_lapsed(row: Row) -> dict[str, str]:
    promised = plural(row.count, "family is", "families are")
    return _line(
        f"{row.name}: {promised} promised help by somebody who may not help today.",
        f"Speak with {row.name}",
        f"{PROVIDER}/{row.id}",
    )


SECTIONS = {
    "no_answer": (
        "Providers who have not answered",
        "We reminded them. A call helps more than another mail.",
    ),
    "bounced": ("Messages that came back", "The family knows nothing yet. Bring another contact."),
    "expired": (
        "Ran out without an answer this week",
        "These families go into the next plan. Find out if the provider can still take anybody.",
    ),
    "declined_twice": (
        "Declined twice by providers",
        "Look for somebody new, or ask a practitioner to ring the family.",
    ),
    "capacity_cut": (
        "Fewer places than are promised",
        "Agree with the provider who still gets a place. The others go into the next plan.",
    ),
    "check_lapsed": (
        "A check has run out",
        "Nobody visits a family without it. The host brings it up to date.",
    ),
}
ROWS = {
    "no_answer": _no_answer,
    "bounced": _bounced,
    "expired": _expired,
    "declined_twice": _declined_twice,
    "capacity_cut": _capacity_cut,
    "check_lapsed": _check_lapsed,
}
HANDLERS = [show_today]
