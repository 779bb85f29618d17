"""Open to all: the first page, and signing in."""

from litestar import Response, get, head, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.services.staff import sessions, sign_in
from marketplace.settings import Settings
from marketplace.web import forms
from marketplace.web.auth import arriving
from marketplace.web.clients import browser_of, client_of
from marketplace.web.rendering import WebRequest, as_errors, page
from marketplace.web.staff_cookie import HOME_OF, go_in

PUBLIC = {"audience": "public"}


@get("/", opt=PUBLIC, sync_to_thread=False)
def home(request: WebRequest) -> Template:
    return page(request, "public/home.html")


@get("/sign-in", opt=PUBLIC, sync_to_thread=False)
def sign_in_page(request: WebRequest) -> Template | Redirect:
    if request.user:
        return Redirect(HOME_OF[request.user.kind], status_code=303)
    if arriving(request):
        return Redirect("/second-step", status_code=303)
    return _sign_in_form(request)


@post("/sign-in", opt=PUBLIC)
async def ask_for_link(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    email = forms.text(await request.form(), "email")
    if "@" not in email:
        fault = "Type your work e-mail address, such as name@example.org"
        return _sign_in_form(request, email=email, faults={"email": fault})
    await sign_in.ask_for_link(session, email, client=client_of(request))
    settings: Settings = request.app.state.settings
    return page(request, "public/check_email.html", email=email, is_demo=settings.demo)


@get("/sign-in/{token:str}", opt=PUBLIC, sync_to_thread=False)
def confirm_sign_in(request: WebRequest, token: FromPath[str]) -> Template:
    # Mail scanners open every link: opening must not use it up.
    return page(request, "public/sign_in_confirm.html", token=token)


@head("/sign-in/{token:str}", opt=PUBLIC, media_type="text/html", sync_to_thread=False)
def head_sign_in(token: FromPath[str]) -> None:
    """A scanner's look changes nothing."""


@post("/sign-in/{token:str}", opt=PUBLIC)
async def use_link(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Redirect:
    session_token = await sign_in.sign_in(session, token, browser=browser_of(request))
    if request.auth:
        await sessions.sign_out(session, request.auth)
    signed_in = await sessions.find_signed_in(session, session_token)
    to = HOME_OF[signed_in.actor.kind] if signed_in and signed_in.is_whole else "/second-step"
    return go_in(request, session_token, to=to)


@post("/sign-out", opt={"audience": "staff"})
async def sign_out(request: WebRequest, session: NamedDependency[AsyncSession]) -> Redirect:
    settings: Settings = request.app.state.settings
    await sessions.sign_out(session, request.auth)
    answer = Redirect("/", status_code=303)
    answer.delete_cookie(settings.cookie_name, path="/")
    return answer


def _sign_in_form(
    request: WebRequest, *, email: str = "", faults: dict[str, str] | None = None
) -> Template:
    settings: Settings = request.app.state.settings
    return page(
        request,
        "public/sign_in.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        email=email,
        by_work_account=bool(settings.oidc_issuer),
    )


@get("/healthz", opt=PUBLIC, sync_to_thread=False)
def alive() -> Response[str]:
    return Response("alive\n", media_type="text/plain")


HANDLERS = [
    home,
    sign_in_page,
    ask_for_link,
    confirm_sign_in,
    head_sign_in,
    use_link,
    sign_out,
    alive,
]
