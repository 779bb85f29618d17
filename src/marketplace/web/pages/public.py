"""Open to all: the first page, and signing in."""

from litestar import Response, get, head, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.services import sign_in
from marketplace.settings import Settings
from marketplace.web import forms
from marketplace.web.rendering import WebRequest, as_errors, page

PUBLIC = {"audience": "public"}
HOME_OF = {
    "commissioner": "/commissioner",
    "practitioner": "/practitioner",
    "provider": "/provider",
}


@get("/", opt=PUBLIC, sync_to_thread=False)
def home(request: WebRequest) -> Template:
    return page(request, "public/home.html")


@get("/sign-in", opt=PUBLIC, sync_to_thread=False)
def sign_in_page(request: WebRequest) -> Template | Redirect:
    if request.user:
        return Redirect(HOME_OF[request.user.kind], status_code=303)
    return page(request, "public/sign_in.html", email="")


@post("/sign-in", opt=PUBLIC)
async def ask_for_link(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    email = forms.text(await request.form(), "email")
    if "@" not in email:
        errors = as_errors({"email": "Type your work e-mail address, such as name@example.org"})
        return page(request, "public/sign_in.html", status=422, errors=errors, email=email)
    await sign_in.ask_for_link(session, email)
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
    settings: Settings = request.app.state.settings
    session_token = await sign_in.sign_in(session, token)
    if request.auth:
        await sign_in.sign_out(session, request.auth)
    actor = await sign_in.find_actor(session, session_token)
    answer = Redirect(HOME_OF[actor.kind] if actor else "/sign-in", status_code=303)
    answer.set_cookie(
        settings.cookie_name,
        session_token,
        max_age=sign_in.SESSION_HOURS * 3600,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="lax",
    )
    return answer


@post("/sign-out", opt={"audience": "staff"})
async def sign_out(request: WebRequest, session: NamedDependency[AsyncSession]) -> Redirect:
    settings: Settings = request.app.state.settings
    await sign_in.sign_out(session, request.auth)
    answer = Redirect("/", status_code=303)
    answer.delete_cookie(settings.cookie_name, path="/")
    return answer


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
