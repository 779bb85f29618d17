"""A host's volunteers: sign up in one visit, keep what is asked, introduce, break, leave."""

import uuid
from collections.abc import Mapping
from typing import Any

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from directory.volunteers.asks import load_rules
from marketplace.errors import BadFormError
from marketplace.services.volunteers import pairs, volunteer_leaving, volunteer_papers, volunteers
from marketplace.web import forms
from marketplace.web import volunteer_forms as fields
from marketplace.web.forms import parse_id
from marketplace.web.pages import volunteer_quiz
from marketplace.web.pages import volunteer_views as views
from marketplace.web.rendering import WebRequest, as_errors, page

EMPTY: fields.Typed = {
    "name": "",
    "roles": [],
    "places": "",
    "days": [],
    "parts": [],
    "travels": "",
    "miles": "",
    "phone": "",
    "email": "",
    "postcode": "",
}
SAVED = {
    "signed-up": "Signed up. Now fill in what is still missing.",
    "corrected": "Saved.",
    "check": "The check is noted.",
    "paper": "Noted.",
    "break": "The break is noted. Nobody new comes in that time.",
    "resumed": "Started again.",
    "family": "Saved.",
    "seen": "Marked as read.",
}


@get("/")
async def list_volunteers(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    found = await views.list_views(session, request.user)
    return page(
        request,
        "provider/volunteers.html",
        volunteers=[one for one in found if not one["left"]],
        left=[one for one in found if one["left"]],
    )


@get("/sheet", sync_to_thread=False)
def print_sheet(request: WebRequest) -> Template:
    return page(
        request, "provider/volunteer_sheet.html", roles=views.role_items(), asks=load_rules().asks
    )


@get("/new", sync_to_thread=False)
def sign_up_form(request: WebRequest) -> Template:
    return _details_form(request, EMPTY)


@post("/new")
async def sign_up(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Redirect | Template:
    typed = fields.typed_details(await request.form())
    try:
        details = fields.read_details(typed)
        volunteer_id = await volunteers.sign_up(session, details, actor=request.user)
    except BadFormError as error:
        return _details_form(request, typed, faults=error.faults)
    return _back_to(volunteer_id, "signed-up")


@get("/{volunteer_id:str}")
async def show_volunteer(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    volunteer_id: FromPath[str],
    saved: FromQuery[str] = "",
) -> Template:
    return await _show(request, session, parse_id(volunteer_id), saved=SAVED.get(saved, ""))


@get("/{volunteer_id:str}/edit")
async def correct_form(
    request: WebRequest, session: NamedDependency[AsyncSession], volunteer_id: FromPath[str]
) -> Template:
    provider = await _own(request, session, parse_id(volunteer_id))
    typed = await views.details_typed(session, provider)
    return _details_form(request, typed, volunteer_id=provider.id)


@post("/{volunteer_id:str}/edit")
async def correct(
    request: WebRequest, session: NamedDependency[AsyncSession], volunteer_id: FromPath[str]
) -> Redirect | Template:
    own_id = (await _own(request, session, parse_id(volunteer_id))).id
    typed = fields.typed_details(await request.form())
    try:
        details = fields.read_details(typed)
        await volunteers.correct_details(session, own_id, details, actor=request.user)
    except BadFormError as error:
        return _details_form(request, typed, volunteer_id=own_id, faults=error.faults)
    return _back_to(own_id, "corrected")


@post("/{volunteer_id:str}/check")
async def record_check(
    request: WebRequest, session: NamedDependency[AsyncSession], volunteer_id: FromPath[str]
) -> Redirect | Template:
    own_id, form = parse_id(volunteer_id), await request.form()
    names = ("kind", "seen_on", "seen_by", "recheck_by")
    typed = {name: forms.text(form, name) for name in names}
    try:
        await volunteer_papers.record_check(
            session,
            own_id,
            kind=typed["kind"],
            seen_on=fields.day(form, "seen_on"),
            seen_by=typed["seen_by"],
            recheck_by=fields.day(form, "recheck_by"),
            actor=request.user,
        )
    except BadFormError as error:
        return await _show(request, session, own_id, faults=error.faults, typed_check=typed)
    return _back_to(own_id, "check")


@post("/{volunteer_id:str}/papers/{ask:str}")
async def record_paper(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    volunteer_id: FromPath[str],
    ask: FromPath[str],
) -> Redirect | Template:
    own_id = parse_id(volunteer_id)
    try:
        done_on = fields.day(await request.form(), f"{ask}-day")
        await volunteer_papers.record_paper(
            session, own_id, ask, done_on=done_on, actor=request.user
        )
    except BadFormError as error:
        return await _show(request, session, own_id, faults=error.faults)
    return _back_to(own_id, "paper")


@post("/{volunteer_id:str}/breaks")
async def take_break(
    request: WebRequest, session: NamedDependency[AsyncSession], volunteer_id: FromPath[str]
) -> Redirect | Template:
    own_id, form = parse_id(volunteer_id), await request.form()
    try:
        await volunteers.take_break(
            session,
            own_id,
            starts_on=fields.day(form, "starts_on"),
            ends_on=fields.day(form, "ends_on"),
            actor=request.user,
        )
    except BadFormError as error:
        return await _show(request, session, own_id, faults=error.faults)
    return _back_to(own_id, "break")


@post("/{volunteer_id:str}/breaks/{absence_id:str}/end")
async def end_break(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    volunteer_id: FromPath[str],
    absence_id: FromPath[str],
) -> Redirect:
    own_id = parse_id(volunteer_id)
    await volunteers.end_absence(session, own_id, parse_id(absence_id), actor=request.user)
    return _back_to(own_id, "corrected")


@post("/{volunteer_id:str}/resume")
async def resume(
    request: WebRequest, session: NamedDependency[AsyncSession], volunteer_id: FromPath[str]
) -> Redirect:
    own_id = parse_id(volunteer_id)
    await volunteers.resume(session, own_id, actor=request.user)
    return _back_to(own_id, "resumed")


@post("/{volunteer_id:str}/seen")
async def mark_seen(
    request: WebRequest, session: NamedDependency[AsyncSession], volunteer_id: FromPath[str]
) -> Redirect:
    own_id = parse_id(volunteer_id)
    await volunteers.mark_words_seen(session, own_id, actor=request.user)
    return _back_to(own_id, "seen")


@get("/{volunteer_id:str}/leave")
async def leave_form(
    request: WebRequest, session: NamedDependency[AsyncSession], volunteer_id: FromPath[str]
) -> Template:
    provider = await _own(request, session, parse_id(volunteer_id))
    return page(
        request,
        "provider/volunteer_leave.html",
        volunteer=await views.one_view(session, request.user, provider),
        retention_days=load_rules().retention_days,
    )


@post("/{volunteer_id:str}/leave")
async def leave(
    request: WebRequest, session: NamedDependency[AsyncSession], volunteer_id: FromPath[str]
) -> Redirect:
    own_id = parse_id(volunteer_id)
    await volunteer_leaving.leave(session, own_id, actor=request.user)
    return _back_to(own_id, "corrected")


@post("/{volunteer_id:str}/families/{match_id:str}/introduce")
async def introduce(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    volunteer_id: FromPath[str],
    match_id: FromPath[str],
) -> Redirect | Template:
    provider, form = await _own(request, session, parse_id(volunteer_id)), await request.form()
    pair_id = parse_id(match_id)
    try:
        await pairs.introduce(
            session,
            pair_id,
            on=fields.day(form, f"introduced-{pair_id}"),
            diet=forms.text(form, "diet")[:200] or None,
            actor=request.user,
        )
    except BadFormError as error:
        return await _show(request, session, provider.id, faults=error.faults)
    return _back_to(provider.id, "family")


@post("/{volunteer_id:str}/families/{match_id:str}/end")
async def end_pair(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    volunteer_id: FromPath[str],
    match_id: FromPath[str],
) -> Redirect | Template:
    provider, form = await _own(request, session, parse_id(volunteer_id)), await request.form()
    pair_id = parse_id(match_id)
    how = forms.text(form, f"how-{pair_id}")
    try:
        await pairs.end_pair(session, pair_id, how=how, actor=request.user)
    except BadFormError as error:
        return await _show(request, session, provider.id, faults=error.faults)
    return _back_to(provider.id, "family")


async def _own(request: WebRequest, session: AsyncSession, volunteer_id: uuid.UUID) -> Provider:
    return await volunteers.own_provider(session, volunteer_id, actor=request.user)


def _back_to(volunteer_id: uuid.UUID, saved: str) -> Redirect:
    return Redirect(f"/provider/volunteers/{volunteer_id}?saved={saved}", status_code=303)


def _details_form(
    request: WebRequest,
    typed: fields.Typed,
    *,
    volunteer_id: uuid.UUID | None = None,
    faults: Mapping[str, str] | None = None,
) -> Template:
    return page(
        request,
        "provider/volunteer_form.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        typed=typed,
        volunteer_id=volunteer_id,
        roles=views.role_items(),
    )


async def _show(
    request: WebRequest,
    session: AsyncSession,
    volunteer_id: uuid.UUID,
    *,
    saved: str = "",
    faults: Mapping[str, str] | None = None,
    typed_check: Mapping[str, str] | None = None,
) -> Template:
    provider = await _own(request, session, volunteer_id)
    view: dict[str, Any] = await views.one_view(session, request.user, provider)
    if typed_check and "check" in view:
        view["check"] |= typed_check
    return page(
        request,
        "provider/volunteer.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        volunteer=view,
        saved=saved,
    )


ROUTER = Router(
    "/provider/volunteers",
    route_handlers=[
        list_volunteers,
        print_sheet,
        sign_up_form,
        sign_up,
        show_volunteer,
        correct_form,
        correct,
        record_check,
        record_paper,
        *volunteer_quiz.HANDLERS,
        take_break,
        end_break,
        resume,
        mark_seen,
        leave_form,
        leave,
        introduce,
        end_pair,
    ],
    opt={"audience": "provider"},
)
