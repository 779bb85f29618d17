"""A wave of offers: places held, offers made with their choices, messages queued and composed."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import uuid
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import asyncpg
from report import Part, Report, write_seconds
from sqlalchemy import select
from worlds.approved import store_approved

from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.embedded import Cluster, remove_cluster, start_cluster
from marketplace.db.migrate import migrate
from marketplace.db.offers import Message
from marketplace.db.session import Sessions, make_engine, make_sessions, transaction
from marketplace.messages.compose import Mail
from marketplace.services.figures.figures import recount_places
from marketplace.services.matches.waves import release_wave
from marketplace.services.sending import deliveries
from marketplace.services.sending.outbox import OFFER
from marketplace.settings import Settings

ASKED_SECONDS = 10.0
# As many as a worker sends at a time, and a worker for each core.
AT_ONCE = 4
WORKERS = 2


def measure(report: Report, _: float, *, families: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="early-help-wave-"))
    folder.chmod(0o755)
    try:
        cluster = start_cluster(folder, durable=True)
        asyncio.run(_measure(report, cluster, folder, families=families))
    finally:
        remove_cluster(folder)
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(report: Report, cluster: Cluster, folder: Path, *, families: int) -> None:
    await migrate(cluster.owner_url, cluster.application_url)
    settings = _settings(cluster, folder)
    engine = make_engine(cluster.application_url, pool_size=AT_ONCE)
    sessions = make_sessions(engine, settings)
    async with transaction(sessions, EXCHANGE) as session:
        council_id = await store_approved(session, families)
    await _analyze(cluster)
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as workers:
        # They run before a wave is let go, as in a council's week.
        list(workers.map(_compose_as_a_worker, [settings] * WORKERS, [[]] * WORKERS))
        begin = perf_counter()
        async with transaction(sessions, EXCHANGE) as session:
            released = await release_wave(session, council_id, actor=SYSTEM)
        queued = perf_counter() - begin
        composed = await _compose_all(sessions, settings, workers)
        whole = perf_counter() - begin
    report.say("places held, offers made, messages queued", write_seconds(queued))
    report.say(f"composed, as before each leaves, {WORKERS} workers", write_seconds(whole - queued))
    report.limit(f"a wave of {families:,} offers", whole, ASKED_SECONDS, write_seconds)
    async with transaction(sessions, EXCHANGE) as session:
        wrong = len(await recount_places(session))
    is_so = released == composed == families and wrong == 0
    seen = f"{released:,} released, {composed:,} composed, {wrong} intakes wrong"
    report.fact("everybody once, no place lost", is_so=is_so, seen=seen, asked=f"{families:,}")
    await engine.dispose()


async def _compose_all(sessions: Sessions, settings: Settings, workers: Executor) -> int:
    """How many of the queued messages could leave now."""
    async with transaction(sessions, EXCHANGE) as session:
        waiting = select(Message.id).where(Message.event == OFFER, Message.state == "queued")
        ids = list(await session.scalars(waiting))
    shares = [ids[worker::WORKERS] for worker in range(WORKERS)]
    return sum(workers.map(_compose_as_a_worker, [settings] * WORKERS, shares))


def _compose_as_a_worker(settings: Settings, ids: list[uuid.UUID]) -> int:
    return asyncio.run(_compose_share(settings, ids))


async def _compose_share(settings: Settings, ids: list[uuid.UUID]) -> int:
    engine = make_engine(settings.database_url, pool_size=AT_ONCE)
    sessions = make_sessions(engine, settings)

    async def compose(mine: list[uuid.UUID]) -> int:
        count = 0
        for message_id in mine:
            async with transaction(sessions, EXCHANGE) as session:
                message = await session.get_one(Message, message_id)
                count += isinstance(await deliveries.compose_now(session, message), Mail)
        return count

    composed = sum(await asyncio.gather(*(compose(ids[lane::AT_ONCE]) for lane in range(AT_ONCE))))
    await engine.dispose()
    return composed


async def _analyze(cluster: Cluster) -> None:
    """As the database does by itself within minutes of such an import."""
    connection = await asyncpg.connect(cluster.owner_url)
    await connection.execute("ANALYZE")
    await connection.close()


def _settings(cluster: Cluster, folder: Path) -> Settings:
    return Settings(
        base_url="http://127.0.0.1",
        secret_keys=("a-key-for-benchmarks-only-0123456789",),
        database_url=cluster.application_url,
        migration_database_url=cluster.owner_url,
        mail_url=f"folder://{folder}",
        data_dir=folder,
    )


PARTS = [
    Part("wave", "5,000 families are let go at once", partial(measure, families=5_000), 60),
    Part(
        "wave-500",
        "500 families are let go at once",
        partial(measure, families=500),
        20,
        in_quick=True,
    ),
]
