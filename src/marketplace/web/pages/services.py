"""Tom's services: described as people look for them, seen as the public and the engine see them."""

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider, Service
from directory.reading_age import reading_hints
from directory.service_page import find_service
from marketplace.errors import BadFormError
from marketplace.services.providers import listings
from marketplace.web import forms, listing_views, service_forms, service_words
from marketplace.web.forms import parse_id
from marketplace.web.pages.provider_views import intake_view
from marketplace.web.rendering import WebRequest, as_errors, page


@get("/services")
async def list_services(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    found = await listings.list_services(session, request.user.provider_id)
    return page(
        request,
        "provider/services.html",
        services=[
            {
                "id": service.id,
                "name": service.name,
                "needs_text": ", ".join(service_words.need_labels(service.needs)),
                "is_stopped": service.stopped_at is not None,
            }
            for service in found
        ],
    )


@get("/services/new")
async def new_service(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    return await _service_form(request, session, service_forms.empty_service())


@post("/services/new")
async def add_service(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Redirect | Template:
    form = await request.form()
    provider = await session.get_one(Provider, request.user.provider_id)
    try:
        values = service_forms.read_service(form, kind=provider.kind)
        service = await listings.add_service(session, values, actor=request.user)
    except BadFormError as error:
        typed = service_forms.typed_service(form)
        return await _service_form(request, session, typed, faults=error.faults)
    return Redirect(f"/provider/services/{service.id}", status_code=303)


@get("/services/{service_id:str}")
async def show_service(
    request: WebRequest, session: NamedDependency[AsyncSession], service_id: FromPath[str]
) -> Template:
    return await _show(request, session, service_id)


@get("/services/{service_id:str}/edit")
async def edit_service(
    request: WebRequest, session: NamedDependency[AsyncSession], service_id: FromPath[str]
) -> Template:
    service = await listings.get_service(session, parse_id(service_id), actor=request.user)
    typed = service_forms.stored_service(service)
    return await _service_form(request, session, typed, service=service)


@post("/services/{service_id:str}/edit")
async def change_service(
    request: WebRequest, session: NamedDependency[AsyncSession], service_id: FromPath[str]
) -> Redirect | Template:
    form = await request.form()
    service = await listings.get_service(session, parse_id(service_id), actor=request.user)
    try:
        values = service_forms.read_service(form, kind=service.provider.kind)
        await listings.change_service(session, service.id, values, actor=request.user)
    except BadFormError as error:
        typed = service_forms.typed_service(form)
        return await _service_form(request, session, typed, service=service, faults=error.faults)
    return Redirect(f"/provider/services/{service.id}", status_code=303)


@post("/services/{service_id:str}/standing-yes")
async def set_standing_yes(
    request: WebRequest, session: NamedDependency[AsyncSession], service_id: FromPath[str]
) -> Redirect:
    is_on = forms.text(await request.form(), "change") == "on"
    await listings.set_standing_yes(session, parse_id(service_id), is_on=is_on, actor=request.user)
    return Redirect(f"/provider/services/{parse_id(service_id)}", status_code=303)


@post("/services/{service_id:str}/stop")
async def stop_service(
    request: WebRequest, session: NamedDependency[AsyncSession], service_id: FromPath[str]
) -> Redirect | Template:
    try:
        await listings.stop_service(session, parse_id(service_id), actor=request.user)
    except BadFormError as error:
        return await _show(request, session, service_id, faults=error.faults)
    return Redirect(f"/provider/services/{service_id}", status_code=303)


@post("/services/{service_id:str}/restart")
async def restart_service(
    request: WebRequest, session: NamedDependency[AsyncSession], service_id: FromPath[str]
) -> Redirect:
    await listings.restart_service(session, parse_id(service_id), actor=request.user)
    return Redirect(f"/provider/services/{service_id}", status_code=303)


@get("/services/{service_id:str}/intakes/new")
async def new_intake(
    request: WebRequest, session: NamedDependency[AsyncSession], service_id: FromPath[str]
) -> Template:
    service = await listings.get_service(session, parse_id(service_id), actor=request.user)
    return _intake_form(request, service, service_forms.empty_intake())


@post("/services/{service_id:str}/intakes/new")
async def add_intake(
    request: WebRequest, session: NamedDependency[AsyncSession], service_id: FromPath[str]
) -> Redirect | Template:
    form = await request.form()
    service = await listings.get_service(session, parse_id(service_id), actor=request.user)
    try:
        values = service_forms.read_intake(form, kind=service.provider.kind)
        await listings.add_intake(session, service.id, values, actor=request.user)
    except BadFormError as error:
        typed = service_forms.typed_intake(form)
        return _intake_form(request, service, typed, faults=error.faults)
    return Redirect(f"/provider/services/{service.id}", status_code=303)


@get("/intakes/{intake_id:str}/edit")
async def edit_intake(
    request: WebRequest, session: NamedDependency[AsyncSession], intake_id: FromPath[str]
) -> Template:
    intake = await listings.get_intake(session, parse_id(intake_id), actor=request.user)
    typed = service_forms.stored_intake(intake)
    return _intake_form(request, intake.service, typed, intake=intake)


@post("/intakes/{intake_id:str}/edit")
async def change_intake(
    request: WebRequest, session: NamedDependency[AsyncSession], intake_id: FromPath[str]
) -> Redirect | Template:
    form = await request.form()
    intake = await listings.get_intake(session, parse_id(intake_id), actor=request.user)
    service = intake.service
    try:
        values = service_forms.read_intake(form, kind=service.provider.kind)
        await listings.change_intake(session, intake.id, values, actor=request.user)
    except BadFormError as error:
        typed = service_forms.typed_intake(form)
        return _intake_form(request, service, typed, intake=intake, faults=error.faults)
    return Redirect(f"/provider/services/{service.id}", status_code=303)


async def _show(
    request: WebRequest,
    session: AsyncSession,
    service_id: str,
    *,
    faults: dict[str, str] | None = None,
) -> Template:
    service = await listings.get_service(session, parse_id(service_id), actor=request.user)
    intakes = await listings.intakes_of(session, [service.id])
    for intake in intakes:
        intake.service = service
    today = (await session.execute(select(func.current_date()))).scalar_one()
    shown = await find_service(session, service.id)
    return page(
        request,
        "provider/service.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        service={
            "id": service.id,
            "name": service.name,
            "is_stopped": service.stopped_at is not None,
            "standing_yes": service.standing_yes,
        },
        public=listing_views.public_view(shown) if shown else None,
        engine=listing_views.engine_view(service, intakes, today),
        why_not=await listing_views.why_not_matched(session, service, intakes),
        intakes=[intake_view(intake) for intake in intakes],
        hints=reading_hints(service.description or ""),
    )


async def _service_form(
    request: WebRequest,
    session: AsyncSession,
    typed: dict[str, Any],
    *,
    service: Service | None = None,
    faults: dict[str, str] | None = None,
) -> Template:
    provider = await session.get_one(Provider, request.user.provider_id)
    found = faults or {}
    return page(
        request,
        "provider/service_form.html",
        status=422 if found else 200,
        errors=as_errors(found, order=service_forms.SERVICE_LINES),
        service_id=service.id if service else None,
        typed=typed,
        needs=service_words.need_choices(),
        days=service_words.day_choices(),
        languages=service_words.language_choices(typed["languages"]),
        access=service_words.choices(service_words.ACCESS_WORDS),
        levels=service_words.choices(service_words.LEVEL_WORDS),
        is_digital=provider.kind == "digital",
    )


def _intake_form(
    request: WebRequest,
    service: Service,
    typed: dict[str, Any],
    *,
    intake: Intake | None = None,
    faults: dict[str, str] | None = None,
) -> Template:
    found = faults or {}
    return page(
        request,
        "provider/intake_form.html",
        status=422 if found else 200,
        errors=as_errors(found, order=service_forms.INTAKE_LINES),
        service={"id": service.id, "name": service.name},
        intake_id=intake.id if intake else None,
        promised=intake.held + intake.used if intake else 0,
        typed=typed,
        is_digital=service.provider.kind == "digital",
    )


HANDLERS = [
    list_services,
    new_service,
    add_service,
    show_service,
    edit_service,
    change_service,
    set_standing_yes,
    stop_service,
    restart_service,
    new_intake,
    add_intake,
    edit_intake,
    change_intake,
]
