"""The worker: takes jobs from the queue and does them, each at least once."""

import asyncio
import datetime as dt
import multiprocessing
import uuid
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.executors import EntrypointExecutorParameters
from pgqueuer.models import Job

from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.queue import RELEASE_FAMILY, SEND_MESSAGE, SOLVE_PLAN, make_queries
from marketplace.db.session import Sessions, make_engine, make_pool, make_sessions, transaction
from marketplace.lifetimes import end_with_parent
from marketplace.messages.carriers import Sender
from marketplace.messages.senders import make_sender
from marketplace.services.matches.releases import release_next
from marketplace.settings import Settings
from marketplace.worker.mailing import send_or_wait
from marketplace.worker.retries import QuietRetries
from marketplace.worker.runs import solve_plan
from marketplace.worker.schedules import set_clock
from marketplace.worker.telling import listen_on, make_board

# A dead worker's jobs are taken over after this long; half of it between two signs of life.
HEARTBEAT = dt.timedelta(seconds=20)
POLL = dt.timedelta(seconds=5)
BATCH = 20
# Each waits for the mail server with a thread and a connection to the database in its hand.
LETTERS_AT_ONCE = 6
UNLIMITED = 0
MOST_ATTEMPTS = 8


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Do jobs until `stop` is set."""
    engine = make_engine(settings.database_url, pool_size=LETTERS_AT_ONCE + 2, max_overflow=0)
    sessions = make_sessions(engine, settings)
    sender = make_sender(settings.mail_url)
    spawn = multiprocessing.get_context("spawn")
    board = make_board()
    with ProcessPoolExecutor(1, spawn, _begin_solver, (board,)) as solver:
        async with make_pool(settings.database_url) as pool:
            driver = AsyncpgPoolDriver(pool)
            queue = PgQueuer(driver, queries=make_queries(driver))
            _register(queue, sessions, sender, solver, board)
            set_clock(queue, sessions, sender)
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


def _begin_solver(board: Any) -> None:
    end_with_parent()
    listen_on(board)


def _register(
    queue: PgQueuer, sessions: Sessions, sender: Sender, solver: ProcessPoolExecutor, board: Any
) -> None:
    hands = asyncio.Semaphore(LETTERS_AT_ONCE)

    async def send(job: Job) -> None:
        async with hands:
            await send_or_wait(sessions, sender, _subject(job), attempts=job.attempts)

    async def plan(job: Job) -> None:
        await solve_plan(sessions, solver, _subject(job), board=board)

    async def release(job: Job) -> None:
        async with transaction(sessions, EXCHANGE) as session:
            await release_next(session, [_subject(job)], actor=SYSTEM)

    # At once over all workers, those included that were killed a moment ago.
    for name, work, at_once in (
        (SEND_MESSAGE, send, UNLIMITED),
        (SOLVE_PLAN, plan, 1),
        (RELEASE_FAMILY, release, 4),
    ):
        queue.entrypoint(
            name, concurrency_limit=at_once, on_failure="hold", executor_factory=_retrying
        )(work)


def _retrying(parameters: EntrypointExecutorParameters) -> QuietRetries:
    return QuietRetries(parameters=parameters, max_attempts=MOST_ATTEMPTS)


def _subject(job: Job) -> uuid.UUID:
    return uuid.UUID((job.payload or b"").decode())
