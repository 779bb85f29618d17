"""The people of a provider: who edits, who only looks, who takes the work on."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.spreadsheets import cells
from marketplace.access import Actor
from marketplace.errors import BadFormError
from marketplace.services.providers import teams
from marketplace.web import forms
from marketplace.web.form_reader import FormReader
from marketplace.web.forms import parse_id
from marketplace.web.rendering import WebRequest, as_errors, page

DONE = {
    "invited": "We have mailed them how to sign in.",
    "changed": "Saved.",
    "removed": "They cannot sign in any more.",
    "handed-over": "Your colleague has the work now. You can still look.",
}


@get("/people")
async def show_people(
    request: WebRequest, session: NamedDependency[AsyncSession], done: FromQuery[str] = ""
) -> Template:
    return await _show(request, session, done=done)


@post("/people")
async def invite(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Redirect | Template:
    form = await request.form()
    reader = FormReader(form)
    try:
        name = reader.line("name", missing="Type your colleague’s name")
        email = reader.required(
            "email",
            cells.email,
            wrong="Type your colleague’s e-mail address, such as name@example.org",
            or_else="",
        )
        role = reader.choice("role", teams.ROLES, missing="Choose what they may do")
        reader.finish()
        await teams.invite(session, name=name, email=email, role=role, actor=request.user)
    except BadFormError as error:
        typed = {field: forms.text(form, field) for field in ("name", "email", "role")}
        return await _show(request, session, faults=error.faults, typed=typed)
    return _done("invited")


@post("/people/{user_id:str}/role")
async def change_role(
    request: WebRequest, session: NamedDependency[AsyncSession], user_id: FromPath[str]
) -> Redirect | Template:
    role = forms.text(await request.form(), "role")
    try:
        await teams.change_role(session, parse_id(user_id), role=role, actor=request.user)
    except BadFormError as error:
        return await _show(request, session, faults={"people": str(error)})
    return _done("changed")


@post("/people/{user_id:str}/remove")
async def remove(
    request: WebRequest, session: NamedDependency[AsyncSession], user_id: FromPath[str]
) -> Redirect | Template:
    try:
        await teams.remove_person(session, parse_id(user_id), actor=request.user)
    except BadFormError as error:
        return await _show(request, session, faults=error.faults)
    return _done("removed")


@post("/people/{user_id:str}/hand-over")
async def hand_over(
    request: WebRequest, session: NamedDependency[AsyncSession], user_id: FromPath[str]
) -> Redirect | Template:
    try:
        await teams.hand_over(session, parse_id(user_id), actor=request.user)
    except BadFormError as error:
        return await _show(request, session, faults=error.faults)
    return _done("handed-over")


def _done(what: str) -> Redirect:
    return Redirect(f"/provider/people?done={what}", status_code=303)


async def _show(
    request: WebRequest,
    session: AsyncSession,
    *,
    done: str = "",
    faults: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> Template:
    actor: Actor = request.user
    people = await teams.list_people(session, actor.provider_id) if actor.provider_id else []
    return page(
        request,
        "provider/people.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        people=[
            {
                "id": user.id,
                "name": user.name,
                "email": user.email,
                "role": user.provider_role,
                "is_me": user.id == actor.id,
            }
            for user in people
        ],
        typed=typed or {"name": "", "email": "", "role": "editor"},
        done_text=DONE.get(done, ""),
    )


HANDLERS = [show_people, invite, change_role, remove, hand_over]
