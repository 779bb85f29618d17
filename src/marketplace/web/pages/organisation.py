"""Tom's organisation: its details, its history, its data to take along, and the way out."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from directory.spreadsheets import cells
from directory.spreadsheets.services import charity_number
from directory.visibility import is_let_in
from marketplace.errors import BadFormError
from marketplace.services.providers import agreements, leaving, own_data, providers
from marketplace.web import forms, words
from marketplace.web.deeds import history_view
from marketplace.web.form_reader import FormReader
from marketplace.web.pages.join import EMAIL, PHONE
from marketplace.web.pages.provider_control import state_of
from marketplace.web.rendering import WebRequest, as_errors, page
from marketplace.web.websites import WEBSITE, website

LONGEST_DESCRIPTION = 2000


@get("/organisation")
async def show_organisation(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Template:
    provider = await session.get_one(Provider, request.user.provider_id)
    listed = await session.scalar(
        select(is_let_in()).select_from(Provider).where(Provider.id == provider.id)
    )
    standing = await agreements.find_agreement(session, actor=request.user)
    return page(
        request,
        "provider/organisation.html",
        provider={
            "name": provider.name,
            "description": provider.description,
            "website": provider.website,
            "charity_number": provider.charity_number,
            "email": provider.contact_email,
            "phone": words.local_phone(provider.contact_phone or ""),
            "state": state_of(provider, is_listed=bool(listed)),
            "confirmed_at": provider.confirmed_at,
        },
        agreed={"by": standing.accepted_by, "at": standing.accepted_at} if standing else None,
        history=history_view(await providers.history_of(session, provider.id)),
    )


@get("/organisation/edit")
async def show_form(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    provider = await session.get_one(Provider, request.user.provider_id)
    typed = {name: getattr(provider, name) or "" for name in providers.DETAILS}
    typed["contact_phone"] = words.local_phone(typed["contact_phone"])
    return _form(request, typed)


@post("/organisation/edit")
async def change_details(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Redirect | Template:
    form = await request.form()
    try:
        values = _read(FormReader(form))
        await providers.describe_provider(session, values, actor=request.user)
    except BadFormError as error:
        typed = {name: forms.text(form, name, longest=4000) for name in providers.DETAILS}
        return _form(request, typed, faults=error.faults)
    return Redirect("/provider/organisation", status_code=303)


@get("/organisation/data.zip")
async def download_data(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    return Response(
        await own_data.make_own_data(session, actor=request.user),
        media_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="early-help-our-data.zip"'},
    )


@get("/organisation/leave")
async def show_leave(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    return await _leave_form(request, session)


@post("/organisation/leave")
async def leave(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    understood = forms.text(await request.form(), "understood") == "yes"
    provider = await session.get_one(Provider, request.user.provider_id)
    try:
        await leaving.leave(session, understood=understood, actor=request.user)
    except BadFormError as error:
        return await _leave_form(request, session, faults=error.faults)
    return page(request, "public/left.html", organisation=provider.name)


async def _leave_form(
    request: WebRequest, session: AsyncSession, *, faults: dict[str, str] | None = None
) -> Template:
    provider = await session.get_one(Provider, request.user.provider_id)
    return page(
        request,
        "provider/leave.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        provider_name=provider.name,
        families=await leaving.say_what_leaving_does(session, provider.id),
    )


def _read(reader: FormReader) -> dict[str, str | None]:
    values = {
        "name": reader.line("name", missing="Type the name of your organisation"),
        "description": reader.prose("description", longest=LONGEST_DESCRIPTION),
        "website": reader.optional("website", website, wrong=WEBSITE),
        "charity_number": reader.optional(
            "charity_number", charity_number, wrong="Type the number as it is on the register"
        ),
        "contact_email": reader.required("contact_email", cells.email, wrong=EMAIL, or_else=""),
        "contact_phone": reader.optional("contact_phone", cells.uk_telephone, wrong=PHONE),
    }
    reader.finish()
    return values


def _form(
    request: WebRequest, typed: dict[str, Any], *, faults: dict[str, str] | None = None
) -> Template:
    found = faults or {}
    return page(
        request,
        "provider/organisation_edit.html",
        status=422 if found else 200,
        errors=as_errors(found, order=providers.DETAILS),
        typed=typed,
    )


HANDLERS = [
    show_organisation,
    show_form,
    change_details,
    download_data,
    show_leave,
    leave,
]
