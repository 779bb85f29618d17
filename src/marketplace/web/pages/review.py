"""Twenty-five families a page: why asked, what is proposed and why, and the practitioner's word."""

import uuid
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from directory.models import Intake, Service
from directory.taxonomy import load_taxonomy
from marketplace.access import Actor
from marketplace.db.families import Family, Need
from marketplace.db.plans import Match, Plan, UnmetNeed
from marketplace.errors import MarketplaceError
from marketplace.reasons import reasons_of
from marketplace.services import figures, plans, reviews
from marketplace.states import MatchState
from marketplace.templating import pounds
from marketplace.web import forms, reasons_in_words, words
from marketplace.web.forms import parse_id
from marketplace.web.rendering import PAGE_SIZE, PageNumber, Paging, WebRequest, page

DECISION_OF = {MatchState.SET_ASIDE: "set_aside", MatchState.PROPOSED: ""}


@get("/plans/{plan_id:str}/review")
async def show_review(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    plan_id: FromPath[str],
    saved: FromQuery[int] = -1,
    page_number: PageNumber = 0,
) -> Template:
    plan = await plans.get_plan(session, parse_id(plan_id), actor=request.user)
    wanted = page_number or await _first_page_left(session, plan)
    return await _show(request, session, plan, wanted, saved=saved if saved >= 0 else None)


@post("/plans/{plan_id:str}/review")
async def save_review(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    plan_id: FromPath[str],
    page_number: PageNumber = 1,
) -> Redirect | Template:
    actor: Actor = request.user
    plan = await plans.get_plan(session, parse_id(plan_id), actor=actor)
    form = await request.form()
    matches = await _matches_of(session, plan, _match_ids(form))
    # Checked before anything is saved: a page is saved whole or not at all.
    decisions, faults = _read_decisions(form, matches)
    if not faults:
        faults = await _decide(session, decisions, actor=actor)
    if faults:
        return await _show(request, session, plan, page_number, form=form, faults=faults)
    await reviews.finish_review(session, plan.id, actor=actor)
    families = {match.family_id for match in matches if match.id in decisions}
    here = f"/practitioner/plans/{plan.id}/review?page={page_number}&saved={len(families)}"
    return Redirect(here, status_code=303)


async def _decide(
    session: AsyncSession, decisions: Mapping[uuid.UUID, reviews.Decision], *, actor: Actor
) -> list[dict[str, str]]:
    """Save each decision; the first that cannot be taken takes back all of them."""
    try:
        async with session.begin_nested():
            for match_id, decision in decisions.items():
                current = match_id
                await reviews.decide_match(session, match_id, decision, actor=actor)
    except MarketplaceError as error:
        return [{"field": f"decision-{current}", "text": str(error)}]
    return []


def _match_ids(form: FormMultiDict) -> list[uuid.UUID]:
    return [
        parse_id(name.removeprefix("decision-")) for name in form if name.startswith("decision-")
    ]


def _read_decisions(
    form: FormMultiDict, matches: Sequence[Match]
) -> tuple[dict[uuid.UUID, reviews.Decision], list[dict[str, str]]]:
    codes = {reason.code for reason in reasons_of("practitioner")}
    decisions, faults = {}, []
    for match in matches:
        verdict = forms.text(form, f"decision-{match.id}")
        code, choice = forms.text(form, f"code-{match.id}"), forms.text(form, f"choice-{match.id}")
        if _stands_already(match, verdict):
            continue
        offered = {one["intake_id"] for one in match.choices["next_best"]}
        if verdict == "set_aside" and code not in codes:
            faults.append({"field": f"code-{match.id}", "text": "Say why you set it aside"})
        elif verdict == "choose" and choice not in offered:
            faults.append({"field": f"choice-{match.id}", "text": "Choose one of the list"})
        elif verdict in {"agree", "set_aside", "choose"}:
            chosen = uuid.UUID(choice) if verdict == "choose" else None
            decisions[match.id] = reviews.Decision(verdict=verdict, code=code, intake_id=chosen)
    return decisions, faults


