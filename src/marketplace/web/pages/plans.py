"""A plan from the button to the approval, with why for every match and every unmet need."""

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from directory.models import Intake, Service
from marketplace.access import Actor
from marketplace.db.families import Family, Need
from marketplace.db.plans import Match, Plan, UnmetNeed
from marketplace.errors import NotReadyError
from marketplace.services.figures import figures
from marketplace.services.figures.figures import Money
from marketplace.services.matches import waves
from marketplace.services.plans import plans
from marketplace.states import LIVE_MATCH, MatchState
from marketplace.web import reasons_in_words, words
from marketplace.web.forms import parse_id
from marketplace.web.rendering import PageNumber, Paging, WebRequest, as_errors, page

COUNTS = LIVE_MATCH | {MatchState.COMPLETED, MatchState.ENDED_EARLY}


@post("/plans")
async def make_plan(request: WebRequest, session: NamedDependency[AsyncSession]) -> Redirect:
    plan = await plans.request_plan(session, actor=request.user)
    return Redirect(f"/commissioner/plans/{plan.id}", status_code=303)


@get("/plans/{plan_id:str}")
async def show_plan(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    plan_id: FromPath[str],
    approved: FromQuery[int] = 0,
) -> Template | Redirect:
    plan = await plans.get_plan(session, parse_id(plan_id), actor=request.user)
    if plan.kind == "what_if":
        # There is nobody to look at in it: it is only ever set beside its plan.
        return Redirect(f"/commissioner/plans/{plan.id}/compare", status_code=303)
    return await _show_plan(request, session, plan, just_approved=approved or None)


@post("/plans/{plan_id:str}/approve")
async def approve_plan(
    request: WebRequest, session: NamedDependency[AsyncSession], plan_id: FromPath[str]
) -> Redirect | Template:
    actor: Actor = request.user
    plan = await plans.get_plan(session, parse_id(plan_id), actor=actor)
    try:
        count = await plans.approve_plan(session, plan.id, actor=actor)
    except NotReadyError as error:
        return await _show_plan(request, session, plan, faults={"approve": str(error)})
    return Redirect(f"/commissioner/plans/{plan.id}?approved={count}", status_code=303)


@post("/plans/{plan_id:str}/discard")
async def discard_plan(
    request: WebRequest, session: NamedDependency[AsyncSession], plan_id: FromPath[str]
) -> Redirect:
    await plans.discard_plan(session, parse_id(plan_id), actor=request.user)
    return Redirect("/commissioner", status_code=303)


async def _show_plan(
    request: WebRequest,
    session: AsyncSession,
    plan: Plan,
    *,
    just_approved: int | None = None,
    faults: dict[str, str] | None = None,
) -> Template:
    counts = await figures.count_review(session, plan.id)
    view: dict[str, Any] = {
        "id": plan.id,
        "name": f"Plan {plan.number}",
        "state": plan.state,
        "created_at": plan.created_at,
        "progress_text": say_progress(plan),
        "failure_text": plan.failure or "",
        "figures": None,
        "money": None,
        "proof": None,
        "reviewed_families": counts["looked_at"],
        "families": counts["families"],
        "approvable_families": counts["approvable"],
        "approved_families": counts["approved"],
        "waiting_families": await waves.count_waiting(session, plan.commissioner_id),
    }
    if plan.result:
        view |= await _solved(session, plan)
    return page(
        request,
        "commissioner/plan.html",
        status=409 if faults else 200,
        errors=as_errors(faults or {}),
        plan=view,
        just_approved=just_approved,
    )


def say_progress(plan: Plan) -> str:
    if plan.state == "queued" or not plan.progress:
        return "Waiting for its turn." if plan.state == "queued" else "Planning now."
    told = plan.progress
    return f"Step {told['done'] + 1} of {told['of']}: {words.PLAN_STAGES[told['stage']]}."


async def _solved(session: AsyncSession, plan: Plan) -> dict[str, Any]:
    result = plan.result or {}
    unmet = await figures.count_unmet(session, plan.id)
    # Whatever ended without help counts for nothing, by whose word is nobody's to work out.
    stands = (Match.plan_id == plan.id) & Match.state.in_(COUNTS)
    money = await figures.reckon_money(session, stands, commissioner_id=plan.commissioner_id)
    return {
        "figures": {
            "needs": result["needs"],
            "planned": result["needs"] - sum(unmet.values()),
            "unmet": sum(unmet.values()),
            "families": result["families"],
            "families_reached": result["families_reached"],
            "unmet_reasons": [
                {"text": words.UNMET[reason].rstrip("."), "count_text": f"{count:,}"}
                for reason, count in unmet.items()
            ],
        },
        "money": money_view(money),
        "proof": {
            "proved": result["objective"] == result["bound"],
            "text": _say_proof(result),
        },
    }


def _say_proof(result: dict[str, Any]) -> str:
    pairs = f"all {result['pairs']:,} suitable pairs"
    if result["objective"] == result["bound"]:
        return (
            f"No other plan reaches more families or costs less: checked against {pairs}, "
            "to the penny."
        )
    share = result["gap_pence"] / max(1, abs(result["objective"]))
    return (
        f"The time for the search was up. Over {pairs} no plan can be better by more than "
        f"{share:.1%} of all that is weighed."
    )


