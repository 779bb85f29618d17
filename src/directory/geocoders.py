"""Our own tables, and at a council's wish one outside service, both as geopy's geocoders.

Only for words typed on a public page. Nothing here may be given a family's area: those go through
`directory.geocoding`, which this module does not touch, and which imports nothing from here.
"""

import datetime as dt
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn, Self

import httpx
from geopy.adapters import AdapterHTTPError, BaseAsyncAdapter
from geopy.exc import (
    GeocoderParseError,
    GeocoderServiceError,
    GeocoderTimedOut,
    GeocoderUnavailable,
)
from geopy.geocoders import Nominatim
from geopy.geocoders.base import Geocoder
from geopy.location import Location
from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import UnknownPlaceError, place_from_point
from directory.listing import OutsideAnswer
from directory.whereabouts import DidYouMeanError, Whereabouts, find_whereabouts, stand_at

USER_AGENT = "early-help-directory (https://example.org/early-help)"
TIMEOUT_SECONDS = 3
# Any constant will do: one question at a time, whichever process asks.
OUTSIDE_LOCK = 7_093_003
# The public service asks for no more than one question a second.
PAUSE: ColumnElement[dt.timedelta] = literal_column("interval '1 second'")
LONGEST_ASKED = 60
HTTP_ERRORS_FROM = 400


class _NoNetwork(BaseAsyncAdapter):  # type: ignore[misc]  # geopy ships no types
    """What our own geocoder has in place of the network."""

    async def get_json(self, *_: Any, **__: Any) -> NoReturn:
        raise GeocoderServiceError("our own tables are asked without a network")

    get_text = get_json


class DirectoryGeocoder(Geocoder):  # type: ignore[misc]  # as above
    """Postcodes and their parts, grid squares and towns, out of PostgreSQL."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(adapter_factory=_NoNetwork)
        self.session = session

    async def geocode(self, query: str) -> Location:
        """Find one place; `raw` of the answer is its Whereabouts."""
        found = await find_whereabouts(self.session, query)
        return Location(found.name, found.place.point, found)


class HttpxAdapter(BaseAsyncAdapter):  # type: ignore[misc]  # as above
    """The HTTP client that the rest of the project uses."""

    def __init__(
        self, *, proxies: Any, ssl_context: Any, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        super().__init__(proxies=proxies, ssl_context=ssl_context)
        self.client = httpx.AsyncClient(transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def get_text(self, url: str, *, timeout: float, headers: Mapping[str, str]) -> str:  # noqa: ASYNC109 - geopy's own signature
        try:
            answer = await self.client.get(url, timeout=timeout, headers=dict(headers))
        except httpx.TimeoutException as error:
            raise GeocoderTimedOut(str(error)) from error
        except httpx.HTTPError as error:
            raise GeocoderUnavailable(str(error)) from error
        if answer.status_code >= HTTP_ERRORS_FROM:
            raise AdapterHTTPError(
                f"the service answered {answer.status_code}",
                status_code=answer.status_code,
                headers=answer.headers,
                text=answer.text,
            )
        return answer.text

    async def get_json(self, url: str, *, timeout: float, headers: Mapping[str, str]) -> Any:  # noqa: ASYNC109 - as above
        text = await self.get_text(url, timeout=timeout, headers=headers)
        try:
            return json.loads(text)
        except ValueError as error:
            raise GeocoderParseError("the service answered no JSON") from error


def outside_geocoder(domain: str, adapter_factory: Any = HttpxAdapter) -> Nominatim:
    return Nominatim(
        domain=domain,
        user_agent=USER_AGENT,
        timeout=TIMEOUT_SECONDS,
        adapter_factory=adapter_factory,
    )


async def locate_typed(
    session: AsyncSession,
    text: str,
    *,
    outside: Nominatim | None = None,
    may_ask: Callable[[], Awaitable[None]] | None = None,
) -> Whereabouts:
    """Ask our own tables, and only for a name that they do not know the outside service.

    `may_ask` raises where whoever typed it has had enough looked up outside.
    """
    try:
        location = await DirectoryGeocoder(session).geocode(text)
    except DidYouMeanError:
        raise
    except UnknownPlaceError:
        found = await _ask_outside(session, text, outside, may_ask) if outside else None
        if found is None:
            raise
        return found
    known: Whereabouts = location.raw
    return known


async def _ask_outside(
    session: AsyncSession,
    text: str,
    outside: Nominatim,
    may_ask: Callable[[], Awaitable[None]] | None,
) -> Whereabouts | None:
    asked = " ".join(text.lower().split())
    # What holds a figure could be an address or a postcode: that never leaves this house.
    if len(asked) > LONGEST_ASKED or any(letter.isdigit() for letter in asked):
        return None
    answer = await session.get(OutsideAnswer, asked)
    if answer is None:
        if may_ask:
            await may_ask()
        answer = await _fetch(session, asked, outside)
    if answer is None or answer.easting is None or answer.northing is None:
        return None
    return await stand_at(session, text, easting=answer.easting, northing=answer.northing)


async def _fetch(session: AsyncSession, asked: str, outside: Nominatim) -> OutsideAnswer | None:
    """Ask once and remember; busy or broken, there is no answer, and nobody waits for one."""
    is_free = select(func.pg_try_advisory_xact_lock(OUTSIDE_LOCK))
    lately = select(func.max(OutsideAnswer.asked_at) > func.now() - PAUSE)
    if not await session.scalar(is_free) or await session.scalar(lately):
        return None
    try:
        async with outside:
            location = await outside.geocode(asked, country_codes="gb")
    except GeocoderServiceError:
        return None
    place = location and place_from_point(location.point)
    values = {
        "asked": asked,
        "easting": place and place[0],
        "northing": place and place[1],
        "asked_at": func.clock_timestamp(),
    }
    stored = insert(OutsideAnswer).values(values).on_conflict_do_nothing()
    await session.execute(stored)
    return await session.get(OutsideAnswer, asked)
