"""Calls to make: whom, by when, what to say, and what came of it."""

import datetime as dt
from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.offers import Call
from marketplace.errors import BadFormError
from marketplace.services.offers import offer_links, opening, second_thoughts
from marketplace.services.review import calls
from marketplace.services.sending.channels import may_write_to
from marketplace.templating import LONDON, plural, uk_date
from marketplace.web import forms, words
from marketplace.web.forms import parse_id
from marketplace.web.pages import call_answers
from marketplace.web.rendering import PageNumber, Paging, WebRequest, as_errors, page

CALLS = "/practitioner/calls"
WHY_CALL = {
    "call_me": "Pressed “Call me”",
    "sensitive": "A sensitive need: ask in person",
    "no_question": "No child on file, so there is no question for the link",
    "no_safe_channel": "They are best rung, or nothing may be written to them",
    "bounced": "Our message did not reach them",
    "handed_back": "Who was to help them cannot go on: say sorry; we look for someone else",
    "provider_paused": "The council paused who helps them: say so, and ask if all is well",
    "provider_left": "Who was to help them has left: say sorry, and that we look for someone else",
    "need_withdrawn": "The council took it back after their yes: say sorry, nobody else will ring",
    "agreement_withdrawn": "Who helps them cannot see their details now: ask if all is well",
}
CAME_OF_IT = (
    {"code": calls.NO_ANSWER, "text": "Nobody answered: try again in a few hours"},
    {"code": calls.BAD_TIME, "text": "Not a safe time: try again on the next working day"},
    {
        "code": calls.WRONG_NUMBER,
        "text": "It is the wrong number: delete it, and send nothing until we have another",
    },
)


@get("/calls")
async def list_calls(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    page_number: PageNumber = 1,
    done: FromQuery[str] = "",
) -> Template:
    actor: Actor = request.user
    found = calls.open_calls(actor)
    ids = found.with_only_columns(Call.id).order_by(None).subquery()
    count = await session.scalar(select(func.count()).select_from(ids))
    paging = Paging(page_number, count or 0, CALLS, {})
    shown = await session.scalars(
        calls.with_support(found).offset(paging.offset).limit(paging.size)
    )
    now = (await session.execute(select(func.now()))).scalar_one()
    return page(
        request,
        "practitioner/calls.html",
        calls=[call_line(call, now) for call in shown],
        page=paging.as_context(),
        entered=await call_answers.entered_lately(session, actor),
        is_done=bool(done),
    )


@get("/calls/{call_id:str}")
async def show_call(
    request: WebRequest, session: NamedDependency[AsyncSession], call_id: FromPath[str]
) -> Template:
    return await _show(request, session, call_id)


@post("/calls/{call_id:str}/done")
async def finish_call(
    request: WebRequest, session: NamedDependency[AsyncSession], call_id: FromPath[str]
) -> Redirect:
    await calls.finish_call(session, parse_id(call_id), actor=request.user)
    return Redirect(f"{CALLS}?done=yes", status_code=303)


@post("/calls/{call_id:str}/not-spoken")
async def not_spoken(
    request: WebRequest, session: NamedDependency[AsyncSession], call_id: FromPath[str]
) -> Redirect | Template:
    outcome = forms.text(await request.form(), "outcome")
    try:
        await calls.note_outcome(session, parse_id(call_id), outcome=outcome, actor=request.user)
    except BadFormError as error:
        return await _show(request, session, call_id, faults=error.faults)
    return Redirect(CALLS, status_code=303)


@post("/calls/{call_id:str}/answer")
async def answer(
    request: WebRequest, session: NamedDependency[AsyncSession], call_id: FromPath[str]
) -> Redirect | Template:
    """What the family says, entered for it; the call is done by it."""
    actor: Actor = request.user
    call = await calls.get_call(session, parse_id(call_id), actor=actor)
    try:
        await call_answers.enter(session, call.offer_id, await request.form(), actor=actor)
    except BadFormError as error:
        return await _show(request, session, call_id, faults=error.faults)
    await calls.finish_call(session, call.id, actor=actor)
    return Redirect(f"{CALLS}?done=yes", status_code=303)


@post("/offers/{offer_id:str}/take-back")
async def take_back(
    request: WebRequest, session: NamedDependency[AsyncSession], offer_id: FromPath[str]
) -> Redirect:
    """The family is asked again, so it is to be rung again."""
    offer = await opening.get_offer(session, parse_id(offer_id), actor=request.user)
    await second_thoughts.take_back(session, offer, actor=request.user)
    await calls.reopen_call(session, offer.id, actor=request.user)
    return Redirect(CALLS, status_code=303)


@post("/offers/{offer_id:str}/end-link")
async def end_link(
    request: WebRequest, session: NamedDependency[AsyncSession], offer_id: FromPath[str]
) -> Redirect:
    await offer_links.end_link(session, parse_id(offer_id), actor=request.user)
    return Redirect(CALLS, status_code=303)


async def _show(
    request: WebRequest,
    session: AsyncSession,
    call_id: str,
    *,
    faults: dict[str, str] | None = None,
) -> Template:
    call = await calls.get_call(session, parse_id(call_id), actor=request.user)
    now = (await session.execute(select(func.now()))).scalar_one()
    form = await request.form() if faults else None
    return page(
        request,
        "practitioner/call.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        call=call_line(call, now),
        outcomes=CAME_OF_IT,
        answering=await call_answers.answering_view(session, call, form, actor=request.user),
    )


def call_line(call: Call, now: dt.datetime) -> dict[str, Any]:
    contact = call.offer.family.contact
    # Only a number that is safe to ring now: another may be answered by somebody else.
    may_ring = (
        contact is not None
        and "phone" in contact.safe_channels
        and may_write_to(contact, today=now.date())
        and call.offer.family.contact_wrong_at is None
    )
    service = call.offer.match.intake.service
    need = words.need_text(call.offer.match.need.code)
    number = contact.phone if contact and may_ring else None
    by, today = calls.due_on(call.asked_at), now.astimezone(LONDON).date()
    return {
        "id": call.id,
        "offer_id": call.offer_id,
        "link_ended": call.offer.link_ended_at is not None,
        "name": contact.name if contact else call.offer.family.ref,
        "phone": words.local_phone(number)
        if number
        else "No number that is safe: see the named worker",
        "to_offer": f"{service.name}, {service.provider.name} ({need.lower()})",
        "phone_href": f"tel:{number.replace(' ', '')}" if number else "",
        "why": WHY_CALL[call.reason],
        "asked_at": call.asked_at,
        "due_text": _due_text(by, today),
        "overdue": today > by,
        "tried_text": _tried_text(call, now),
    }


def _due_text(by: dt.date, today: dt.date) -> str:
    days = (by - today).days
    if days < 0:
        return f"{plural(-days, 'day')} late: it was due on {uk_date(by)}"
    return "Today" if days == 0 else f"{uk_date(by)}, {plural(days, 'day')} left"


def _tried_text(call: Call, now: dt.datetime) -> str | None:
    if not call.tries or call.try_after is None:
        return None
    tried = f"Rung {plural(call.tries, 'time')}"
    if call.try_after <= now:
        return f"{tried}. Try again now"
    at = call.try_after.astimezone(LONDON)
    clock = f"{at:%I:%M%p}".lstrip("0").lower()
    return f"{tried}. Try again after {clock} on {uk_date(at)}"


HANDLERS = [list_calls, show_call, finish_call, not_spoken, answer, take_back, end_link]
