"""The worker: takes jobs from the queue and does them, each at least once."""

import asyncio
import datetime as dt
import multiprocessing
import uuid
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import structlog
from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.executors import DatabaseRetryEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.models import Job, Schedule

from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.queue import RELEASE_FAMILY, SEND_MESSAGE, SOLVE_PLAN, make_queries
from marketplace.db.session import Sessions, make_engine, make_pool, make_sessions, transaction
from marketplace.lifetimes import end_with_parent
from marketplace.messages.carriers import Sender
from marketplace.messages.notify import NotifySender
from marketplace.messages.senders import make_sender
from marketplace.services import plans
from marketplace.services.expiries import expire_what_waited
from marketplace.services.freshness import ask_who_is_silent
from marketplace.services.joining import forget_requests
from marketplace.services.limits import forget_uses
from marketplace.services.releases import release_families
from marketplace.services.sessions import forget_sessions
from marketplace.services.volunteer_leaving import forget_left
from marketplace.services.volunteer_reminders import remind_hosts
from marketplace.services.volunteer_weeks import ask_volunteers
from marketplace.services.volunteers import refresh_readiness
from marketplace.settings import Settings
from marketplace.worker.mailing import ask_for_receipts, send_or_wait
from marketplace.worker.planning import translate
from marketplace.worker.rows import PlanningRows, read_rows
from marketplace.worker.solving import make_plan

# A dead worker's jobs are taken over after this long; half of it between two signs of life.
HEARTBEAT = dt.timedelta(seconds=20)
POLL = dt.timedelta(seconds=5)
BATCH = 20
MOST_ATTEMPTS = 8
EVERY_MINUTE = "* * * * *"
EVERY_HALF_HOUR = "13,43 * * * *"
EVERY_MORNING = "0 8 * * *"
EVERY_HOUR = "7 * * * *"

log = structlog.get_logger("marketplace.worker")


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Do jobs until `stop` is set."""
    engine = make_engine(settings.database_url, pool_size=5, max_overflow=0)
    sessions = make_sessions(engine, settings)
    sender = make_sender(settings.mail_url)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=end_with_parent) as solver:
        async with make_pool(settings.database_url) as pool:
            driver = AsyncpgPoolDriver(pool)
            queue = PgQueuer(driver, queries=make_queries(driver))
            _register(queue, sessions, sender, solver)
            running = asyncio.create_task(
                queue.run(
                    dequeue_timeout=POLL,
                    heartbeat_timeout=HEARTBEAT,
                    batch_size=BATCH,
                    max_concurrent_tasks=2 * BATCH,
                )
            )
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            queue.shutdown.set()
            await running
    sender.close()
    await engine.dispose()


def _register(
    queue: PgQueuer, sessions: Sessions, sender: Sender, solver: ProcessPoolExecutor
) -> None:
    async def send(job: Job) -> None:
        await send_or_wait(sessions, sender, _subject(job), attempts=job.attempts)

    async def plan(job: Job) -> None:
        await solve_plan(sessions, solver, _subject(job))

    async def release(job: Job) -> None:
        async with transaction(sessions, EXCHANGE) as session:
            await release_families(session, [_subject(job)], actor=SYSTEM)

    for name, work, at_once in (
        (SEND_MESSAGE, send, 4),
        (SOLVE_PLAN, plan, 1),
        (RELEASE_FAMILY, release, 4),
    ):
        queue.entrypoint(
            name, concurrency_limit=at_once, on_failure="hold", executor_factory=_retrying
        )(work)

    async def expire(_: Schedule) -> None:
        async with transaction(sessions, EXCHANGE) as session:
            await expire_what_waited(session)
            await forget_requests(session)
            await forget_sessions(session)
            await forget_uses(session)

    async def ask(_: Schedule) -> None:
        async with transaction(sessions, EXCHANGE) as session:
            await ask_who_is_silent(session)

    async def look_after(_: Schedule) -> None:
        await look_after_volunteers(sessions)

    if isinstance(sender, NotifySender):
        _register_receipts(queue, sessions, sender)
    queue.schedule("expire_what_waited", EVERY_MINUTE)(expire)
    queue.schedule("ask_who_is_silent", EVERY_MORNING)(ask)
    queue.schedule("look_after_volunteers", EVERY_HOUR)(look_after)


def _register_receipts(queue: PgQueuer, sessions: Sessions, sender: NotifySender) -> None:
    async def ask(_: Schedule) -> None:
        await ask_for_receipts(sessions, sender)

    queue.schedule("ask_for_receipts", EVERY_HALF_HOUR)(ask)


def _retrying(parameters: EntrypointExecutorParameters) -> DatabaseRetryEntrypointExecutor:
    return DatabaseRetryEntrypointExecutor(parameters=parameters, max_attempts=MOST_ATTEMPTS)


def _subject(job: Job) -> uuid.UUID:
    return uuid.UUID((job.payload or b"").decode())


async def look_after_volunteers(sessions: Sessions) -> None:
    """Each hour, since each step does at most once what it has to: a missed hour is caught up."""
    async with transaction(sessions, EXCHANGE) as session:
        await refresh_readiness(session)
    async with transaction(sessions, EXCHANGE) as session:
        await ask_volunteers(session)
    async with transaction(sessions, EXCHANGE) as session:
        await remind_hosts(session)
    async with transaction(sessions, EXCHANGE) as session:
        await forget_left(session)


async def solve_plan(sessions: Sessions, solver: ProcessPoolExecutor, plan_id: uuid.UUID) -> None:
    """Plan in another process, so that this one goes on showing signs of life."""
    async with transaction(sessions, EXCHANGE) as session:
        plan = await plans.begin_solving(session, plan_id)
        rows = await read_rows(session, plan) if plan else None
    if rows is None:
        return
    try:
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(solver, make_plan, translate(rows))
    except BrokenProcessPool:
        raise
    except Exception as error:
        log.exception("planning failed", plan=str(plan_id))
        async with transaction(sessions, EXCHANGE) as session:
            await plans.fail_plan(session, plan_id, why=f"{type(error).__name__}: {error}")
        return
    async with transaction(sessions, EXCHANGE) as session:
        await _store(session, plan_id, rows, answer)


async def _store(
    session: Any, plan_id: uuid.UUID, rows: PlanningRows, answer: dict[str, Any]
) -> None:
    family_of = {need.id: need.family_id for need in rows.needs}
    matches = [
        match
        | {
            "need_id": uuid.UUID(match["need_id"]),
            "intake_id": uuid.UUID(match["intake_id"]),
            "family_id": family_of[uuid.UUID(match["need_id"])],
        }
        for match in answer["matches"]
    ]
    unmet = [row | {"need_id": uuid.UUID(row["need_id"])} for row in answer["unmet"]]
    unmet += [
        {"need_id": need_id, "reason": why, "detail": {}} for need_id, why in rows.held_back.items()
    ]
    result = {
        **answer["proof"],
        "seconds": answer["seconds"],
        "needs": len(rows.needs) + len(rows.held_back),
        "families": len({need.family_id for need in rows.needs}),
        "families_reached": len({match["family_id"] for match in matches}),
        "intakes": len(rows.intakes),
        "intakes_not_planned_yet": rows.intakes_held_back,
    }
    await plans.store_draft(session, plan_id, result=result, matches=matches, unmet=unmet)
