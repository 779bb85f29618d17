"""What a plan gives to whom, and whom it could not help; each with why."""

import uuid

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from directory.models import Intake, Service
from marketplace.access import readable_matches
from marketplace.db.families import Family, Need
from marketplace.db.plans import Match, UnmetNeed
from marketplace.services.figures.steps_told import STANDING
from marketplace.services.plans import plans
from marketplace.states import MatchState
from marketplace.web import reasons_in_words
from marketplace.web.api.operations import actor_of, answer, operation, read_query
from marketplace.web.api.paging import PageQuery, read_page
from marketplace.web.forms import parse_id
from marketplace.web.rendering import WebRequest


class MatchTold(msgspec.Struct):
    """`state`: proposed, agreed, offered, accepted, started or ended."""

    id: uuid.UUID
    family_ref: str
    need: str
    level: int
    service: str
    provider: str | None
    price_pence: int
    fund_id: uuid.UUID | None
    travel_metres: int | None
    why: str
    state: str


class MatchPage(msgspec.Struct):
    items: list[MatchTold]
    next: str | None


class UnmetTold(msgspec.Struct):
    family_ref: str
    need: str
    level: int
    reason: str
    why: str
    what_would_help: str | None


class UnmetPage(msgspec.Struct):
    items: list[UnmetTold]
    next: str | None


@get(
    "/plans/{plan_id:str}/matches",
    opt=operation(
        scope="plans:read",
        summary="The plan's matches that stand",
        asks=PageQuery,
        gives=MatchPage,
        problems=(404,),
    ),
)
async def list_matches(
    request: WebRequest, session: NamedDependency[AsyncSession], plan_id: FromPath[str]
) -> Response[bytes]:
    actor, query = actor_of(request), read_query(request, PageQuery)
    plan = await plans.get_plan(session, parse_id(plan_id), actor=actor)
    rows = (
        readable_matches(actor)
        .where(Match.plan_id == plan.id, Match.state.in_(STANDING))
        .options(
            contains_eager(Match.family),
            joinedload(Match.need),
            joinedload(Match.intake).joinedload(Intake.service).joinedload(Service.provider),
        )
    )
    found, after = await read_page(session, rows, Match.id, query=query)
    return answer(MatchPage([_match(match) for match in found], after))


def _match(match: Match) -> MatchTold:
    service = match.intake.service
    return MatchTold(
        id=match.id,
        family_ref=match.family.ref,
        need=match.need.code,
        level=match.need.level,
        service=service.name,
        # A volunteer's name is the host's to tell.
        provider=None if service.provider.kind == "volunteer" else service.provider.name,
        price_pence=match.price_pence,
        fund_id=match.fund_id,
        travel_metres=match.travel_metres,
        why=reasons_in_words.why_match(match),
        state=STANDING[MatchState(match.state)],
    )


@get(
    "/plans/{plan_id:str}/unmet",
    opt=operation(
        scope="plans:read",
        summary="Needs that the plan could not meet",
        asks=PageQuery,
        gives=UnmetPage,
        problems=(404,),
    ),
)
async def list_unmet(
    request: WebRequest, session: NamedDependency[AsyncSession], plan_id: FromPath[str]
) -> Response[bytes]:
    query = read_query(request, PageQuery)
    plan = await plans.get_plan(session, parse_id(plan_id), actor=actor_of(request))
    rows = (
        select(UnmetNeed)
        .join(UnmetNeed.need)
        .join(Need.family)
        .where(UnmetNeed.plan_id == plan.id, Family.commissioner_id == plan.commissioner_id)
        .options(contains_eager(UnmetNeed.need).contains_eager(Need.family))
    )
    found, after = await read_page(session, rows, UnmetNeed.need_id, query=query)
    return answer(UnmetPage([_unmet(one) for one in found], after))


def _unmet(one: UnmetNeed) -> UnmetTold:
    return UnmetTold(
        family_ref=one.need.family.ref,
        need=one.need.code,
        level=one.need.level,
        reason=one.reason,
        why=reasons_in_words.why_unmet(one.reason, one.detail),
        what_would_help=reasons_in_words.what_would_help(one.reason, one.detail),
    )


HANDLERS = [list_matches, list_unmet]
