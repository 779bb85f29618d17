"""Tom's inbox, and that of volunteers' hosts: who waits, yes and no."""

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from marketplace.access import Actor
from marketplace.errors import BadFormError
from marketplace.reasons import reasons_of
from marketplace.services.matches import claims
from marketplace.services.providers import provider_figures
from marketplace.services.sending import digests
from marketplace.states import MatchState
from marketplace.web import forms, words
from marketplace.web.forms import parse_id
from marketplace.web.pages import (
    agreement,
    organisation,
    places,
    provider_families,
    provider_record,
    provider_views,
    services,
    team,
    worried,
)
from marketplace.web.rendering import PageNumber, Paging, WebRequest, as_errors, page


@get("/")
async def inbox(
    request: WebRequest, session: NamedDependency[AsyncSession], number: PageNumber = 1
) -> Template:
    return await _inbox(request, session, number=number)


async def _inbox(
    request: WebRequest,
    session: AsyncSession,
    *,
    number: int = 1,
    done: dict[str, int | bool] | None = None,
) -> Template:
    actor: Actor = request.user
    provider = await session.get_one(Provider, actor.provider_id)
    waiting_count = await provider_views.count_waiting(session, actor)
    paging = Paging(wanted=number, rows=waiting_count, path="/provider", query={})
    waiting = await provider_views.matches_in(
        session, actor, MatchState.AWAITING_PROVIDER, paging=paging
    )
    claimed = await provider_views.matches_in(session, actor, MatchState.AWAITING_FAMILY)
    return page(
        request,
        "provider/inbox.html",
        provider_name=provider.name,
        door=await provider_views.door_of(session, provider),
        waiting_count=waiting_count,
        chance=await provider_figures.chance_of_yes(session, actor=actor) if waiting else None,
        done=done,
        groups=await provider_views.waiting_groups(session, waiting),
        page=paging.as_context(),
        claimed=[
            {
                "id": match.id,
                "need_text": words.need_text(match.need.code),
                "claimed_on": match.waits_since.date(),
                "intake_name": provider_views.intake_view(match.intake)["service_name"],
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


@post("/intakes/{intake_id:str}/claim-all")
async def claim_all(
    request: WebRequest, session: NamedDependency[AsyncSession], intake_id: FromPath[str]
) -> Template:
    shown = [
        parse_id(one) for one in (await request.form()).getall("match", []) if isinstance(one, str)
    ]
    told = await claims.claim_all(session, parse_id(intake_id), shown, actor=request.user)
    return await _inbox(request, session, done=_done(claimed=told.claimed, missed=told.missed))


@post("/mail-links/close")
async def close_links(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    await digests.close_links(session, actor=request.user)
    return await _inbox(request, session, done=_done(has_closed_links=True))


def _done(
    *, claimed: int = 0, missed: int = 0, has_closed_links: bool = False
) -> dict[str, int | bool]:
    return {"claimed": claimed, "missed": missed, "has_closed_links": has_closed_links}


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
    match = await provider_views.one_match(
        session, request.user, parse_id(match_id), states=claims.CAN_BE_DECLINED
    )
    return page(
        request,
        "provider/decline.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        match={"id": match.id, "need_text": words.need_text(match.need.code)},
        reasons=[{"code": one.code, "text": one.label} for one in reasons_of("provider")],
        chosen="",
    )


ROUTER = Router(
    "/provider",
    route_handlers=[
        inbox,
        claim,
        decline_form,
        decline,
        claim_all,
        close_links,
        *provider_families.HANDLERS,
        *provider_record.HANDLERS,
        *places.HANDLERS,
        *services.HANDLERS,
        *team.HANDLERS,
        *agreement.HANDLERS,
        *organisation.HANDLERS,
        *worried.HANDLERS,
    ],
    opt={"audience": "provider"},
)
