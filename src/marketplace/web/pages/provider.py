"""Tom's pages, and those of volunteers' hosts: what waits, whom we help, our places."""

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from directory.models import Intake, Provider, Service
from marketplace.access import Actor, readable_intakes
from marketplace.errors import BadFormError
from marketplace.reasons import reasons_of
from marketplace.services import claims
from marketplace.states import MatchState
from marketplace.web import forms, words
from marketplace.web.forms import parse_id
from marketplace.web.pages import provider_views
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
    families = [
        *await provider_views.matches_in(session, request.user, MatchState.ACCEPTED),
        *await provider_views.matches_in(session, request.user, MatchState.UNDER_WAY),
    ]
    offers = await provider_views.offers_of(session, families)
    return page(
        request,
        "provider/accepted.html",
        families=[provider_views.accepted_view(match, offers[match.id]) for match in families],
    )


@post("/matches/{match_id:str}/started")
async def started(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Redirect:
    await claims.start_help(session, parse_id(match_id), actor=request.user)
    return Redirect("/provider/accepted", status_code=303)


@get("/places")
async def places(
    request: WebRequest, session: NamedDependency[AsyncSession], saved: FromQuery[str] = ""
) -> Template:
    return await _places(request, session, saved=saved)


@post("/places/{intake_id:str}")
async def change_places(
    request: WebRequest, session: NamedDependency[AsyncSession], intake_id: FromPath[str]
) -> Redirect | Template:
    change = forms.text(await request.form(), "change")
    try:
        await claims.change_places(session, parse_id(intake_id), change=change, actor=request.user)
    except BadFormError as error:
        faults = {f"intake-{intake_id}": str(error)}
        return await _places(request, session, faults=faults)
    return Redirect(f"/provider/places?saved={intake_id}", status_code=303)


async def _places(
    request: WebRequest,
    session: AsyncSession,
    *,
    saved: str = "",
    faults: dict[str, str] | None = None,
) -> Template:
    intakes = await session.scalars(
        readable_intakes(request.user)
        .where(Intake.places.is_not(None))
        .order_by(Service.name, Intake.starts_on, Intake.id)
        .options(joinedload(Intake.service).joinedload(Service.provider))
    )
    return page(
        request,
        "provider/places.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        intakes=[provider_views.intake_view(intake) for intake in intakes],
        saved_id=parse_id(saved) if saved else None,
    )


ROUTER = Router(
    "/provider",
    route_handlers=[
        inbox,
        claim,
        decline_form,
        decline,
        accepted,
        started,
        places,
        change_places,
    ],
    opt={"audience": "provider"},
)
