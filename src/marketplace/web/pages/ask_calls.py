"""Priya rings those who asked: to hear who it is, or because it is nothing for a message."""

from typing import Any

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.asks import Ask
from marketplace.services.asks import ask_calls
from marketplace.services.staff.working_days import add_working_days
from marketplace.web import words
from marketplace.web.forms import parse_id
from marketplace.web.rendering import PageNumber, Paging, WebRequest, page

CALL_WITHIN_WORKING_DAYS = 2
ASKS = "/practitioner/asks"
WHY_RING = {
    "prove": "They gave no e-mail address: hear if it was they who asked",
    "sensitive": "This is asked about in person, never by a message",
    "still_safe": "They wait since a month: hear if this number is still safe",
    "again": "They had help with this before, and ask again",
}
# What the two buttons say; without them there is one, for having spoken.
YES_OR_NO = {
    "prove": {"yes": "Yes, they asked for this", "no": "It was not them"},
    "still_safe": {"yes": "Yes, still safe", "no": "No longer safe"},
}


@get("/")
async def list_asks(
    request: WebRequest, session: NamedDependency[AsyncSession], page_number: PageNumber = 1
) -> Template:
    found = ask_calls.asks_to_ring(request.user)
    ids = found.with_only_columns(Ask.id).order_by(None).subquery()
    count = await session.scalar(select(func.count()).select_from(ids))
    paging = Paging(page_number, count or 0, ASKS, {})
    shown = await session.scalars(found.offset(paging.offset).limit(paging.size))
    now = (await session.execute(select(func.now()))).scalar_one()
    return page(
        request,
        "practitioner/asks.html",
        asks=[_ask_line(ask, now) for ask in shown],
        page=paging.as_context(),
    )


def _ask_line(ask: Ask, now: Any) -> dict[str, Any]:
    ring_by = add_working_days(ask.created_at.date(), CALL_WITHIN_WORKING_DAYS)
    safe = _safe_ways(ask)
    return {
        "id": ask.id,
        "name": safe["name"],
        "phone": words.local_phone(safe["phone"]) if safe["phone"] else None,
        "email": safe["email"],
        "need_text": words.need_text(ask.code),
        "wished": ask.service.name if ask.service else None,
        "worker": ask.worker_name,
        "why": WHY_RING[ask.ring_reason or ""],
        "answers": YES_OR_NO.get(ask.ring_reason or ""),
        "asked_at": ask.created_at,
        "ring_by": ring_by,
        "overdue": now.date() > ring_by,
    }


def _safe_ways(ask: Ask) -> dict[str, str | None]:
    """Only what was ticked: another number may be answered by somebody else."""
    contact = ask.need.family.contact if ask.need else None
    if contact is not None:
        given: dict[str, Any] = {
            "name": contact.name,
            "phone": contact.phone,
            "email": contact.email,
            "safe_channels": contact.safe_channels,
        }
    else:
        given = ask.given or {"name": None, "safe_channels": []}
    safe = given["safe_channels"]
    return {
        "name": given["name"],
        "phone": given["phone"] if "phone" in safe else None,
        "email": given["email"] if "email" in safe else None,
    }


@post("/{ask_id:str}/yes")
async def confirm(
    request: WebRequest, session: NamedDependency[AsyncSession], ask_id: FromPath[str]
) -> Redirect:
    await ask_calls.confirm_by_call(session, parse_id(ask_id), actor=request.user)
    return Redirect(ASKS, status_code=303)


@post("/{ask_id:str}/no")
async def refuse(
    request: WebRequest, session: NamedDependency[AsyncSession], ask_id: FromPath[str]
) -> Redirect:
    await ask_calls.refuse_by_call(session, parse_id(ask_id), actor=request.user)
    return Redirect(ASKS, status_code=303)


@post("/{ask_id:str}/spoken")
async def note_spoken(
    request: WebRequest, session: NamedDependency[AsyncSession], ask_id: FromPath[str]
) -> Redirect:
    await ask_calls.note_spoken(session, parse_id(ask_id), actor=request.user)
    return Redirect(ASKS, status_code=303)


ROUTER = Router(
    ASKS,
    route_handlers=[list_asks, confirm, refuse, note_spoken],
    opt={"audience": "practitioner"},
)
