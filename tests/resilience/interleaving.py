"""Two operations, step by step: each waits before every statement until it is let go on.

A schedule says who goes at each step. All schedules with at most so many interruptions are run,
one after another: whoever waits for a lock cannot be chosen until the other has let go of it.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only

LOOK_EVERY_SECONDS = 0.004
WAITS = "SELECT cardinality(pg_blocking_pids($1)) > 0"

_running: ContextVar["Operation | None"] = ContextVar("running", default=None)


@dataclass
class Operation:
    work: Callable[[], Awaitable[Any]]
    pid: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[Any] | None = None

    def start(self) -> None:
        async def run() -> Any:
            _running.set(self)
            await self.pause()
            return await self.work()

        self.task = asyncio.create_task(run())

    async def pause(self) -> None:
        self.arrived.set()
        await self.go.wait()
        self.go.clear()

    @property
    def is_done(self) -> bool:
        return self.task is not None and self.task.done()

    async def step(self, watch: asyncpg.Connection) -> None:
        """On to the next statement, the end, or a lock that somebody else holds."""
        self.arrived.clear()
        self.go.set()
        await self.settle(watch)

    async def settle(self, watch: asyncpg.Connection) -> None:
        arrival = asyncio.create_task(self.arrived.wait())
        try:
            while not (self.arrived.is_set() or self.is_done):
                await asyncio.wait(
                    {arrival, self.task},
                    timeout=LOOK_EVERY_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if self.arrived.is_set() or self.is_done:
                    return
                if self.pid and await watch.fetchval(WAITS, self.pid):
                    return
        finally:
            arrival.cancel()


@dataclass(frozen=True)
class Trace:
    """Who went at each step, who could have gone, and what came of each operation."""

    chosen: tuple[int, ...]
    able: tuple[tuple[int, ...], ...]
    results: tuple[Any, ...]

    def interruptions(self, chosen: Sequence[int]) -> int:
        return sum(
            before != after and before in able
            for before, after, able in zip(chosen, chosen[1:], self.able[1:], strict=False)
        )


def watch_statements(engine: AsyncEngine) -> None:
    """From now on every statement of an operation waits for its turn, and its commit too."""

    def before_statement(connection: Any, *_: Any) -> None:
        _wait_for_turn(connection)

    event.listen(engine.sync_engine, "before_cursor_execute", before_statement)
    event.listen(engine.sync_engine, "commit", _wait_for_turn)


def _wait_for_turn(connection: Any) -> None:
    if operation := _running.get():
        operation.pid = connection.connection.driver_connection.get_server_pid()
        await_only(operation.pause())


async def run_schedule(
    works: Sequence[Callable[[], Awaitable[Any]]],
    watch: asyncpg.Connection,
    *,
    prefix: Sequence[int],
    before: Callable[[int], Awaitable[None]],
) -> Trace:
    """`before`: what happens before each of them begins, such as the time passing."""
    operations = [Operation(work) for work in works]
    for place, one in enumerate(operations):
        await before(place)
        one.start()
        await one.arrived.wait()
        # To the first statement, and through it: from then on `now()` stands still for each.
        await one.step(watch)
        await one.step(watch)
    chosen: list[int] = []
    able_at: list[tuple[int, ...]] = []
    while any(not one.is_done for one in operations):
        for one in operations:
            await one.settle(watch)
        able = tuple(
            place
            for place, one in enumerate(operations)
            if one.arrived.is_set() and not one.is_done
        )
        if not able:
            continue  # a deadlock ends by itself: PostgreSQL tells one of the two
        place = len(chosen)
        wanted = prefix[place] if place < len(prefix) else chosen[-1] if chosen else able[0]
        now = wanted if wanted in able else able[0]
        chosen.append(now)
        able_at.append(able)
        await operations[now].step(watch)
    results = await asyncio.gather(*(one.task for one in operations), return_exceptions=True)
    return Trace(tuple(chosen), tuple(able_at), tuple(results))


async def explore(
    run: Callable[[Sequence[int]], Awaitable[Trace]],
    *,
    interruptions: int,
    most: int | None = None,
    seed: int = 1,
) -> AsyncIterator[Trace]:
    """Every schedule with so few interruptions, or so many of them drawn by the seed."""
    dice = random.Random(seed)  # noqa: S311 - a run that can be had again
    waiting: list[tuple[int, ...]] = [()]
    count = 0
    while waiting and (most is None or count < most):
        prefix = waiting.pop(dice.randrange(len(waiting)))
        trace = await run(prefix)
        count += 1
        yield trace
        for place in range(len(prefix), len(trace.chosen)):
            for other in trace.able[place]:
                turn = (*trace.chosen[:place], other)
                is_new = other != trace.chosen[place]
                if is_new and trace.interruptions(turn) <= interruptions:
                    waiting.append(turn)
