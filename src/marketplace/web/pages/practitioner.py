"""Priya's pages: who waits for her, and the switch that stops everything."""

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.offers import Call
from marketplace.db.plans import Plan
from marketplace.services.figures import figures
from marketplace.services.review import calls, concerns, looks
from marketplace.web.pages import (
    call_list,
    concern_list,
    messages_switch,
    queue,
    record,
    review,
)
from marketplace.web.rendering import WebRequest, page


@get("/")
async def home(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    actor: Actor = request.user
    drafts = await session.scalars(looks.open_plans(actor).order_by(Plan.number.desc()))
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
    open_calls = calls.open_calls(actor).with_only_columns(Call.asked_at).order_by(None)
    asked = (await session.scalars(open_calls)).all()
    today = (await session.execute(select(func.current_date()))).scalar_one()
    return page(
        request,
        "practitioner/home.html",
        concerns=len(await concerns.list_concerns(session, actor=actor)),
        waiting=await looks.count_waiting(session, actor=actor),
        plans=plans,
        calls_waiting=len(asked),
        calls_late=sum(calls.due_on(asked_at) < today for asked_at in asked),
        messages=await messages_switch.messages_switch(session, actor),
    )


ROUTER = Router(
    "/practitioner",
    route_handlers=[
        home,
        *queue.HANDLERS,
        *review.HANDLERS,
        *call_list.HANDLERS,
        *concern_list.HANDLERS,
        *record.HANDLERS,
        *messages_switch.HANDLERS,
    ],
    opt={"audience": "practitioner"},
)
