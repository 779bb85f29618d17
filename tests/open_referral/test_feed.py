"""Feeds at an address: read as a whole, or refused with a reason and nothing changed."""

import asyncio
import datetime as dt
import gzip
import ipaddress
import itertools
import json
import time
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from fake_feed import DETAILS, Answer, Told, serve, tell
from listings_of_others import count_services, identity, page, service

from directory.open_referral import feed as feeds
from directory.open_referral.faults import BrokenFeedError, ForbiddenAddressError, ImportFault
from directory.open_referral.guarded import is_public
from directory.open_referral.spool import Spool
from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.services.upkeep.feeds import read_source, take_source

LOOPBACK = ("127.0.0.1",)
Json = dict[str, Any]


async def read(told: Told) -> int:
    """Give how many services there were."""
    with serve(told) as (address, _), Spool() as spool:
        await read_source(address, spool, allowed=LOOPBACK)
        return len(spool.ids)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "PAUSE_SECONDS", 0)


async def test_every_page_and_every_service_is_read(ground: Sessions) -> None:
    with serve(tell(*map(service, range(1, 6)))) as (address, paths), Spool() as spool:
        await read_source(address, spool, allowed=LOOPBACK)
        async with transaction(ground, EXCHANGE) as session:
            outcome = await take_source(session, address, spool, write=True)
    assert sorted(outcome.added) == [f"Money talks {number}" for number in range(1, 6)]
    assert sum(path.startswith("/services?") for path in paths) == 3
    assert sum(path.startswith("/services/") for path in paths) == 5
    assert await count_services(ground) == 5


async def test_rows_that_tell_everything_are_enough() -> None:
    whole = tell(service())

    def answer(path: str, asked: Json) -> Answer:
        if path == "/services" and asked.get("full") == "true":
            return 200, page([service()]), {}
        return whole(path, asked)

    with serve(answer) as (address, paths), Spool() as spool:
        await read_source(address, spool, allowed=LOOPBACK)
    assert len(paths) == 2


async def test_a_feed_that_knows_no_full_rows_is_asked_without() -> None:
    whole = tell(service())

    def answer(path: str, asked: Json) -> Answer:
        return (400, {}, {}) if "full" in asked else whole(path, asked)

    assert await read(answer) == 1


async def test_only_what_changed_is_asked_for() -> None:
    since = dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)
    with serve(tell()) as (address, paths), Spool() as spool:
        await read_source(address, spool, allowed=LOOPBACK, modified_after=since)
    assert "modified_after=2026-06-01T10%3A00%3A00Z" in paths[1]
    assert not spool.ids


async def test_a_server_that_stumbles_once_is_asked_again() -> None:
    whole, turns = tell(service()), itertools.count()

    def answer(path: str, asked: Json) -> Answer:
        return (503, {}, {}) if next(turns) == 1 else whole(path, asked)

    assert await read(answer) == 1


def _instead(**pages: Any) -> Told:
    """A good feed, but for the pages that are named by their number."""
    whole = tell(*map(service, range(1, 6)))

    def answer(path: str, asked: Json) -> Answer:
        wrong = pages.get(f"page{asked.get('page')}") if path == "/services" else None
        if wrong is None:
            return whole(path, asked)
        status, told, headers = whole(path, asked)
        return (status, told | wrong, headers) if isinstance(wrong, dict) else wrong

    return answer


def _endless(first: bytes) -> Iterator[bytes]:
    yield first
    yield from itertools.repeat(b" " * 1_000_000)


def _slow() -> Iterator[bytes]:
    yield b"{"
    for _ in range(20):
        time.sleep(0.05)
        yield b" "


