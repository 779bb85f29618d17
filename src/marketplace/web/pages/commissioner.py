"""Amina's pages: what there is, what comes next, and the switch that stops all messages."""

from typing import Any

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor, readable_plans
from marketplace.db.plans import Plan
from marketplace.services.figures import figures, mornings
from marketplace.services.needs import contacts, legal_basis
from marketplace.services.providers import joining
from marketplace.services.review import record
from marketplace.states import NeedState, PlanState
from marketplace.templating import plural, uk_month
from marketplace.web import words
from marketplace.web.pages import (
    colleagues,
    law,
    message_previews,
    messages_switch,
    need_list,
    need_uploads,
    plans,
    provider_control,
    stop_list,
    uploads,
)
from marketplace.web.rendering import WebRequest, page

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
        messages=await messages_switch.messages_switch(session, actor),
        stop_list=await stop_list.stop_list_state(session, actor),
        providers_late=len(await mornings.late_providers(session, actor=actor)),
        looks_flagged=[
            {
                "name": one.practitioner.name,
                "month": uk_month(one.month),
                "looked_at": one.looked_at,
            }
            for one in await record.flagged_months(session, actor=actor)
        ],
    )


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
    if await legal_basis.find_law(session, actor.commissioner_id) is None:
        text = "Write down the law you act under. Families may ask, and no need comes before it."
        return _action(text, "The law we act under", "/commissioner/law")
    missing = await contacts.families_without_contact(session, actor=actor)
    acted_on = (plan for plan in made if plan.kind != "what_if" and plan.state in OPEN_PLAN)
    open_plan = next(acted_on, None)
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


ROUTER = Router(
    "/commissioner",
    route_handlers=[
        home,
        *messages_switch.HANDLERS,
        *message_previews.HANDLERS,
        *law.HANDLERS,
        *need_list.HANDLERS,
        *need_uploads.HANDLERS,
        *stop_list.HANDLERS,
        *colleagues.HANDLERS,
        *uploads.HANDLERS,
        *plans.HANDLERS,
        *provider_control.HANDLERS,
    ],
    opt={"audience": "commissioner"},
)
