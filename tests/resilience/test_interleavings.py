"""Every two operations on one intake, in every order of their steps, on a real PostgreSQL.

Here all orders with one interruption where two want the same, and of other pairs some, drawn by a
seed; `make chaos` sets INTERRUPTIONS and PAIRS_SECONDS and runs what the time allows.
"""

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest
from interleaving import Trace, explore, run_schedule, watch_statements
from racing import OPERATIONS, Race, make_race

from marketplace.db.session import Sessions
from marketplace.errors import MarketplaceError
from marketplace.settings import Settings

PAIRS = list(itertools.combinations_with_replacement(OPERATIONS, 2))
INTERRUPTIONS = int(os.environ.get("INTERRUPTIONS", "1"))
# Whoever is second may find the last place, the answer or the hour gone: all orders, always.
CONTENDED = {("cut", "replan"), ("accept", "withdraw"), ("accept", "expire")}
MOST_OF_OTHERS = None if "INTERRUPTIONS" in os.environ else 5
PAIR_SECONDS = float(os.environ.get("PAIRS_SECONDS", "inf")) / len(PAIRS)


@pytest.fixture
async def watch(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(settings.migration_database_url)
    yield connection
    await connection.close()


@pytest.fixture
def watched(sessions: Sessions) -> Sessions:
    watch_statements(sessions.kw["bind"])
    return sessions


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
async def test_two_at_once(
    pair: tuple[str, str], watched: Sessions, watch: asyncpg.Connection
) -> None:
    most = None if pair in CONTENDED else MOST_OF_OTHERS
    races, begin = list[Race](), time.monotonic()
    # Whoever answers has begun in time, and the time runs out before what expires begins.
    in_order = sorted(pair, key=lambda name: name == "expire")

    async def run(prefix: Sequence[int]) -> Trace:
        race = await make_race(watched)
        races.append(race)
        works = [lambda name=name: OPERATIONS[name](race) for name in in_order]

        async def before(place: int) -> None:
            if in_order[place] == "expire":
                await race.let_time_pass()

        async with asyncio.timeout(120):
            return await run_schedule(works, watch, prefix=prefix, before=before)

    async for trace in explore(run, interruptions=INTERRUPTIONS, most=most):
        told = f"{pair} in the order {trace.chosen}: {trace.results}"
        for result in trace.results:
            if isinstance(result, BaseException) and not isinstance(result, MarketplaceError):
                pytest.fail(told)
        assert await races[-1].faults() == [], told
        if len(races) > 1 and time.monotonic() - begin > PAIR_SECONDS:
            break
    assert len(races) > 1