def _stands_already(match: Match, verdict: str) -> bool:
    """What the page filled in by itself is no decision, and must not stop the others."""
    if verdict == "agree":
        return match.state == MatchState.AGREED or match.approved_at is not None
    return verdict == "set_aside" and match.state == MatchState.SET_ASIDE


async def _matches_of(
    session: AsyncSession, plan: Plan, match_ids: Sequence[uuid.UUID]
) -> Sequence[Match]:
    found = select(Match).where(Match.plan_id == plan.id, Match.id.in_(match_ids))
    return (await session.scalars(found.order_by(Match.id))).all()


async def _show(
    request: WebRequest,
    session: AsyncSession,
    plan: Plan,
    page_number: int,
    *,
    saved: int | None = None,
    form: FormMultiDict | None = None,
    faults: Sequence[Mapping[str, str]] = (),
) -> Template:
    counts = await figures.count_review(session, plan.id)
    paging = Paging(page_number, counts["families"], str(request.url.path), {})
    matches = await _page_of_matches(session, plan, paging)
    unmet = await _unmet_of(session, plan, {match.family_id for match in matches})
    supports = await _supports(session, matches)
    today = (await session.execute(select(func.current_date()))).scalar_one()
    return page(
        request,
        "practitioner/review.html",
        status=422 if faults else 200,
        errors=faults,
        plan={
            "id": plan.id,
            "name": f"Plan {plan.number}",
            "looked_at": counts["looked_at"],
            "families": counts["families"],
        },
        page=paging.as_context(),
        families=[
            _family_view(group, unmet.get(group[0].family_id, []), supports, form, today)
            for group in _by_family(matches)
        ],
        set_aside_codes=[
            {"code": reason.code, "text": reason.label} for reason in reasons_of("practitioner")
        ],
        saved=saved,
    )


MOST_AT_STAKE_FIRST = (func.max(Match.stake_pence).desc(), Match.family_id)


async def _first_page_left(session: AsyncSession, plan: Plan) -> int:
    """The page of the first family that nobody has looked at; the first page if there is none."""
    families = (
        select(
            func.row_number().over(order_by=MOST_AT_STAKE_FIRST).label("place"),
            func.bool_or(Match.state == MatchState.PROPOSED).label("is_left"),
        )
        .where(Match.plan_id == plan.id)
        .group_by(Match.family_id)
        .subquery()
    )
    first = await session.scalar(select(func.min(families.c.place)).where(families.c.is_left))
    return ceil((first or 1) / PAGE_SIZE)


async def _page_of_matches(session: AsyncSession, plan: Plan, paging: Paging) -> Sequence[Match]:
    """The families in which most is at stake come first."""
    on_page = (
        select(Match.family_id, func.max(Match.stake_pence).label("stake"))
        .where(Match.plan_id == plan.id)
        .group_by(Match.family_id)
        .order_by(*MOST_AT_STAKE_FIRST)
        .offset(paging.offset)
        .limit(paging.size)
        .subquery()
    )
    found = await session.scalars(
        select(Match)
        .join(on_page, on_page.c.family_id == Match.family_id)
        .join(Match.family)
        .where(Match.plan_id == plan.id)
        .order_by(on_page.c.stake.desc(), Match.family_id, Match.stake_pence.desc(), Match.id)
        .options(
            contains_eager(Match.family), joinedload(Match.need).joinedload(Need.wished_service)
        )
    )
    return found.all()


async def _unmet_of(
    session: AsyncSession, plan: Plan, family_ids: set[uuid.UUID]
) -> dict[uuid.UUID, list[UnmetNeed]]:
    found = await session.scalars(
        select(UnmetNeed)
        .join(UnmetNeed.need)
        .where(UnmetNeed.plan_id == plan.id, Need.family_id.in_(family_ids))
        .options(contains_eager(UnmetNeed.need))
    )
    unmet: dict[uuid.UUID, list[UnmetNeed]] = {}
    for one in found:
        unmet.setdefault(one.need.family_id, []).append(one)
    return unmet