def money_view(money: Money) -> dict[str, Any]:
    measured = "measured" if money.acceptance_is_measured else "assumed, not yet measured"
    return {
        "cash_spent_pence": money.cash_spent_pence,
        "cashable_pence": money.cashable_pence,
        "cashable_by": [
            {"budget": words.BUDGETS.get(line["budget"], "Not said"), "pence": line["pence"]}
            for line in money.cashable_by
        ],
        "capacity_pence": money.capacity_pence,
        "acceptance_text": f"It is reckoned as if {money.acceptance:.0%} say yes ({measured}).",
    }


@get("/plans/{plan_id:str}/matches")
async def show_matches(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    plan_id: FromPath[str],
    family: FromQuery[str] = "",
    page_number: PageNumber = 1,
) -> Template:
    plan = await plans.get_plan(session, parse_id(plan_id), actor=request.user)
    chosen = select(Match.id).join(Match.family).where(Match.plan_id == plan.id)
    if family.strip():
        chosen = chosen.where(func.upper(Family.ref) == family.strip().upper())
    count = await session.scalar(select(func.count()).select_from(chosen.subquery()))
    paging = Paging(page_number, count or 0, str(request.url.path), {"family": family})
    by_family = (Family.ref, Match.id)
    # Their names first: all of what a plan says of thousands would be sorted for twenty-five.
    shown = chosen.order_by(*by_family).offset(paging.offset).limit(paging.size).subquery()
    matches = await session.scalars(
        select(Match)
        .join(shown, shown.c.id == Match.id)
        .join(Match.family)
        .options(
            contains_eager(Match.family),
            joinedload(Match.need),
            joinedload(Match.intake).joinedload(Intake.service).joinedload(Service.provider),
        )
        .order_by(*by_family)
    )
    return page(
        request,
        "commissioner/plan_matches.html",
        plan={"id": plan.id, "name": f"Plan {plan.number}"},
        matches=[_match_line(match) for match in matches],
        page=paging.as_context(),
        search=family,
    )


def _match_line(match: Match) -> dict[str, Any]:
    service = match.intake.service
    return {
        "family_id": match.family_id,
        "pseudonym": match.family.ref,
        "need_text": words.need_text(match.need.code),
        "level": match.need.level,
        "source_text": words.source_text(match.need.source),
        "service_name": service.name,
        "provider_name": service.provider.name,
        "cost_pence": match.price_pence,
        "why": reasons_in_words.why_match(match),
        "state_text": words.MATCH_STATES[match.state],
    }


@get("/plans/{plan_id:str}/unmet")
async def show_unmet(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    plan_id: FromPath[str],
    family: FromQuery[str] = "",
    why: FromQuery[str] = "",
    page_number: PageNumber = 1,
) -> Template:
    plan = await plans.get_plan(session, parse_id(plan_id), actor=request.user)
    by_reason = await figures.count_unmet(session, plan.id)
    chosen = (
        select(UnmetNeed).join(UnmetNeed.need).join(Need.family).where(UnmetNeed.plan_id == plan.id)
    )
    if family.strip():
        chosen = chosen.where(func.upper(Family.ref) == family.strip().upper())
    if why:
        chosen = chosen.where(UnmetNeed.reason == why)
    count = by_reason.get(why, 0) if why else sum(by_reason.values())
    if family.strip():
        count = await session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    given = {"family": family, "why": why}
    paging = Paging(page_number, count, str(request.url.path), given)
    in_order = (Family.ref, Need.code)
    page_of = chosen.with_only_columns(UnmetNeed.need_id).order_by(*in_order)
    shown = page_of.offset(paging.offset).limit(paging.size).subquery()
    unmet = await session.scalars(
        select(UnmetNeed)
        .join(shown, shown.c.need_id == UnmetNeed.need_id)
        .join(UnmetNeed.need)
        .join(Need.family)
        .where(UnmetNeed.plan_id == plan.id)
        .options(contains_eager(UnmetNeed.need).contains_eager(Need.family))
        .order_by(*in_order)
    )
    return page(
        request,
        "commissioner/plan_unmet.html",
        plan={"id": plan.id, "name": f"Plan {plan.number}"},
        needs=[
            {
                "pseudonym": one.need.family.ref,
                "need_text": words.need_text(one.need.code),
                "level": one.need.level,
                "why": reasons_in_words.why_unmet(one.reason, one.detail),
                "what_would_help": reasons_in_words.what_would_help(one.reason, one.detail),
            }
            for one in unmet
        ],
        reasons=[
            {"code": reason, "text": words.UNMET[reason].rstrip("."), "count": number}
            for reason, number in by_reason.items()
        ],
        why=why,
        page=paging.as_context(),
        search=family,
    )


HANDLERS = [make_plan, show_plan, approve_plan, discard_plan, show_matches, show_unmet]
