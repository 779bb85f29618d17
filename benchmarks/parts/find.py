"""The public search on 100,000 services at real postcodes, asked 50 times a second."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

import asyncpg
import httpx
from report import Part, Report, write_seconds
from sqlalchemy.ext.asyncio import async_sessionmaker
from worlds.listings import store_listings

from directory.questions import read_question
from directory.search import find_help
from directory.whereabouts import find_whereabouts
from directory.wishes import Wish
from marketplace.db.embedded import Cluster, remove_cluster, start_cluster
from marketplace.db.migrate import migrate
from marketplace.db.session import make_engine
from marketplace.settings import Settings, as_environment

ASKED_SECONDS = 0.060
ASKED_VISIBLE_SECONDS = 1.0
QUESTIONS_A_SECOND = 50
# What people ask: half in words, a third of those with a mistake, the rest for anything near.
# fmt: off
WORDS = (
    "", "", "", "", "debd advise", "baby group", "food bank", "lonely", "benifits",
    "young carers", "nursery place", "sleep", "swimming", "eviction", "domestic abuse", "carres",
)
# fmt: on
WARM_UP = 60
BARE_ROUNDS = 60


def measure(report: Report, seconds: float, *, services: int, letters: str | None) -> None:
    """Serve by one worker on loopback and ask at fixed moments, whether answers came or not."""
    folder = Path(tempfile.mkdtemp(prefix="early-help-find-"))
    folder.chmod(0o755)
    try:
        cluster = start_cluster(folder, durable=False)
        asyncio.run(_measure(report, cluster, seconds, services=services, letters=letters))
    finally:
        remove_cluster(folder)
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(
    report: Report, cluster: Cluster, seconds: float, *, services: int, letters: str | None
) -> None:
    await migrate(cluster.owner_url, cluster.application_url)
    engine = make_engine(cluster.owner_url, role=None)
    async with async_sessionmaker(engine)() as session:
        begin = perf_counter()
        await store_listings(session, services, letters=letters)
        await session.commit()
        report.say(f"postcodes and {services:,} services stored", f"{perf_counter() - begin:.0f} s")
    await _execute(cluster, "ANALYZE listing")
    asked = await _draw_questions(cluster, 5_000)
    bare = await _time_bare_query(cluster, asked)
    report.say("bare query, median", write_seconds(bare))
    async with _serve(cluster) as site:
        await _ask(site, asked[:WARM_UP], each_second=10)
        count = round(min(seconds / 4, 30) * QUESTIONS_A_SECOND)
        times = await _ask(site, asked[WARM_UP : WARM_UP + count], each_second=QUESTIONS_A_SECOND)
        p95 = quantiles(times, n=20)[-1]
        report.ratio("/find at 50 a second, median", median(times), bare)
        report.ratio("/find at 50 a second, p95", p95, bare)
        report.limit("/find at 50 a second, p95", p95, ASKED_SECONDS, write_seconds)
        seen = await _time_until_seen(cluster, site)
        report.limit("a place less, until it is seen", seen, ASKED_VISIBLE_SECONDS, write_seconds)
    await engine.dispose()


async def _draw_questions(cluster: Cluster, count: int) -> list[dict[str, str]]:
    drawn = random.Random(7)  # noqa: S311 - a world, no secret
    query = "SELECT code FROM postcode ORDER BY hashtextextended(code, 7) LIMIT $1"
    codes = await _execute(cluster, query, count)
    return [{"where": row["code"], "what": drawn.choice(WORDS)} for row in codes]


async def _time_bare_query(cluster: Cluster, asked: list[dict[str, str]]) -> float:
    """Run the search alone, one after another, without a page around it."""
    engine = make_engine(cluster.application_url)
    times = []
    async with async_sessionmaker(engine)() as session:
        for question in asked[: 2 * BARE_ROUNDS]:
            near = (await find_whereabouts(session, question["where"])).place
            wish = Wish(near=near, within_metres=9_656, question=read_question(question["what"]))
            begin = perf_counter()
            await find_help(session, wish)
            times.append(perf_counter() - begin)
    await engine.dispose()
    return median(times[BARE_ROUNDS:])


@asynccontextmanager
async def _serve(cluster: Cluster) -> AsyncIterator[str]:
    port = 18_473
    site = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            base_url=site,
            secret_keys=("a-key-for-benchmarks-only-0123456789",),
            database_url=cluster.application_url,
            migration_database_url=cluster.owner_url,
            mail_url=f"folder://{folder}",
            data_dir=Path(folder),
        )
        serving = subprocess.Popen(  # noqa: ASYNC220, S603 - our own program, started once
            [sys.executable, "-m", "marketplace", "serve", "--port", str(port)],
            env=os.environ | as_environment(settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            await _wait_for(site)
            yield site
        finally:
            serving.send_signal(signal.SIGTERM)
            serving.wait(20)


async def _wait_for(site: str) -> None:
    async with httpx.AsyncClient() as client:
        for _ in range(300):
            try:
                if (await client.get(f"{site}/healthz")).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
    raise TimeoutError("the pages did not start")


async def _ask(site: str, asked: list[dict[str, str]], *, each_second: int) -> list[float]:
    """Count each time from when it was due, so that a queue is not forgiven."""
    begin = perf_counter() + 0.2
    async with httpx.AsyncClient(timeout=60) as client:

        async def ask(number: int, question: dict[str, str]) -> float:
            due = begin + number / each_second
            await asyncio.sleep(max(0, due - perf_counter()))
            answer = await client.get(f"{site}/find", params=question)
            answer.raise_for_status()
            return perf_counter() - due

        return list(await asyncio.gather(*[ask(n, one) for n, one in enumerate(asked)]))


async def _time_until_seen(cluster: Cluster, site: str) -> float:
    [row] = await _execute(
        cluster,
        "SELECT i.id, i.service_id, s.name FROM intake i JOIN service s ON s.id = i.service_id"
        " JOIN provider p ON p.id = s.provider_id WHERE p.kind = 'charity' AND i.places = 25"
        " AND i.used = 0 AND NOT EXISTS (SELECT FROM intake o WHERE o.service_id = s.id"
        " AND o.id <> i.id) LIMIT 1",
    )
    async with httpx.AsyncClient() as client:
        begin = perf_counter()
        await _execute(cluster, "UPDATE intake SET places = 24 WHERE id = $1", row["id"])
        while True:
            answer = await client.get(f"{site}/find/services/{row['service_id']}")
            if "24 places left" in answer.text:
                return perf_counter() - begin


async def _execute(cluster: Cluster, query: str, *values: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(cluster.owner_url)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(query, *values)
        return rows
    finally:
        await connection.close()


PARTS = [
    Part(
        "find-2k",
        "the public search, 2,000 services in one county",
        partial(measure, services=2_000, letters="I"),
        60,
        in_quick=True,
    ),
    Part(
        "find",
        "the public search, 100,000 services across the country",
        partial(measure, services=100_000, letters=None),
        120,
    ),
]