async def _supports(session: AsyncSession, matches: Sequence[Match]) -> dict[uuid.UUID, Intake]:
    """Every intake that is proposed or could be chosen on this page."""
    ids = {match.intake_id for match in matches}
    ids |= {uuid.UUID(one["intake_id"]) for match in matches for one in match.choices["next_best"]}
    found = await session.scalars(
        select(Intake)
        .where(Intake.id.in_(ids))
        .options(joinedload(Intake.service).joinedload(Service.provider))
    )
    return {intake.id: intake for intake in found}


def _by_family(matches: Sequence[Match]) -> list[list[Match]]:
    groups: dict[uuid.UUID, list[Match]] = {}
    for match in matches:
        groups.setdefault(match.family_id, []).append(match)
    return list(groups.values())


def _family_view(
    matches: list[Match],
    unmet: list[UnmetNeed],
    supports: Mapping[uuid.UUID, Intake],
    form: FormMultiDict | None,
    today: Any,
) -> dict[str, Any]:
    family: Family = matches[0].family
    needs = [match.need for match in matches]
    reasons = dict.fromkeys(code for need in needs for code in need.reasons)
    return {
        "id": family.id,
        "pseudonym": family.ref,
        "area": family.outward or "No fixed abode",
        "ages_text": words.ages_text(family.children_born, today),
        "source_text": ", ".join(dict.fromkeys(words.source_text(need.source) for need in needs)),
        "asked_themselves": any(need.asked_on for need in needs),
        "reasons": [words.reason_text(code) for code in reasons],
        "looked_at": all(match.state != MatchState.PROPOSED for match in matches),
        "needs": [
            *(_match_view(match, supports, form) for match in matches),
            *(_unmet_view(one) for one in unmet),
        ],
    }


def _match_view(
    match: Match, supports: Mapping[uuid.UUID, Intake], form: FormMultiDict | None
) -> dict[str, Any]:
    service = supports[match.intake_id].service
    saved = DECISION_OF.get(MatchState(match.state), "agree")

    def typed(field: str, otherwise: str) -> str:
        return forms.text(form, f"{field}-{match.id}") if form is not None else otherwise

    return {
        "match_id": match.id,
        "need_text": words.need_text(match.need.code),
        "level": match.need.level,
        "service_name": service.name,
        "provider_name": service.provider.name,
        "distance_text": words.distance_band(match.travel_metres).lower(),
        "why": reasons_in_words.why_match(match),
        "wished": match.need.wished_service.name if match.need.wished_service else None,
        "sensitive": load_taxonomy()[match.need.code].sensitive,
        "alternatives": [
            {"id": one["intake_id"], "text": _choice_text(one, supports)}
            for one in match.choices["next_best"]
        ],
        "decision": typed("decision", saved),
        "code": typed("code", ""),
        "choice": typed("choice", ""),
    }


def _choice_text(choice: Mapping[str, Any], supports: Mapping[uuid.UUID, Intake]) -> str:
    service = supports[uuid.UUID(choice["intake_id"])].service
    distance = words.distance_band(choice["travel_metres"]).lower()
    extra = (
        f", {pounds(choice['extra_pence'])} dearer for the plan" if choice["extra_pence"] else ""
    )
    return f"{service.name}, {service.provider.name}, {distance}{extra}"


def _unmet_view(one: UnmetNeed) -> dict[str, Any]:
    return {
        "match_id": None,
        "need_text": words.need_text(one.need.code),
        "level": one.need.level,
        "why": reasons_in_words.why_unmet(one.reason, one.detail),
        "sensitive": load_taxonomy()[one.need.code].sensitive,
    }


HANDLERS = [show_review, save_review]
