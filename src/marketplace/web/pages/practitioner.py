"""Priya's pages: look at each family, make the calls, stop everything."""

from typing import Any

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from directory.models import Intake, Service
from marketplace.access import Actor, readable_plans
from marketplace.db.offers import Call, Offer
from marketplace.db.plans import Match, Plan
from marketplace.services import calls, controls, figures
from marketplace.services.offers import may_write_to
from marketplace.services.working_days import add_working_days
from marketplace.states import PlanState
from marketplace.web import words
from marketplace.web.forms import parse_id
from marketplace.web.pages import review
from marketplace.web.pages.commissioner import messages_switch
from marketplace.web.rendering import PageNumber, Paging, WebRequest, page

TO_LOOK_AT = (PlanState.DRAFT, PlanState.REVIEWED)
CALL_WITHIN_WORKING_DAYS = 2
WHY_CALL = {
    "call_me": "Pressed “Call me”",
    "sensitive": "A sensitive need: ask in person",
    "no_question": "No child on file, so there is no question for the link",
    "no_safe_channel": "No e-mail address that is safe",
    "provider_paused": "The council paused who helps them: say so, and ask if all is well",
    "provider_left": "Who was to help them has left: say sorry, and that we look for someone else",
    "handed_back": "Who was to help them cannot go on: say sorry; we look for someone else",
    "agreement_withdrawn": "Who helps them cannot see their details now: ask if all is well",
}


@get("/")
async def home(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    actor: Actor = request.user
    drafts = await session.scalars(
        readable_plans(actor).where(Plan.state.in_(TO_LOOK_AT)).order_by(Plan.number.desc())
    )
    plans = []
    for plan in drafts:
        counts = await figures.count_review(session, plan.id)
        plans.append(
            {
                "id": plan.id,
                "name": f"Plan {plan.number}",
                "created_at": plan.created_at,
                "looked_at": counts["looked_at"],
                "families": counts["families"],
            }
        )
    waiting = calls.open_calls(actor).with_only_columns(Call.id).order_by(None).subquery()
    return page(
        request,
        "practitioner/home.html",
        plans=plans,
        calls_waiting=await session.scalar(select(func.count()).select_from(waiting)),
        messages=await messages_switch(session, actor),
    )


@get("/calls")
async def list_calls(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    page_number: PageNumber = 1,
) -> Template:
    actor: Actor = request.user
    found = calls.open_calls(actor)
    ids = found.with_only_columns(Call.id).order_by(None).subquery()
    count = await session.scalar(select(func.count()).select_from(ids))
    paging = Paging(page_number, count or 0, "/practitioner/calls", {})
    about = contains_eager(Call.offer).joinedload(Offer.match)
    shown = await session.scalars(
        found.offset(paging.offset)
        .limit(paging.size)
        .options(
            about.joinedload(Match.need),
            about.joinedload(Match.intake).joinedload(Intake.service).joinedload(Service.provider),
        )
    )
    now = (await session.execute(select(func.now()))).scalar_one()
    return page(
        request,
        "practitioner/calls.html",
        calls=[_call_line(call, now) for call in shown],
        page=paging.as_context(),
        done_name=None,
    )


def _call_line(call: Call, now: Any) -> dict[str, Any]:
    contact = call.offer.family.contact
    # Only a number that is safe to ring now: another may be answered by somebody else.
    may_ring = (
        contact is not None
        and "phone" in contact.safe_channels
        and may_write_to(contact, today=now.date())
    )
    service = call.offer.match.intake.service
    need = words.need_text(call.offer.match.need.code)
    number = contact.phone if contact and may_ring else None
    call_by = add_working_days(call.asked_at.date(), CALL_WITHIN_WORKING_DAYS)
    return {
        "id": call.id,
        "name": contact.name if contact else call.offer.family.ref,
        "phone": words.local_phone(number)
        if number
        else "No number that is safe: see the named worker",
        "to_offer": f"{service.name}, {service.provider.name} ({need.lower()})",
        "phone_href": f"tel:{number.replace(' ', '')}" if number else "",
        "why": WHY_CALL[call.reason],
        "asked_at": call.asked_at,
        "call_by": call_by,
        "overdue": now.date() > call_by,
    }


@post("/calls/{call_id:str}/done")
async def finish_call(
    request: WebRequest, session: NamedDependency[AsyncSession], call_id: FromPath[str]
) -> Redirect:
    await calls.finish_call(session, parse_id(call_id), actor=request.user)
    return Redirect("/practitioner/calls", status_code=303)


@post("/messages/stop")
async def stop_messages(request: WebRequest, session: NamedDependency[AsyncSession]) -> Redirect:
    await controls.stop_messages(session, actor=request.user)
    return Redirect("/practitioner", status_code=303)


@post("/messages/start")
async def start_messages(request: WebRequest, session: NamedDependency[AsyncSession]) -> Redirect:
    await controls.start_messages(session, actor=request.user)
    return Redirect("/practitioner", status_code=303)


ROUTER = Router(
    "/practitioner",
    route_handlers=[
        home,
        list_calls,
        finish_call,
        stop_messages,
        start_messages,
        *review.HANDLERS,
    ],
    opt={"audience": "practitioner"},
)
