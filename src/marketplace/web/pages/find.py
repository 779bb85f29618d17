"""Open to all: help near a place, and a page for each service."""

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.found import Found
from directory.geocoders import locate_typed, outside_geocoder
from directory.geocoding import UnknownPlaceError
from directory.plain_words import ACCESS, LANGUAGES
from directory.postcodes import say_source
from directory.questions import Question, read_question
from directory.search import PAGE_SIZE, FoundPage, find_help
from directory.service_page import find_service
from directory.taxonomy import load_taxonomy
from directory.whereabouts import (
    DidYouMeanError,
    Whereabouts,
    name_in_words,
)
from directory.widening import Widening, ways_to_widen
from directory.wishes import Wish
from marketplace.errors import NotFoundError
from marketplace.services.asks.asking_areas import any_council_asks
from marketplace.services.staff import limits
from marketplace.settings import Settings
from marketplace.web import forms, words
from marketplace.web.clients import client_of
from marketplace.web.find_form import (
    DISTANCES_METRES,
    MILES,
    FindForm,
    add_query,
    ask_address,
    read_find_form,
)
from marketplace.web.map_drawing import draw_map
from marketplace.web.rendering import Paging, WebRequest, as_errors, page
from marketplace.web.websites import safe_link

PUBLIC = {"audience": "public"}
# Nobody counts further, and the search ranks no more than the nearest.
MOST_COUNTED = 300
WHERE = "Tell us where: a postcode, the first half of one, or a town"
NAMES_OF_PARTS = {
    "day": ("day", "Any day"),
    "language": ("language", "Any language"),
    "access": ("access", "Without the access choice"),
    "age": ("age", "Any age"),
    "free": ("price", "Also help that costs something"),
    "need": ("need", "Any kind of help"),
    "question": ("what", "Without your words"),
}


@get("/find", opt=PUBLIC)
async def find(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    given = request.query_params
    form, question = read_find_form(given), read_question(given.get("what", ""))
    told: dict[str, Any] = {"near": None, "errors": [], "did_you_mean": []}
    if not form.is_empty:
        try:
            near = await _whereabouts(session, form, request)
            told |= await _search(session, form, question, near=near, number=given.get("page", ""))
        except UnknownPlaceError as error:
            told |= _not_known(form, error)
    return page(
        request,
        "public/find.html",
        form=form,
        choices=_choices(),
        is_sensitive=_is_sensitive(form, question),
        can_ask=await any_council_asks(session),
        attribution=await say_source(session),
        **told,
    )


async def _whereabouts(session: AsyncSession, form: FindForm, request: WebRequest) -> Whereabouts:
    settings: Settings = request.app.state.settings
    if form.where:
        outside = outside_geocoder(settings.nominatim) if settings.nominatim else None
        may_ask = partial(limits.take, session, limits.OUTSIDE_LOOK_UPS, client_of(request))
        return await locate_typed(session, form.where, outside=outside, may_ask=may_ask)
    # "Food bank Lowestoft" says it all in one line.
    named = await name_in_words(session, form.what)
    if named is None:
        raise UnknownPlaceError("")
    return named


def _not_known(form: FindForm, error: UnknownPlaceError) -> dict[str, Any]:
    names = error.names if isinstance(error, DidYouMeanError) else ()
    return {
        "errors": as_errors({"where": str(error) if form.where else WHERE}),
        "did_you_mean": [{"text": name, "href": form.href(where=name)} for name in names],
    }


async def _search(
    session: AsyncSession, form: FindForm, question: Question, *, near: Whereabouts, number: str
) -> dict[str, Any]:
    wish = form.wish(near.place, question)
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 1  # noqa: PLR2004 - no list is so long
    found = await find_help(session, wish, page=max(wanted, 1))
    if not found.results and wanted > 1:
        found = await find_help(session, wish)
    paging = Paging(wanted, found.total, "/find", form.query(), size=PAGE_SIZE)
    first = paging.offset + 1
    return {
        "near": near,
        "total": found.total,
        "most_counted": MOST_COUNTED,
        "page": paging.as_context(),
        "results": [
            _found_view(one, form, number) for number, one in enumerate(found.results, first)
        ],
        "map": draw_map(found.results, near=near.place, first_number=first),
        "understood": _understood(question, found),
        "wider": await _widen(session, form, wish) if not found.total else [],
    }


def _understood(question: Question, found: FoundPage) -> str | None:
    """Say what the words were taken for, so that a wrong guess is seen at once."""
    if found.by_spelling or not question.meant:
        return None
    return ", ".join(load_taxonomy()[code].label for code in sorted(question.meant))


async def _widen(session: AsyncSession, form: FindForm, wish: Wish) -> list[dict[str, Any]]:
    ways = await ways_to_widen(session, wish, distances_metres=list(DISTANCES_METRES))
    return [_way(form, way) for way in ways]


def _way(form: FindForm, way: Widening) -> dict[str, Any]:
    if way.within_metres is None:
        field, text = NAMES_OF_PARTS[way.part]
        return {"href": form.href(**{field: ""}), "text": text, "count": way.found}
    miles = DISTANCES_METRES[way.within_metres]
    text = f"Look up to {miles} miles away"
    return {"href": form.href(miles=miles), "text": text, "count": way.found}


def _is_sensitive(form: FindForm, question: Question) -> bool:
    chosen = load_taxonomy().get(form.need)
    return question.is_sensitive or (chosen is not None and chosen.sensitive)


@cache
def _choices() -> dict[str, list[dict[str, str]]]:
    needs = {term.code: term.label for term in load_taxonomy().values()}
    return {
        "need": _items(needs),
        "day": _items(words.DAY_NAMES),
        "language": _items({code: name for code, name in LANGUAGES.items() if code != "en"}),
        "access": _items(ACCESS),
        "miles": [
            {"value": miles, "text": f"{miles} mile{'s'[: miles != '1']}"} for miles in MILES
        ],
    }


def _items(named: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"value": code, "text": text} for code, text in named.items()]


def _found_view(found: Found, form: FindForm, number: int) -> dict[str, Any]:
    return {
        "number": number,
        "href": add_query(f"/find/services/{found.service_id}", form),
        "ask_href": ask_address(str(found.service_id), form),
        "has_place": found.easting is not None,
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


@get("/find/services/{service_id:str}", opt=PUBLIC)
async def service(
    request: WebRequest, session: NamedDependency[AsyncSession], service_id: FromPath[str]
) -> Template:
    found = await find_service(session, forms.parse_id(service_id))
    if found is None:
        raise NotFoundError
    form = read_find_form(request.query_params)
    return page(
        request,
        "public/service.html",
        service=found,
        phone=words.local_phone(found.phone) if found.phone else None,
        website=safe_link(found.website),
        back=form.href(),
        is_sensitive=found.is_sensitive,
        ask_href=ask_address(service_id, form) if await any_council_asks(session) else None,
    )


HANDLERS = [find, service]
