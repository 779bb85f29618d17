"""Amina's pages: what there is, what comes next, and the switch that stops all messages."""

from typing import Any

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from marketplace.access import Actor, readable_needs, readable_plans
from marketplace.db.families import Family, Need
from marketplace.db.plans import Plan
from marketplace.services import contacts, controls, figures, joining
from marketplace.states import NeedState, PlanState
from marketplace.templating import plural
from marketplace.web import words
from marketplace.web.pages import colleagues, message_previews, plans, provider_control, uploads
from marketplace.web.rendering import PageNumber, Paging, WebRequest, page

OPEN_PLAN = (PlanState.QUEUED, PlanState.SOLVING, PlanState.DRAFT, PlanState.REVIEWED)


@get("/")
async def home(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    actor: Actor = request.user
    by_state = await figures.count_needs_by_state(session, actor=actor)
    made = (await session.scalars(readable_plans(actor).order_by(Plan.number.desc()))).all()
    return page(
        request,
        "commissioner/home.html",
        next_action=await _next_action(session, actor, by_state, list(made)),
        needs_by_state=[
            {"text": text, "count_text": f"{by_state[state]:,}"}
            for state, text in words.NEED_STATES.items()
            if by_state.get(state)
        ],
        plans=[_plan_line(plan) for plan in made],
        requests_waiting=len(await joining.waiting_requests(session)),
        messages=await messages_switch(session, actor),
    )


async def messages_switch(session: AsyncSession, actor: Actor) -> dict[str, Any]:
    commissioner = await controls.get_commissioner(session, actor=actor)
    stopped_at = commissioner.messages_stopped_at
    by = await controls.who_stopped(session, commissioner) if stopped_at else ""
    return {"stopped": stopped_at is not None, "by": by, "at": stopped_at}


def _plan_line(plan: Plan) -> dict[str, Any]:
    result = plan.result or {}
    return {
        "id": plan.id,
        "name": f"Plan {plan.number}",
        "state": plan.state,
        "created_at": plan.created_at,
        "families": result.get("families", 0),
        "families_reached": result.get("families_reached"),
    }


async def _next_action(
    session: AsyncSession, actor: Actor, by_state: dict[str, int], made: list[Plan]
) -> dict[str, Any] | None:
    """The one thing to do now."""
    missing = await contacts.families_without_contact(session, actor=actor)
    open_plan = next((plan for plan in made if plan.state in OPEN_PLAN), None)
    if missing:
        lack = plural(len(missing), "approved family lacks", "approved families lack")
        text = f"{lack} contacts. Nobody can write to them until you send these."
        return _action(text, "Send contacts", "/commissioner/contacts/upload")
    if open_plan:
        href = f"/commissioner/plans/{open_plan.id}"
        text = await _say_open_plan(session, open_plan)
        return _action(text, f"See plan {open_plan.number}", href)
    if by_state.get(NeedState.PUBLISHED):
        text = f"{by_state[NeedState.PUBLISHED]:,} needs wait for a plan."
        return _action(text, "Make a plan", "/commissioner/plans", is_post=True)
    if not by_state:
        text = "Send the needs that you predict, without names."
        return _action(text, "Send needs", "/commissioner/needs/upload")
    return None


async def _say_open_plan(session: AsyncSession, plan: Plan) -> str:
    if plan.state in {PlanState.QUEUED, PlanState.SOLVING}:
        return f"Plan {plan.number} is being worked out."
    counts = await figures.count_review(session, plan.id)
    if counts["approvable"]:
        ready = plural(counts["approvable"], "family is", "families are")
        return f"{ready} ready for you to approve."
    looked_at, families = counts["looked_at"], counts["families"]
    return (
        f"Plan {plan.number} waits for the practitioner, who has looked at {looked_at:,} of "
        f"{families:,} families."
    )


def _action(text: str, button: str, href: str, *, is_post: bool = False) -> dict[str, Any]:
    return {"text": text, "button_text": button, "href": href, "post": is_post}


@get("/needs")
async def list_needs(
    request: WebRequest, session: NamedDependency[AsyncSession], page_number: PageNumber = 1
) -> Template:
    readable = readable_needs(request.user)
    count = await session.scalar(select(func.count()).select_from(readable.subquery()))
    paging = Paging(page_number, count or 0, "/commissioner/needs", {})
    found = await session.scalars(
        readable.options(contains_eager(Need.family))
        .order_by(Family.ref, Need.code)
        .offset(paging.offset)
        .limit(paging.size)
    )
    return page(
        request,
        "commissioner/needs.html",
        needs=[
            {
                "pseudonym": need.family.ref,
                "need_text": words.need_text(need.code),
                "level": need.level,
                "area": need.family.outward or "No fixed abode",
                "source_text": words.source_text(need.source),
                "state_text": words.NEED_STATES[need.state],
                "valid_until": need.valid_until,
            }
            for need in found
        ],
        page=paging.as_context(),
    )


@post("/messages/stop")
async def stop_messages(request: WebRequest, session: NamedDependency[AsyncSession]) -> Redirect:
    await controls.stop_messages(session, actor=request.user)
    return Redirect("/commissioner", status_code=303)


@post("/messages/start")
async def start_messages(request: WebRequest, session: NamedDependency[AsyncSession]) -> Redirect:
    await controls.start_messages(session, actor=request.user)
    return Redirect("/commissioner", status_code=303)


ROUTER = Router(
    "/commissioner",
    route_handlers=[
        home,
        list_needs,
        stop_messages,
        start_messages,
        *message_previews.HANDLERS,
        *colleagues.HANDLERS,
        *uploads.HANDLERS,
        *plans.HANDLERS,
        *provider_control.HANDLERS,
    ],
    opt={"audience": "commissioner"},
)
