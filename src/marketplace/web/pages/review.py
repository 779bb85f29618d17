"""The long list, for a desk: twenty-five families a page; the queue shows one at a time."""

import uuid
from collections.abc import Mapping, Sequence
from math import ceil

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from marketplace.access import Actor
from marketplace.db.families import Need
from marketplace.db.plans import Match, Plan
from marketplace.errors import MarketplaceError
from marketplace.reasons import reasons_of
from marketplace.services.figures import figures
from marketplace.services.plans import plans
from marketplace.services.review import reviews
from marketplace.states import MatchState
from marketplace.web.forms import parse_id
from marketplace.web.pages.review_form import read_decisions
from marketplace.web.pages.review_views import family_view, supports_of, unmet_of
from marketplace.web.rendering import PAGE_SIZE, PageNumber, Paging, WebRequest, page


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
    decisions, faults = read_decisions(form, matches)
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


async def _matches_of(
    session: AsyncSession, plan: Plan, match_ids: Sequence[uuid.UUID]
) -> Sequence[Match]:
    found = await session.scalars(
        select(Match)
        .where(Match.plan_id == plan.id, Match.id.in_(match_ids))
        .order_by(Match.id)
        .options(joinedload(Match.need), joinedload(Match.family))
    )
    return found.all()


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
    unmet = await unmet_of(session, [plan.id], {match.family_id for match in matches})
    supports = await supports_of(session, matches)
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
            family_view(group, unmet.get(group[0].family_id, []), supports, form, today)
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


def _by_family(matches: Sequence[Match]) -> list[list[Match]]:
    groups: dict[uuid.UUID, list[Match]] = {}
    for match in matches:
        groups.setdefault(match.family_id, []).append(match)
    return list(groups.values())


HANDLERS = [show_review, save_review]
