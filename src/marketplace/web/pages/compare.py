"""Two plans side by side, to print: what changes, and for how many."""

from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import readable_plans
from marketplace.db.plans import Plan
from marketplace.errors import NotReadyError
from marketplace.services.plans import comparing, plan_changes, plans
from marketplace.services.plans.comparing import Comparison
from marketplace.services.plans.pair_rules import cost_of_rule
from marketplace.services.plans.plan_changes import Change, Saved
from marketplace.states import PlanState
from marketplace.templating import plural, pounds
from marketplace.web import words
from marketplace.web.forms import parse_id
from marketplace.web.pages.plans import say_progress
from marketplace.web.rendering import WebRequest, page

RUNNING = (PlanState.QUEUED, PlanState.SOLVING)
MOST_OTHERS = 50


@get("/plans/{plan_id:str}/compare")
async def show_comparison(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    plan_id: FromPath[str],
    other: FromQuery[str] = "",
) -> Template:
    second = await plans.get_plan(session, parse_id(plan_id), actor=request.user)
    base = other or second.options.get("base_plan_id", "")
    first = await plans.get_plan(session, parse_id(base), actor=request.user) if base else None
    return page(
        request,
        "commissioner/compare.html",
        plan=_plan_view(second),
        others=await _others(session, request, second),
        other=str(first.id) if first else "",
        progress_text=say_progress(second) if second.state in RUNNING else None,
        failure_text=second.failure if second.state == PlanState.FAILED else None,
        compared=await _compared(session, request, first, second) if first else None,
    )


def _plan_view(plan: Plan) -> dict[str, Any]:
    name = f"What-if {plan.number}" if plan.kind == "what_if" else f"Plan {plan.number}"
    base = plan.options.get("base_plan_id") if plan.kind == "what_if" else plan.id
    return {"id": plan.id, "name": name, "base_id": base, "is_what_if": plan.kind == "what_if"}


async def _others(session: AsyncSession, request: WebRequest, plan: Plan) -> list[dict[str, str]]:
    found = await session.scalars(
        readable_plans(request.user)
        .where(Plan.id != plan.id, Plan.result.is_not(None))
        .order_by(Plan.number.desc())
        .limit(MOST_OTHERS)
    )
    return [{"value": str(one.id), "text": _plan_view(one)["name"]} for one in found]


async def _compared(
    session: AsyncSession, request: WebRequest, first: Plan, second: Plan
) -> dict[str, Any] | None:
    """None while one of them is not worked out."""
    try:
        found = await comparing.compare_plans(session, first.id, second.id, actor=request.user)
    except NotReadyError:
        return None
    names = _plan_view(first)["name"], _plan_view(second)["name"]
    saved = [await plan_changes.saved_by(session, plan) for plan in (first, second)]
    by_need = await plan_changes.changes_by_need(session, first, second)
    by_service = await plan_changes.changes_by_service(session, first, second)
    return {
        "totals": _table("Families and money", "", names, _totals(found, saved[0], saved[1])),
        "families": _say_families(found),
        "needs": _table("Families by need", "Need", names, _counted(by_need, of_needs=True)),
        "services": _table(
            "Families by service", "Service", names, _counted(by_service, of_needs=False)
        ),
        "rule_text": _say_rule(second),
        "is_proved": found.first.is_proved and found.second.is_proved,
    }


def _totals(found: Comparison, first: Saved, second: Saved) -> list[tuple[str, int, int, bool]]:
    one, two = found.first, found.second
    return [
        ("Families reached", one.families_reached, two.families_reached, False),
        ("Needs met", one.needs_met, two.needs_met, False),
        ("Cash spent", one.cash_pence, two.cash_pence, True),
        ("Of it to open groups", one.opening_pence, two.opening_pence, True),
        ("Cash back within a year", first.cashable_pence, second.cashable_pence, True),
        ("Staff time and places freed", first.capacity_pence, second.capacity_pence, True),
        ("Saved by your published values", one.saving_pence, two.saving_pence, True),
    ]


def _counted(changes: list[Change], *, of_needs: bool) -> list[tuple[str, int, int, bool]]:
    return [
        (words.need_text(one.name) if of_needs else one.name, one.before, one.after, False)
        for one in changes
    ]


def _table(
    caption: str, first_column: str, names: tuple[str, str], rows: list[tuple[str, int, int, bool]]
) -> dict[str, Any]:
    return {
        "caption": caption,
        "columns": [first_column or "What", *names, "Change"],
        "rows": [
            {
                "name": name,
                "href": None,
                "cells": [_say(before, money), _say(after, money), _change(after - before, money)],
            }
            for name, before, after, money in rows
        ],
    }


def _say(amount: int, money: bool) -> str:  # noqa: FBT001 - told with every amount
    return pounds(round(amount, -2)) if money else f"{amount:,}"


def _change(amount: int, money: bool) -> str:  # noqa: FBT001 - as above
    sign = "+" if amount > 0 else ""
    return "none" if amount == 0 else f"{sign}{_say(amount, money)}"


def _say_families(found: Comparison) -> list[str]:
    """Over the needs that both looked at."""
    told = [
        (found.gained, "gets help and had none", "get help and had none"),
        (found.lost, "would have help no more", "would have help no more"),
        (found.moved, "gets other help", "get other help"),
        (found.same, "has the same as before", "have the same as before"),
    ]
    return [
        f"{plural(count, 'family', 'families')} {one if count == 1 else many}"
        for count, one, many in told
        if count
    ]


def _say_rule(what_if: Plan) -> str | None:
    cost = cost_of_rule(what_if) if what_if.kind == "what_if" else None
    if cost is None:
        return None
    if not cost.is_kept:
        return "It cannot be done: the place does not suit, is full, or no fund may pay for it."
    fewer = f" and {plural(cost.families_fewer, 'family', 'families')} fewer get help"
    about = "" if cost.is_exact else "about "
    extra = f"{about}{pounds(round(cost.extra_pence, -2))} more"
    return f"Deciding it so costs {extra}{fewer if cost.families_fewer > 0 else ''}."


HANDLERS = [show_comparison]
