"""The second step of a sign-in: asked for, or set up first."""

from typing import Any

import segno
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.errors import BadFormError, NotSignedInError
from marketplace.services.staff import second_step, sessions
from marketplace.web import forms
from marketplace.web.auth import arriving
from marketplace.web.clients import browser_of
from marketplace.web.rendering import WebRequest, as_errors, page
from marketplace.web.staff_cookie import HOME_OF, go_in, set_staff_cookie

SET_UP = "/second-step/set-up"


@get("/")
async def ask_for_step(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Template | Redirect:
    actor = _arriving(request)
    if request.user:
        return Redirect(HOME_OF[actor.kind], status_code=303)
    if not await _has_step(session, actor):
        return Redirect(SET_UP, status_code=303)
    return page(request, "staff/second_step.html")


@post("/")
async def take_step(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Template | Redirect:
    actor = _arriving(request)
    if request.user:
        return Redirect(HOME_OF[actor.kind], status_code=303)
    typed = forms.text(await request.form(), "code", longest=60)
    try:
        token = await second_step.take_step(
            session, typed, actor=actor, browser=browser_of(request)
        )
    except BadFormError as error:
        errors = as_errors(error.faults)
        return page(request, "staff/second_step.html", status=422, errors=errors)
    # The half session ends with its use; whoever saw its cookie has nothing.
    await sessions.sign_out(session, request.auth)
    return go_in(request, token, to=HOME_OF[actor.kind])


@post("/give-up")
async def give_up(request: WebRequest, session: NamedDependency[AsyncSession]) -> Redirect:
    await sessions.sign_out(session, request.auth)
    return Redirect("/sign-in", status_code=303)


@get("/set-up")
async def show_set_up(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Template | Redirect:
    if await _has_step(session, _arriving(request)):
        return Redirect("/second-step", status_code=303)
    return _set_up_page(request, session)


@post("/set-up")
async def set_up(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    actor = _arriving(request)
    typed = forms.text(await request.form(), "code", longest=60)
    try:
        token, codes = await second_step.set_up(
            session, request.auth, typed, actor=actor, browser=browser_of(request)
        )
    except BadFormError as error:
        return _set_up_page(request, session, faults=error.faults)
    shown = page(
        request,
        "staff/recovery_codes.html",
        codes=[f"{code[:5]} {code[5:]}" for code in codes],
        home_href=HOME_OF[actor.kind],
    )
    set_staff_cookie(request, shown, token)
    return shown


def _set_up_page(
    request: WebRequest, session: AsyncSession, *, faults: dict[str, str] | None = None
) -> Template:
    new = second_step.propose_step(session, request.auth, name=_arriving(request).name)
    return page(
        request,
        "staff/second_step_set_up.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        square=_draw(new.address),
        key=" ".join(new.secret[at : at + 4] for at in range(0, len(new.secret), 4)),
        may_leave=bool(request.user),
    )


def _draw(address: str) -> Markup:
    """Drawn by us, inside the page: nobody else learns the key."""
    square: Any = segno.make(address, error="m", micro=False)
    drawn = square.svg_inline(scale=5, border=4, light="#fff", title="A square for your app")
    return Markup(drawn)  # noqa: S704 - made of our own key and the person's escaped name


async def _has_step(session: AsyncSession, actor: Actor) -> bool:
    return actor.id is not None and await second_step.has_second_step(session, actor.id)


def _arriving(request: WebRequest) -> Actor:
    actor = arriving(request)
    if actor is None:
        raise NotSignedInError("Sign in to see this page.")
    return actor


ROUTER = Router(
    "/second-step",
    route_handlers=[ask_for_step, take_step, give_up, show_set_up, set_up],
    opt={"audience": "arriving"},
    request_max_body_size=4096,
)
