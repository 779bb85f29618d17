"""Plans: asked for, looked at, approved as far as a practitioner agreed."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import readable_plans
from marketplace.db.plans import Match, Plan
from marketplace.services.figures import figures
from marketplace.services.figures.steps_told import STANDING
from marketplace.services.plans import plans
from marketplace.states import PlanState
from marketplace.web.api.operations import actor_of, answer, operation, read_body, read_query
from marketplace.web.api.paging import PageQuery, read_number, read_page
from marketplace.web.api.repeats import answer_once
from marketplace.web.api.shapes import NOTHING, Code, Meta, Pence, Taken
from marketplace.web.forms import parse_id
from marketplace.web.rendering import WebRequest

Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Outward = Annotated[str, Meta(pattern="^[A-Za-z]{1,2}[0-9][A-Za-z0-9]?$")]
Source = Literal["model", "survey", "professional", "self", "life-event"]
Level = Literal[1, 2, 3]


class ByLevel(Taken):
    level_1: Pence | None = None
    level_2: Pence | None = None
    level_3: Pence | None = None


class PlanAsked(Taken):
    """What the plan keeps to; nothing chosen: every published need, at the published values."""

    codes: Annotated[list[Code], Meta(max_length=100)] = NOTHING
    levels: Annotated[list[Level], Meta(max_length=3)] = NOTHING
    areas: Annotated[list[Outward], Meta(max_length=200)] = NOTHING
    sources: Annotated[list[Source], Meta(max_length=5)] = NOTHING
    fund_ids: Annotated[list[uuid.UUID], Meta(max_length=100)] = NOTHING
    most_families: Count | None = None
    most_cash_pence: Pence | None = None
    value_pence: ByLevel | None = None
    price_ceiling_pence: ByLevel | None = None


class PlanTold(msgspec.Struct):
    id: uuid.UUID
    number: int
    kind: str
    state: PlanState
    created_at: datetime


class PlanPage(msgspec.Struct):
    items: list[PlanTold]
    next: str | None


class Solved(msgspec.Struct):
    needs: int
    unmet: dict[str, int]
    families: int
    families_reached: int
    suitable_pairs: int
    is_proved: bool
    gap_pence: int


class PlanMoney(msgspec.Struct):
    """Of what stands; as if the share `acceptance` of families said yes."""

    cash_spent_pence: int
    cashable_pence: int
    capacity_pence: int
    acceptance: float
    acceptance_is_measured: bool


class Review(msgspec.Struct):
    families: int
    looked_at: int
    approvable: int
    approved: int


class WholePlan(msgspec.Struct):
    plan: PlanTold
    failure: str | None
    review: Review
    solved: Solved | None
    money: PlanMoney | None


class Approved(msgspec.Struct):
    families: int


@post(
    "/plans",
    status_code=202,
    opt=operation(
        scope="plans:write",
        summary="Ask for a plan; it is worked out in a minute or so",
        takes=PlanAsked,
        gives=PlanTold,
        status=202,
        may_repeat=True,
        problems=(409,),
    ),
)
async def make_plan(request: WebRequest, session: NamedDependency[AsyncSession]) -> Response[bytes]:
    options = _chosen(await read_body(request, PlanAsked))

    async def do() -> PlanTold:
        return _told(await plans.request_plan(session, actor=actor_of(request), options=options))

    return await answer_once(request, session, do, status=202)


def _chosen(asked: PlanAsked) -> dict[str, Any]:
    chosen: dict[str, Any] = msgspec.to_builtins(asked)
    for table in ("value_pence", "price_ceiling_pence"):
        given = chosen[table] or {}
        chosen[table] = {level: pence for level, pence in given.items() if pence is not None}
    return chosen


@get(
    "/plans",
    opt=operation(
        scope="plans:read", summary="Plans, the oldest first", asks=PageQuery, gives=PlanPage
    ),
)
async def list_plans(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    rows, query = readable_plans(actor_of(request)), read_query(request, PageQuery)
    found, after = await read_page(session, rows, Plan.number, query=query, read=read_number)
    return answer(PlanPage([_told(plan) for plan in found], after))


@get(
    "/plans/{plan_id:str}",
    opt=operation(
        scope="plans:read",
        summary="One plan: how it stands, whom it reaches, the three lines of money, the proof",
        gives=WholePlan,
        problems=(404,),
    ),
)
async def show_plan(
    request: WebRequest, session: NamedDependency[AsyncSession], plan_id: FromPath[str]
) -> Response[bytes]:
    plan = await plans.get_plan(session, parse_id(plan_id), actor=actor_of(request))
    has_result = plan.result is not None
    return answer(
        WholePlan(
            plan=_told(plan),
            failure=plan.failure,
            review=Review(**await figures.count_review(session, plan.id)),
            solved=await _solved(session, plan) if has_result else None,
            money=await _money(session, plan) if has_result else None,
        )
    )


@post(
    "/plans/{plan_id:str}/approve",
    status_code=200,
    opt=operation(
        scope="plans:approve",
        summary="Approve the families that a practitioner agreed to",
        gives=Approved,
        problems=(404, 409),
    ),
)
async def approve(
    request: WebRequest, session: NamedDependency[AsyncSession], plan_id: FromPath[str]
) -> Response[bytes]:
    count = await plans.approve_plan(session, parse_id(plan_id), actor=actor_of(request))
    return answer(Approved(count))


async def _solved(session: AsyncSession, plan: Plan) -> Solved:
    result = plan.result or {}
    return Solved(
        needs=result["needs"],
        unmet=await figures.count_unmet(session, plan.id),
        families=result["families"],
        families_reached=result["families_reached"],
        suitable_pairs=result["pairs"],
        is_proved=result["objective"] == result["bound"],
        gap_pence=result["gap_pence"],
    )


async def _money(session: AsyncSession, plan: Plan) -> PlanMoney:
    # Only what is shown match by match: a difference between the two would count refusals.
    stands = (Match.plan_id == plan.id) & Match.state.in_(STANDING)
    money = await figures.reckon_money(session, stands, commissioner_id=plan.commissioner_id)
    return PlanMoney(
        cash_spent_pence=money.cash_spent_pence,
        cashable_pence=money.cashable_pence,
        capacity_pence=money.capacity_pence,
        acceptance=money.acceptance,
        acceptance_is_measured=money.acceptance_is_measured,
    )


def _told(plan: Plan) -> PlanTold:
    return PlanTold(plan.id, plan.number, plan.kind, PlanState(plan.state), plan.created_at)


HANDLERS = [make_plan, list_plans, show_plan, approve]
