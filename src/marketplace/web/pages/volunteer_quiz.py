"""The food hygiene quiz, as a host reads it aloud."""

import uuid
from collections.abc import Mapping

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from directory.volunteers.quiz import load_bank
from marketplace.errors import BadFormError
from marketplace.services.volunteers import volunteer_quiz, volunteers
from marketplace.services.volunteers.volunteer_words import first_name
from marketplace.web import forms
from marketplace.web.forms import parse_id
from marketplace.web.pages import volunteer_views as views
from marketplace.web.rendering import WebRequest, as_errors, page


@post("/{volunteer_id:str}/quiz")
async def begin_quiz(
    request: WebRequest, session: NamedDependency[AsyncSession], volunteer_id: FromPath[str]
) -> Redirect:
    own_id = parse_id(volunteer_id)
    begun = await volunteer_quiz.begin_try(session, own_id, actor=request.user)
    return Redirect(f"/provider/volunteers/{own_id}/quiz/{begun.id}", status_code=303)


@get("/{volunteer_id:str}/quiz/{try_id:str}")
async def show_quiz(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    volunteer_id: FromPath[str],
    try_id: FromPath[str],
) -> Template:
    provider = await _own(request, session, volunteer_id)
    return await _quiz(request, session, provider, parse_id(try_id))


@post("/{volunteer_id:str}/quiz/{try_id:str}")
async def answer_quiz(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    volunteer_id: FromPath[str],
    try_id: FromPath[str],
) -> Redirect | Template:
    provider, form = await _own(request, session, volunteer_id), await request.form()
    asked = await volunteer_quiz.own_try(session, provider.id, parse_id(try_id), actor=request.user)
    answers = [forms.text(form, f"question-{id_}") for id_ in asked.questions]
    try:
        await volunteer_quiz.answer_try(session, provider.id, asked.id, answers, actor=request.user)
    except BadFormError as error:
        said = dict(zip(asked.questions, answers, strict=True))
        return await _quiz(request, session, provider, asked.id, said=said, faults=error.faults)
    return Redirect(f"/provider/volunteers/{provider.id}/quiz/{asked.id}", status_code=303)


async def _own(request: WebRequest, session: AsyncSession, volunteer_id: str) -> Provider:
    return await volunteers.own_provider(session, parse_id(volunteer_id), actor=request.user)


async def _quiz(
    request: WebRequest,
    session: AsyncSession,
    provider: Provider,
    try_id: uuid.UUID,
    *,
    said: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
) -> Template:
    asked = await volunteer_quiz.own_try(session, provider.id, try_id, actor=request.user)
    return page(
        request,
        "provider/volunteer_quiz.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        volunteer={"id": provider.id, "first_name": first_name(provider.name)},
        try_id=asked.id,
        questions=views.try_view(asked),
        said=said or {},
        result={"passed": volunteer_quiz.is_passed(asked), "text": views.score_text(asked)}
        if asked.answers is not None
        else None,
        pass_mark=load_bank().pass_mark,
    )


HANDLERS = [begin_quiz, show_quiz, answer_quiz]
