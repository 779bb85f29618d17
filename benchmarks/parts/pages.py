"""Every page of the application, as whom it is for, with a whole county in the database."""

from __future__ import annotations

import asyncio
import gc
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import httpx
from parts.plan import _settings as settings_for
from report import Part, Report, write_seconds
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from worlds.addresses import Addresses, find_addresses
from worlds.running import store_running

from marketplace.app import create_app
from marketplace.db.embedded import Cluster, remove_cluster, start_cluster
from marketplace.db.migrate import migrate
from marketplace.db.session import make_engine, make_sessions
from marketplace.settings import Settings

ASKED_SECONDS = 0.15
ROUNDS = 20
ROUTES = Path(__file__).parents[2] / "tests" / "web" / "routes.txt"
MOST_LISTED = 25


@dataclass(frozen=True)
class Timed:
    """`work`: seconds that this process and the database's were at work, whoever else was."""

    route: str
    status: int
    seconds: Sequence[float]
    work: Sequence[float]
    size: int

    def part(self, share: float, *, of: str = "seconds") -> float:
        values = sorted(getattr(self, of))
        return values[min(len(values) - 1, int(share * len(values)))]


def measure(report: Report, _: float) -> None:
    folder = Path(tempfile.mkdtemp(prefix="early-help-pages-"))
    folder.chmod(0o755)
    try:
        cluster = start_cluster(folder, durable=True)
        asyncio.run(_measure(report, cluster, folder))
    finally:
        remove_cluster(folder)
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(report: Report, cluster: Cluster, folder: Path) -> None:
    logging.getLogger("httpx").setLevel(logging.WARNING)
    await migrate(cluster.owner_url, cluster.application_url)
    settings = settings_for(cluster, folder)
    owner = make_engine(cluster.owner_url, role=None)
    engine = make_engine(cluster.application_url)
    begin = perf_counter()
    council = await store_running(owner, make_sessions(engine, settings))
    report.say("the county stored and planned", write_seconds(perf_counter() - begin))
    await engine.dispose()
    addresses = await find_addresses(owner, settings, council)
    report.say("what is stored", addresses.stored)
    timed = await time_pages(owner, settings, addresses)
    await owner.dispose()
    _tell(report, timed)


async def time_pages(
    owner: AsyncEngine,
    settings: Settings,
    addresses: Addresses,
    *,
    only: str = "",
    rounds: int = ROUNDS,
) -> list[Timed]:
    """Ask every GET route in turn, and a family's question, one request after the other."""
    async with _open(settings) as application:
        return [
            await _time(application, owner, settings, route, addresses=addresses, rounds=rounds)
            for route in _routes()
            if only in route[1]
        ]


def _routes() -> Iterator[tuple[str, str, str]]:
    for line in ROUTES.read_text(encoding="utf-8").splitlines():
        method, path, audience = line.split()
        if method == "GET" and audience != "demo":
            yield method, path, audience
    yield "POST", "/o/{token:str}", "family"


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[Any]:
    application = create_app(settings)
    async with application.lifespan():
        # The county was made in this process: what a server never holds is not gone through.
        gc.collect()
        gc.freeze()
        yield application


async def _time(
    application: Any,
    owner: AsyncEngine,
    settings: Settings,
    route: tuple[str, str, str],
    *,
    addresses: Addresses,
    rounds: int,
) -> Timed:
    method, path, audience = route
    cookie = addresses.cookies.get(audience)
    cookies = {settings.cookie_name: cookie} if cookie else {}
    form = addresses.question if method == "POST" else None
    seconds, work = [], []
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(
        transport=transport, base_url=settings.base_url, cookies=cookies
    ) as browser:
        await browser.request(method, addresses.fill(path), data=form)
        servers = await _servers(owner)
        for _ in range(rounds):
            before, begin = _work(servers), perf_counter()
            answer = await browser.request(method, addresses.fill(path), data=form)
            seconds.append(perf_counter() - begin)
            work.append(_work(servers) - before)
    return Timed(f"{method} {path}", answer.status_code, seconds, work, len(answer.content))


def _work(servers: Sequence[int]) -> float:
    """Seconds of processor time of this process and of the database's, whoever else is busy."""
    return process_time() + sum(_on_processor(pid) for pid in servers)


async def _servers(owner: AsyncEngine) -> list[int]:
    """The database's processes that serve the application."""
    async with owner.connect() as connection:
        others = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return list(await connection.scalars(others))


def _on_processor(pid: int) -> float:
    said = _reads(pid, "schedstat").split()
    return int(said[0]) / 1e9 if said else 0.0


def _reads(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="ascii")
    except OSError:
        return ""


def _tell(report: Report, timed: Sequence[Timed]) -> None:
    slowest = sorted(timed, key=lambda one: -one.part(0.95))
    for one in slowest[:MOST_LISTED]:
        report.say(f"{one.route} {one.status}", describe(one))
    odd = [f"{one.route} {one.status}" for one in timed if one.status not in {200, 303}]
    report.say("answered otherwise than by a page", ", ".join(odd) or "none")
    worst = slowest[0]
    report.limit(f"the slowest of {len(timed)}", worst.part(0.95), ASKED_SECONDS, write_seconds)


def describe(one: Timed) -> str:
    p50, p95 = write_seconds(one.part(0.5)), write_seconds(one.part(0.95))
    return f"p50 {p50}, p95 {p95}, at work {write_seconds(one.part(0.5, of='work'))}"


PARTS = [Part("pages", "every page, with 50,000 families and 200,000 events", measure, 900)]
