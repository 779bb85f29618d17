"""Tom's pages, and those of volunteers' hosts: what waits, and whom we help."""

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from marketplace.access import Actor
from marketplace.errors import BadFormError
from marketplace.reasons import reasons_of
from marketplace.services import claims
from marketplace.states import MatchState
from marketplace.web import forms, words
from marketplace.web.forms import parse_id
from marketplace.web.pages import (
    agreement,
    organisation,
    places,
    provider_views,
    services,
    team,
    worried,
)
from marketplace.web.rendering import WebRequest, as_errors, page


@get("/")
async def inbox(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    actor: Actor = request.user
    provider = await session.get_one(Provider, actor.provider_id)
    waiting = await provider_views.matches_in(session, actor, MatchState.AWAITING_PROVIDER)
    claimed = await provider_views.matches_in(session, actor, MatchState.AWAITING_FAMILY)
    rare = await provider_views.rare_needs(session, waiting)
    today = (await session.execute(select(func.current_date()))).scalar_one()
    return page(
        request,
        "provider/inbox.html",
        provider_name=provider.name,
        door=await provider_views.door_of(session, provider),
        waiting_count=await provider_views.count_waiting(session, actor),
        waiting=[provider_views.waiting_view(match, rare, today) for match in waiting],
        claimed=[
            {
                "need_text": words.need_text(match.need.code),
                "claimed_on": match.waits_since.date(),
                "intake_name": match.intake.service.name,
            }
            for match in claimed
        ],
    )


@post("/matches/{match_id:str}/claim")
async def claim(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Redirect:
    await claims.claim_match(session, parse_id(match_id), actor=request.user)
    return Redirect("/provider", status_code=303)


@get("/matches/{match_id:str}/decline")
async def decline_form(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Template:
    return await _decline_form(request, session, match_id)


@post("/matches/{match_id:str}/decline")
async def decline(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Redirect | Template:
    code = forms.text(await request.form(), "code")
    try:
        await claims.decline_match(session, parse_id(match_id), code=code, actor=request.user)
    except BadFormError as error:
        return await _decline_form(request, session, match_id, faults=error.faults)
    return Redirect("/provider", status_code=303)


async def _decline_form(
    request: WebRequest,
    session: AsyncSession,
    match_id: str,
    *,
    faults: dict[str, str] | None = None,
) -> Template:
    match = await provider_views.one_match(session, request.user, parse_id(match_id))
    return page(
        request,
        "provider/decline.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        match={"id": match.id, "need_text": words.need_text(match.need.code)},
        reasons=[{"code": one.code, "text": one.label} for one in reasons_of("provider")],
        chosen="",
    )


@get("/accepted")
async def accepted(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    provider = await session.get_one(Provider, request.user.provider_id)
    families = [
        *await provider_views.matches_in(session, request.user, MatchState.ACCEPTED),
        *await provider_views.matches_in(session, request.user, MatchState.UNDER_WAY),
    ]
    offers = await provider_views.offers_of(session, families)
    return page(
        request,
        "provider/accepted.html",
        door=await provider_views.door_of(session, provider),
        families=[provider_views.accepted_view(match, offers[match.id]) for match in families],
    )


@post("/matches/{match_id:str}/started")
async def started(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Redirect:
    await claims.start_help(session, parse_id(match_id), actor=request.user)
    return Redirect("/provider/accepted", status_code=303)


ROUTER = Router(
    "/provider",
    route_handlers=[
        inbox,
        claim,
        decline_form,
        decline,
        accepted,
        started,
        *places.HANDLERS,
        *services.HANDLERS,
        *team.HANDLERS,
        *agreement.HANDLERS,
        *organisation.HANDLERS,
        *worried.HANDLERS,
    ],
    opt={"audience": "provider"},
)
