"""The directory at 100,000 services: pages near a postcode, the whole feed out, and in again."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any

import httpx
from report import Part, Report, write_seconds
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from timing import forget_peak, peak_bytes
from worlds.listings import store_listings

from directory.open_referral.export import export_feed
from directory.open_referral.spool import Spool
from marketplace.app import create_app
from marketplace.db.embedded import Cluster, remove_cluster, start_cluster
from marketplace.db.migrate import migrate
from marketplace.db.session import make_engine
from marketplace.services.upkeep.feeds import read_source, take_source
from marketplace.settings import Settings

PAGE_SECONDS = 0.08
EXPORTED_A_SECOND = 2_000
IMPORTED_A_SECOND = 1_000
ASKED = 300
WARMED_BY = 30
PATH = "/open-referral/v3/service_at_locations"
# What stands nearest to a point, asked of the table and of nothing around it.
BARE = """
SELECT id FROM service
WHERE easting BETWEEN :easting - 8000 AND :easting + 8000
AND northing BETWEEN :northing - 8000 AND :northing + 8000
ORDER BY (easting - :easting) ^ 2 + (northing - :northing) ^ 2, id LIMIT 50
"""
TABLES = "provider, service, intake, service_location, source, sourced_record"


def measure(report: Report, _seconds: float, *, services: int) -> None:
    """Time the feed of an invented country of its own."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    folder = Path(tempfile.mkdtemp(prefix="marketplace-bench-"))
    folder.chmod(0o755)
    try:
        cluster = start_cluster(folder, durable=False)
        asyncio.run(_measure(report, cluster, folder, services))
    finally:
        remove_cluster(folder)
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(report: Report, cluster: Cluster, folder: Path, services: int) -> None:
    await migrate(cluster.owner_url, cluster.application_url)
    engine = make_engine(cluster.owner_url, role=None)
    try:
        async with async_sessionmaker(engine).begin() as session:
            await store_listings(session, services)
        await _ask(report, cluster, engine, folder)
        path = folder / "feed.json"
        await asyncio.to_thread(_export, report, cluster.owner_url, path)
        await _import(report, engine, path)
    finally:
        await engine.dispose()


async def _ask(report: Report, cluster: Cluster, engine: AsyncEngine, folder: Path) -> None:
    """Ask near services, so that towns are asked for as often as they have them."""
    async with engine.connect() as connection:
        near = (
            await connection.execute(
                text(
                    "SELECT code, postcode.easting, postcode.northing FROM service "
                    "JOIN postcode ON code = postcode ORDER BY service.id LIMIT :most"
                ),
                {"most": ASKED + WARMED_BY},
            )
        ).all()
        bare = [await _time(connection.execute(text(BARE), _point(row))) for row in near]
    settings = Settings(
        base_url="http://127.0.0.1",
        secret_keys=("k" * 40,),
        database_url=cluster.application_url,
        migration_database_url=cluster.owner_url,
        mail_url=f"folder://{folder}",
        data_dir=folder,
    )
    transport = httpx.ASGITransport(app=create_app(settings))
    async with httpx.AsyncClient(transport=transport, base_url=settings.base_url) as client:
        asked = [await _time(client.get(PATH, params={"postcode": row.code})) for row in near]
    unit, page = bare[WARMED_BY:], asked[WARMED_BY:]
    median, _, p95 = (quantiles(page, n=20)[at] for at in (9, 14, 18))
    report.say(
        "the bare query, median and p95",
        f"{write_seconds(quantiles(unit, n=20)[9])}, {write_seconds(quantiles(unit, n=20)[18])}",
    )
    report.ratio("a page near a postcode, median", median, quantiles(unit, n=20)[9])
    report.limit("a page near a postcode, p95", p95, PAGE_SECONDS, write_seconds)


def _point(row: Any) -> dict[str, int]:
    return {"easting": row.easting, "northing": row.northing}


async def _time(work: Any) -> float:
    begin = perf_counter()
    await work
    return perf_counter() - begin


def _export(report: Report, url: str, path: Path) -> None:
    """In a process of its own: to make the world took more memory than this may."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        count, seconds, before, after = pool.submit(_export_apart, url, path).result()
    _tell_speed(report, "the whole feed into one file", count / seconds, EXPORTED_A_SECOND)
    grown, size = after - before, path.stat().st_size
    seen = f"{grown / 1e6:.0f} MB for {size / 1e6:.0f} MB"
    report.fact("memory that it took on the way", is_so=grown < 1e8, seen=seen, asked="≤ 100 MB")


def _export_apart(url: str, path: Path) -> tuple[int, float, int, int]:
    async def export() -> int:
        engine = make_engine(url, role=None)
        try:
            async with async_sessionmaker(engine)() as session:
                return await export_feed(session, path, openapi_url="https://example.org/o.json")
        finally:
            await engine.dispose()

    forget_peak()
    before, begin = peak_bytes(), perf_counter()
    count = asyncio.run(export())
    return count, perf_counter() - begin, before, peak_bytes()


async def _import(report: Report, engine: AsyncEngine, path: Path) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(f"TRUNCATE {TABLES} CASCADE"))
    begin = perf_counter()
    with Spool() as spool:
        await read_source(str(path), spool)
        read = perf_counter() - begin
        async with async_sessionmaker(engine).begin() as session:
            outcome = await take_source(session, str(path), spool, write=True)
        spent = perf_counter() - begin
        _tell_speed(
            report, "the file in again, all of it", len(outcome.added) / spent, IMPORTED_A_SECOND
        )
        report.say("of that, reading and checking", write_seconds(read))
        begin = perf_counter()
        async with async_sessionmaker(engine).begin() as session:
            again = await take_source(session, str(path), spool, write=True)
        speed = again.unchanged / (perf_counter() - begin)
        report.say("the same again, which changes nothing", f"{speed:,.0f} a second")


def _tell_speed(report: Report, label: str, speed: float, asked: int) -> None:
    seen = f"{speed:,.0f} a second"
    report.fact(label, is_so=speed >= asked, seen=seen, asked=f"≥ {asked:,}")


PARTS = [
    Part(
        "directory-feed",
        f"the Open Referral feed of {services:,} services",
        partial(measure, services=services),
        seconds,
        in_quick=in_quick,
    )
    for services, seconds, in_quick in [(5_000, 60, True), (100_000, 240, False)]
]
