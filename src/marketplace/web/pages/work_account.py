"""Staff of a council come in by its own sign-in, which asks for a second step itself."""

from litestar import Router, get
from litestar.response import Redirect

from marketplace.db.acting import PUBLIC
from marketplace.db.session import transaction
from marketplace.errors import NotFoundError, WorkAccountError
from marketplace.services.staff import limits, sessions, work_accounts
from marketplace.settings import Settings
from marketplace.web import openid
from marketplace.web.clients import browser_of, client_of
from marketplace.web.rendering import WebRequest
from marketplace.web.staff_cookie import HOME_OF, go_in


@get("/")
async def go_there(request: WebRequest) -> Redirect:
    settings = _settings(request)
    # No connection of ours is held while another house is asked.
    async with transaction(request.app.state.sessions, PUBLIC) as session:
        await limits.take(session, limits.WORK_ACCOUNTS_FOR_A_CLIENT, client_of(request))
    cookie = openid.begin_way()
    way = openid.find_way(settings.secret_keys, cookie)
    answer = Redirect(await openid.say_where(settings, way), status_code=303)
    answer.set_cookie(
        _cookie_name(settings),
        cookie,
        max_age=openid.WAY_SECONDS,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="lax",
    )
    return answer


@get("/back")
async def come_back(request: WebRequest) -> Redirect:
    settings = _settings(request)
    cookie = request.cookies.get(_cookie_name(settings))
    if not cookie:
        raise WorkAccountError
    way = openid.find_way(settings.secret_keys, cookie)
    given = request.query_params
    account = await openid.find_who(
        settings,
        way,
        state=given.get("state", ""),
        code=given.get("code", ""),
        issuer=given.get("iss"),
    )
    async with transaction(request.app.state.sessions, PUBLIC) as session:
        token = await work_accounts.sign_in_by_work_account(
            session, account, browser=browser_of(request)
        )
        if request.auth:
            await sessions.sign_out(session, request.auth)
        signed_in = await sessions.find_signed_in(session, token)
    answer = go_in(request, token, to=HOME_OF[signed_in.actor.kind] if signed_in else "/sign-in")
    answer.delete_cookie(_cookie_name(settings), path="/")
    return answer


def _settings(request: WebRequest) -> Settings:
    settings: Settings = request.app.state.settings
    if not settings.oidc_issuer:
        raise NotFoundError
    return settings


def _cookie_name(settings: Settings) -> str:
    return "__Host-way" if settings.is_https else "way"


ROUTER = Router("/work-account", route_handlers=[go_there, come_back], opt={"audience": "public"})
