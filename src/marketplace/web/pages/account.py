"""One's own sign-in: where one is signed in, and the second step."""

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.services.staff import second_step, second_step_reset, sessions
from marketplace.settings import Settings
from marketplace.web.rendering import WebRequest, page

DONE = {
    "elsewhere": "You are signed out everywhere but here.",
    "turned-off": "The second step is off.",
}


@get("/")
async def show_account(
    request: WebRequest, session: NamedDependency[AsyncSession], done: FromQuery[str] = ""
) -> Template:
    actor: Actor = request.user
    settings: Settings = request.app.state.settings
    is_on = bool(actor.id and await second_step.has_second_step(session, actor.id))
    codes = await second_step.count_recovery_codes(session, actor.id) if actor.id else 0
    return page(
        request,
        "staff/account.html",
        kind=actor.kind,
        sessions=[
            {
                "browser": one.browser,
                "since": one.created_at,
                "seen_at": one.seen_at,
                "is_here": is_here,
            }
            for one, is_here in await sessions.list_own_sessions(session, request.auth, actor=actor)
        ],
        second_step={
            "is_on": is_on,
            "codes_left": codes,
            "may_turn_off": is_on and not second_step.is_required(session, actor.kind),
        },
        is_demo=settings.demo,
        done_text=DONE.get(done, ""),
    )


@post("/sign-out-elsewhere")
async def sign_out_elsewhere(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Redirect:
    await sessions.sign_out_elsewhere(session, request.auth, actor=request.user)
    return Redirect("/account?done=elsewhere", status_code=303)


@post("/second-step/off")
async def turn_off(request: WebRequest, session: NamedDependency[AsyncSession]) -> Redirect:
    await second_step_reset.turn_off(session, actor=request.user)
    return Redirect("/account?done=turned-off", status_code=303)


ROUTER = Router(
    "/account",
    route_handlers=[show_account, sign_out_elsewhere, turn_off],
    opt={"audience": "staff"},
)
