"""What if? One change to a plan, worked out and set beside it; and what one more place would do."""

import uuid
from typing import Any

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.spreadsheets import cells
from marketplace.db.plans import Plan
from marketplace.errors import BadFormError, NotReadyError
from marketplace.services.plans import funds, plans
from marketplace.templating import plural, pounds
from marketplace.web import forms, service_words
from marketplace.web.form_reader import FormReader
from marketplace.web.forms import parse_id
from marketplace.web.pages.plan_form import fund_choices
from marketplace.web.rendering import WebRequest, as_errors, page

KINDS = {
    "places": "More places at a service",
    "opening": "Open a group",
    "budget": "More money in a fund",
    "worth_it": "Help only where it saves more than it costs",
}
FIELDS = ("kind", "intake_id", "more", "group_id", "fund_id", "more_pence")
MOST_MORE = 1_000


@get("/plans/{plan_id:str}/buying")
async def show_buying(
    request: WebRequest, session: NamedDependency[AsyncSession], plan_id: FromPath[str]
) -> Template:
    plan = await plans.get_plan(session, parse_id(plan_id), actor=request.user)
    return page(
        request,
        "commissioner/buying.html",
        plan={"id": plan.id, "name": f"Plan {plan.number}"},
        offers=[_buying_view(one) for one in _buying(plan)],
    )


@get("/plans/{plan_id:str}/what-if")
async def show_what_if(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    plan_id: FromPath[str],
    kind: FromQuery[str] = "",
    intake: FromQuery[str] = "",
) -> Template:
    plan = await plans.get_plan(session, parse_id(plan_id), actor=request.user)
    typed = FormMultiDict({"kind": kind, "intake_id": intake, "group_id": intake, "more": "1"})
    return await _form(request, session, plan, typed)


@post("/plans/{plan_id:str}/what-if")
async def ask_what_if(
    request: WebRequest, session: NamedDependency[AsyncSession], plan_id: FromPath[str]
) -> Redirect | Template:
    plan = await plans.get_plan(session, parse_id(plan_id), actor=request.user)
    form = await request.form()
    try:
        options = {"base_plan_id": str(plan.id), **_read(form)}
        asked = await plans.request_plan(
            session, actor=request.user, kind="what_if", options=options
        )
    except BadFormError as error:
        return await _form(request, session, plan, form, faults=error.faults)
    except NotReadyError as error:
        return await _form(request, session, plan, form, faults={"kind": str(error)}, status=409)
    return Redirect(f"/commissioner/plans/{asked.id}/compare", status_code=303)


def _read(form: FormMultiDict) -> dict[str, Any]:
    reader = FormReader(form)
    kind = reader.choice("kind", KINDS, missing="Choose what you would like to try")
    change: dict[str, Any] = {"kind": kind}
    if kind == "places":
        change["intake_id"] = _id(reader, "intake_id", "Choose a service")
        change["more"] = reader.required(
            "more",
            cells.whole_number(low=1, high=MOST_MORE),
            wrong="Give how many places more, as a whole number",
            or_else=0,
        )
    elif kind == "opening":
        change["intake_id"] = _id(reader, "group_id", "Choose a group")
    elif kind == "budget":
        change["fund_id"] = _id(reader, "fund_id", "Choose a fund")
        change["more_pence"] = reader.required(
            "more_pence", cells.pence, wrong="Give pounds, like 10,000", or_else=0
        )
    reader.finish()
    return {"mode": "worth_it"} if kind == "worth_it" else {"changes": [change]}


def _id(reader: FormReader, field: str, missing: str) -> str:
    return str(reader.required(field, _uuid, wrong=missing, or_else=uuid.UUID(int=0)))


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise cells.CellFault(text) from error


async def _form(
    request: WebRequest,
    session: AsyncSession,
    plan: Plan,
    form: FormMultiDict,
    *,
    faults: dict[str, str] | None = None,
    status: int = 422,
) -> Template:
    found = faults or {}
    buying = _buying(plan)
    return page(
        request,
        "commissioner/what_if.html",
        status=status if found else 200,
        errors=as_errors(found, order=FIELDS),
        plan={"id": plan.id, "name": f"Plan {plan.number}"},
        typed={field: forms.text(form, field) for field in FIELDS},
        kinds=service_words.choices(KINDS),
        places=[_choice(one) for one in buying if one["kind"] == "place"],
        groups=[_choice(one) for one in buying if one["kind"] == "group"],
        funds=[
            {"value": one["code"], "text": one["text"]}
            for one in fund_choices(await funds.fund_lines(session, actor=request.user))
        ],
    )


def _buying(plan: Plan) -> list[dict[str, Any]]:
    return list((plan.result or {}).get("buying", ()))


def _choice(one: dict[str, Any]) -> dict[str, str]:
    return {"value": one["intake_id"], "text": f"{one['service']}, {one['provider']}"}


def _buying_view(one: dict[str, Any]) -> dict[str, Any]:
    kind = "places" if one["kind"] == "place" else "opening"
    return {
        "service_text": f"{one['service']}, {one['provider']}",
        "area": one["area"] or "No fixed place",
        "what": _what(one),
        "saving_text": pounds(round(one["saving_pence"], -2)),
        "exact": one["exact"],
        "query": {"kind": kind, "intake": one["intake_id"]},
        # More members than there are is nothing that money can try.
        "can_try": one.get("lacks") != "members",
    }


def _what(one: dict[str, Any]) -> str:
    families = plural(one["families"], "family", "families")
    if one["kind"] == "place":
        reach = " and reaches one more family" if one["families"] else ""
        return f"One more place serves needs better{reach}."
    if one["lacks"] == "opening":
        return f"{pounds(one['opening_pence'])} opens this group for {families}."
    missing = plural(one["missing"], "family", "families")
    return f"{missing} more, and this group can open for {families}."


HANDLERS = [show_buying, show_what_if, ask_what_if]
