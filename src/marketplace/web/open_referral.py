"""The public feed of the directory: Open Referral UK 3.0, for any machine that asks."""

import gzip
import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from directory.open_referral import answers
from directory.open_referral.openapi import describe_feed
from directory.open_referral.question import (
    OF_LOCATIONS,
    OF_SERVICES,
    PAGING,
    BadParameterError,
    Parameter,
    Question,
    read_identity,
    read_question,
)
from marketplace.errors import NotFoundError
from marketplace.settings import Settings
from marketplace.web.failures import log, words_for
from marketplace.web.rendering import WebRequest

PATH = "/open-referral/v3"
PUBLIC = {"audience": "public"}
SERVER_ERROR = 500
NOT_MODIFIED = 304
SMALLEST_ZIPPED = 1_000
ZIP_LEVEL = 4
OF_ORGANIZATIONS = PAGING | {"full": OF_SERVICES["full"]}

Json = dict[str, Any]
Database = NamedDependency[AsyncSession]


@get("/", opt=PUBLIC, sync_to_thread=False)
def api_details(request: WebRequest) -> Response[bytes]:
    return _answer(request, answers.api_details(f"{_base_url(request)}/openapi.json"))


@get("/openapi.json", opt=PUBLIC, sync_to_thread=False)
def openapi(request: WebRequest) -> Response[bytes]:
    return _answer(request, describe_feed(_base_url(request)))


@get("/services", opt=PUBLIC)
async def services(request: WebRequest, session: Database) -> Response[bytes]:
    question = _question(request, OF_SERVICES)
    return _answer(request, await answers.services_page(session, question))


@get("/services/{id_:str}", opt=PUBLIC)
async def service(request: WebRequest, session: Database, id_: FromPath[str]) -> Response[bytes]:
    return await _one(request, session, id_, answers.one_service)


@get("/service_at_locations", opt=PUBLIC)
async def at_locations(request: WebRequest, session: Database) -> Response[bytes]:
    question = _question(request, OF_LOCATIONS)
    return _answer(request, await answers.at_locations_page(session, question))


@get("/service_at_locations/{id_:str}", opt=PUBLIC)
async def at_location(
    request: WebRequest, session: Database, id_: FromPath[str]
) -> Response[bytes]:
    return await _one(request, session, id_, answers.one_at_location)


@get("/organizations", opt=PUBLIC)
async def organizations(request: WebRequest, session: Database) -> Response[bytes]:
    question = _question(request, OF_ORGANIZATIONS)
    return _answer(request, await answers.organizations_page(session, question))


@get("/organizations/{id_:str}", opt=PUBLIC)
async def organization(
    request: WebRequest, session: Database, id_: FromPath[str]
) -> Response[bytes]:
    return await _one(request, session, id_, answers.one_organization)


@get("/taxonomies", opt=PUBLIC, sync_to_thread=False)
def taxonomies(request: WebRequest) -> Response[bytes]:
    return _answer(request, answers.taxonomies_page(_question(request, PAGING)))


@get("/taxonomies/{id_:str}", opt=PUBLIC, sync_to_thread=False)
def taxonomy(request: WebRequest, id_: FromPath[str]) -> Response[bytes]:
    return _answer_or_nothing(request, answers.one_taxonomy(read_identity(id_)))


@get("/taxonomy_terms", opt=PUBLIC, sync_to_thread=False)
def terms(request: WebRequest) -> Response[bytes]:
    return _answer(request, answers.terms_page(_question(request, PAGING)))


@get("/taxonomy_terms/{id_:str}", opt=PUBLIC, sync_to_thread=False)
def term(request: WebRequest, id_: FromPath[str]) -> Response[bytes]:
    return _answer_or_nothing(request, answers.one_term(read_identity(id_)))


def show_problem(_: WebRequest, error: Exception) -> Response[bytes]:
    """Tell a machine what a person would read (RFC 9457)."""
    if isinstance(error, BadParameterError):
        status, title, what_to_do = 400, "A parameter cannot be read", [str(error)]
    else:
        status, title, what_to_do = words_for(error)
    if status >= SERVER_ERROR:
        log.error("request failed", exc_info=error)
    problem = {"status": status, "title": title, "detail": " ".join(what_to_do)}
    return Response(
        msgspec.json.encode(problem),
        status_code=status,
        media_type="application/problem+json",
        headers={"Access-Control-Allow-Origin": "*"},
    )


def _question(request: WebRequest, known: dict[str, Parameter]) -> Question:
    return read_question(dict(request.query_params.items()), known)


async def _one(
    request: WebRequest,
    session: AsyncSession,
    id_: str,
    find: Callable[[AsyncSession, UUID], Awaitable[Json | None]],
) -> Response[bytes]:
    return _answer_or_nothing(request, await find(session, read_identity(id_)))


def _answer_or_nothing(request: WebRequest, found: Json | None) -> Response[bytes]:
    if found is None:
        raise NotFoundError("There is none with this id.")
    return _answer(request, found)


def _answer(request: WebRequest, told: Json) -> Response[bytes]:
    """Compare what would be sent, not when it changed: a row that left a page changes no date."""
    body = msgspec.json.encode(told)
    headers = {
        "Access-Control-Allow-Origin": "*",
        "ETag": f'W/"{hashlib.sha256(body).hexdigest()[:32]}"',
        "Vary": "Accept-Encoding",
    }
    if newest := _newest(told):
        headers["Last-Modified"] = format_datetime(newest, usegmt=True)
    if _is_held(request, headers["ETag"], only=newest if "contents" not in told else None):
        return Response(b"", status_code=NOT_MODIFIED, headers=headers)
    if len(body) >= SMALLEST_ZIPPED and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, ZIP_LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type="application/json", headers=headers)


def _newest(told: Json) -> datetime | None:
    rows = [told, *told.get("contents", [])]
    rows += [row["service"] for row in rows if "service" in row]
    times = [row["last_modified"] for row in rows if "last_modified" in row]
    return datetime.fromisoformat(max(times)).astimezone(UTC) if times else None


def _is_held(request: WebRequest, tag: str, *, only: datetime | None) -> bool:
    """A date decides for one thing alone, and only where no tag was sent (RFC 9110, 13.1.3)."""
    if held := request.headers.get("if-none-match"):
        return held.strip() == "*" or tag in {one.strip() for one in held.split(",")}
    since = request.headers.get("if-modified-since")
    if since is None or only is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return False
    # The header counts whole seconds.
    return moment.tzinfo is not None and only.replace(microsecond=0) <= moment


def _base_url(request: WebRequest) -> str:
    settings: Settings = request.app.state.settings
    return f"{settings.base_url}{PATH}"


ROUTER = Router(
    path=PATH,
    route_handlers=[
        api_details,
        openapi,
        services,
        service,
        at_locations,
        at_location,
        organizations,
        organization,
        taxonomies,
        taxonomy,
        terms,
        term,
    ],
    exception_handlers={Exception: show_problem},
)
