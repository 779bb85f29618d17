"""Open to all: the first page, help near a postcode, and signing in."""

from typing import Any

from litestar import Response, get, head, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.found import Found
from directory.geocoding import UnknownPlaceError
from directory.postcodes import ATTRIBUTION
from directory.search import find_help, place_from_text
from directory.taxonomy import load_taxonomy
from marketplace.services import sign_in
from marketplace.settings import Settings
from marketplace.web import forms, words
from marketplace.web.rendering import WebRequest, as_errors, page

PUBLIC = {"audience": "public"}
HOME_OF = {
    "commissioner": "/commissioner",
    "practitioner": "/practitioner",
    "provider": "/provider",
}
MOST_SHOWN = 25
DISTANCES_KM = ("2", "5", "10", "25")


@get("/", opt=PUBLIC, sync_to_thread=False)
def home(request: WebRequest) -> Template:
    return page(request, "public/home.html")


@get("/find", opt=PUBLIC)
async def find(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    postcode: FromQuery[str] = "",
    need: FromQuery[str] = "",
    km: FromQuery[str] = "10",
) -> Template:
    km = km if km in DISTANCES_KM else "10"
    need = need if need in load_taxonomy() else ""
    results: list[Found] = []
    faults = {}
    if postcode.strip():
        try:
            near = await place_from_text(session, postcode[:20])
            results = await find_help(
                session, near=near, need=need or None, within_km=float(km), limit=MOST_SHOWN + 1
            )
        except UnknownPlaceError as error:
            faults["postcode"] = str(error)
    return page(
        request,
        "public/find.html",
        errors=as_errors(faults),
        postcode=postcode[:20],
        need=need,
        km=km,
        needs=[{"code": term.code, "text": term.label} for term in load_taxonomy().values()],
        searched=bool(postcode.strip()),
        results=[_found_view(one) for one in results[:MOST_SHOWN]],
        more=len(results) > MOST_SHOWN,
        attribution=ATTRIBUTION,
    )


def _found_view(found: Found) -> dict[str, Any]:
    return {
        "service_name": found.service_name,
        "provider_name": found.provider_name,
        "what": ", ".join(found.helps_with),
        "distance_text": f"{found.outward}, {found.distance}" if found.outward else found.distance,
        "when": found.days,
        "price_text": found.price,
        "places_text": found.places,
        "confirmed_on": found.confirmed_on,
        "phone": words.local_phone(found.phone) if found.phone else None,
        "email": found.email,
    }


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
    find,
    sign_in_page,
    ask_for_link,
    confirm_sign_in,
    head_sign_in,
    use_link,
    sign_out,
    alive,
]