SAME = [{"id": identity(1), "name": "Same", "status": "active", "organization": {}}] * 2
BROKEN: dict[str, tuple[Told, str]] = {
    "half a page": (
        _instead(page2=(200, json.dumps(page([service()])).encode()[:200], {})),
        "/services is no whole JSON",
    ),
    "no JSON": (_instead(page1=(200, b"<html>", {})), "no whole JSON"),
    "a list": (_instead(page1=(200, [], {})), "Page 1 has no list of contents"),
    "size": (_instead(page1={"size": 3}), "says that it has 3 rows and has 2"),
    "number": (_instead(page2={"page_number": 1}), "Page 2 says that it is page 1"),
    "pages": (_instead(page1={"total_pages": 9}), "tells 9 pages where 5 rows"),
    "total": (_instead(page2={"total_items": 4}), "changed while it was read"),
    "text": (_instead(page1={"total_items": "5"}), "total_items"),
    "empty": (_instead(page2={"contents": [], "size": 0}), "Page 2 is empty"),
    "short": (_instead(page3={"contents": [], "size": 0}), "Page 3 is empty"),
    "the same again": (_instead(page2={"contents": [service(1)] * 2}), "twice"),
    "500": (_instead(page2=(500, {}, {})), "/services answers with status 500"),
    "404": (_instead(page2=(404, {}, {})), "/services answers with status 404"),
    "one missing": (
        lambda path, asked: (404, {}, {}) if "/services/" in path else tell(service())(path, asked),
        f"/services/{identity(1)} answers with status 404",
    ),
    "no details": (lambda *_: (200, {}, {}), "version: this is missing"),
    "large": (_instead(page1=(200, _endless(b"["), {})), "more than 20 MB"),
    "unpacked": (
        _instead(page1=(200, gzip.compress(b" " * 30_000_000), {"Content-Encoding": "gzip"})),
        "more than 20 MB",
    ),
    "not packed": (
        _instead(page1=(200, b"not packed at all", {"Content-Encoding": "gzip"})),
        "cannot be read",
    ),
    "slow": (_instead(page1=(200, _slow(), {})), "takes too long"),
    "round and round": (
        _instead(page1=(302, b"", {"Location": "/services?page=1"})),
        "from one address to the next",
    ),
    "away": (
        _instead(page1=(302, b"", {"Location": "http://localhost:1/"})),
        "--allow-host localhost",
    ),
    "inside": (
        _instead(page1=(302, b"", {"Location": "http://169.254.169.254/latest"})),
        "169.254.169.254, which is not on the public internet",
    ),
    "file": (_instead(page1=(302, b"", {"Location": "file:///etc/passwd"})), "cannot be read"),
    "nul": (
        _instead(page1={"contents": [service(1, name="a\0b"), service(2)]}),
        "hidden character",
    ),
    "nothing": (tell(), "There is no service in it"),
}


@pytest.mark.parametrize("name", list(BROKEN))
async def test_a_broken_feed_says_why_and_changes_nothing(
    ground: Sessions, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "slow":
        monkeypatch.setattr(feeds, "SECONDS_OF_ANSWER", 0.2)
    told, reason = BROKEN[name]
    with serve(told) as (address, _), Spool() as spool, pytest.raises(ImportFault) as fault:
        await read_source(address, spool, allowed=LOOPBACK)
    assert reason in str(fault.value)
    assert str(fault.value).endswith("Nothing was changed.")
    assert await count_services(ground) == 0


async def test_pages_without_end_are_not_read_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_PAGES", 5)

    def answer(path: str, asked: Json) -> Answer:
        if path == "/":
            return 200, DETAILS, {}
        number = int(asked["page"])
        row = service(number)
        return 200, page([row], total_items=10**6, total_pages=10**6, page_number=number), {}

    with pytest.raises(BrokenFeedError, match="more than 5 pages"):
        await read(answer)


async def test_the_same_service_128_times() -> None:
    def answer(path: str, asked: Json) -> Answer:
        return (200, DETAILS, {}) if path == "/" else (200, page([service(1)] * 128), {})

    with pytest.raises(BrokenFeedError, match="twice"):
        await read(answer)


async def test_an_address_of_our_own_network_is_refused() -> None:
    advice = pytest.raises(ForbiddenAddressError, match=r"--allow-host 127\.0\.0\.1")
    with serve(tell(service())) as (address, paths), Spool() as spool, advice:
        await read_source(address, spool)
    assert not paths


@pytest.mark.parametrize(
    "answers", [["10.0.0.1"], ["192.168.1.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:10.0.0.1"]]
)
async def test_a_name_that_leads_inside_is_refused(answers: list[str]) -> None:
    with _dns(*answers), Spool() as spool, pytest.raises(ForbiddenAddressError):
        await read_source("http://feed.example.org", spool)


async def test_a_name_is_resolved_once_and_the_address_that_was_checked_is_used() -> None:
    """A second question to the DNS could be answered with another address."""
    with serve(tell(service())) as (address, _), Spool() as spool:
        named = address.replace("127.0.0.1", "feed.example.org")
        with _dns("127.0.0.1") as asked:
            await read_source(named, spool, allowed=["feed.example.org"])
    assert len(spool.ids) == 1
    assert set(asked) == {"feed.example.org"}


@pytest.mark.parametrize(
    "source", ["ftp://example.org", "http://", "https://me:secret@example.org"]
)
async def test_what_is_no_address_of_a_feed(source: str) -> None:
    with Spool() as spool, pytest.raises(BrokenFeedError, match="no address of a feed"):
        await read_source(source, spool)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to refuse
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("2002:7f00:1::", False),
        ("2001:0:53aa:64c:0:fbff:f5ff:fffe", False),
    ],
)
def test_which_addresses_are_public(address: str, *, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


def _dns(*answers: str) -> Any:
    """Answer every name with these; gives the names that were asked for."""
    asked: list[str] = []

    async def resolve(_loop: Any, host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", (answer, port)) for answer in answers]

    class Patched:
        def __enter__(self) -> list[str]:
            self._patch = patch.object(asyncio.BaseEventLoop, "getaddrinfo", resolve)
            self._patch.start()
            return asked

        def __exit__(self, *_: object) -> None:
            self._patch.stop()

    return Patched()
