"""Reads a feed from its address: every page, and every service by itself where rows tell little."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from directory.open_referral.checking import is_id
from directory.open_referral.faults import BrokenFeedError
from directory.open_referral.files import decode
from directory.open_referral.guarded import GuardedTransport
from directory.open_referral.pages import Reading, read_page

Json = dict[str, Any]

PER_PAGE = 100
AT_ONCE = 4
MOST_BYTES_OF_ANSWER = 20_000_000
MOST_PAGES = 20_000
MOST_REDIRECTS = 3
SECONDS = 20.0
SECONDS_OF_ANSWER = 60.0
TRIES = 3
PAUSE_SECONDS = 0.5
SERVER_ERROR = 500
TOO_MANY = 429
BAD_REQUEST = 400


class Feed:
    def __init__(self, client: httpx.AsyncClient, address: str) -> None:
        self._client, self._address = client, address.rstrip("/")

    async def api_details(self) -> Any:
        return await self._get("/")

    async def services(self, modified_after: dt.datetime | None) -> AsyncIterator[Any]:
        """Yield each service whole, once every page has said that it is there."""
        asked: dict[str, str | int] = {"per_page": PER_PAGE, "full": "true"}
        if modified_after is not None:
            asked["modified_after"] = modified_after.isoformat().replace("+00:00", "Z")
        reading = Reading()
        while reading.total_items is None or reading.pages < reading.total_pages:
            if reading.pages == MOST_PAGES:
                raise BrokenFeedError(f"It has more than {MOST_PAGES:,} pages.")
            page = await self._get("/services", asked | {"page": reading.pages + 1})
            for service in await self._fill(read_page(page, reading)):
                yield service
        reading.finish()

    async def _fill(self, rows: list[Any]) -> list[Any]:
        turn = asyncio.Semaphore(AT_ONCE)

        async def fill(row: Any) -> Any:
            if not isinstance(row, dict) or "service_at_locations" in row:
                return row
            if not is_id(row.get("id")):
                return row
            async with turn:
                return await self._get(f"/services/{row['id']}")

        return list(await asyncio.gather(*map(fill, rows)))

    async def _get(self, path: str, asked: dict[str, str | int] | None = None) -> Any:
        for number in range(1, TRIES + 1):
            status, body = await self._try(path, asked or {})
            if status == BAD_REQUEST and asked and "full" in asked:
                del asked["full"]
                continue
            if status < SERVER_ERROR and status != TOO_MANY:
                break
            if number < TRIES:
                await asyncio.sleep(PAUSE_SECONDS * number)
        if status != httpx.codes.OK:
            raise BrokenFeedError(f"{path} answers with status {status}.")
        return decode(body, name=path)

    async def _try(self, path: str, asked: dict[str, str | int]) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(SECONDS_OF_ANSWER):
                return await self._read(path, asked)
        except (httpx.TimeoutException, TimeoutError) as error:
            raise BrokenFeedError(f"{path} takes too long to answer.") from error
        except httpx.TooManyRedirects as error:
            raise BrokenFeedError(f"{path} leads from one address to the next.") from error
        except httpx.HTTPError as error:
            raise BrokenFeedError(f"{path} cannot be read: {error}.") from error

    async def _read(self, path: str, asked: dict[str, str | int]) -> tuple[int, bytes]:
        """Count what was unpacked: a small answer may become a very large one."""
        body = bytearray()
        async with self._client.stream("GET", self._address + path, params=asked) as answer:
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MOST_BYTES_OF_ANSWER:
                    most = MOST_BYTES_OF_ANSWER // 1_000_000
                    raise BrokenFeedError(f"{path} answers with more than {most} MB.")
            return answer.status_code, bytes(body)


@asynccontextmanager
async def open_feed(address: str, *, allowed: Collection[str]) -> AsyncIterator[Feed]:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise BrokenFeedError(f"“{address}” is no address of a feed: begin with https://.")
    client = httpx.AsyncClient(
        transport=GuardedTransport(allowed),
        timeout=SECONDS,
        follow_redirects=True,
        max_redirects=MOST_REDIRECTS,
        trust_env=False,
        headers={"Accept": "application/json"},
    )
    async with client:
        yield Feed(client, address)
