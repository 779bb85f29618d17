"""Sixty-four clients ask for places that are not there, through the one verb that gives them.

Each transaction asks for a hundred places at four intakes of 0, 1, 2 and 20 places, hands back what
it got, and asks again. One by one through the session a million would take hours on two cores; the
code that locks, counts and moves is the same for one match and for a hundred.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from stage import Stage, stage
from verdict import Verdict
from worlds.approved import store_approved

from directory.models import Intake
from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, make_engine, make_sessions, transaction
from marketplace.services.figures.figures import recount_places
from marketplace.services.matches.transitions import move_matches
from marketplace.states import MatchState

CAPACITIES = (0, 1, 2, 20)
CLIENTS = 64
ASKED_AT_ONCE = 100


@dataclass
class Count:
    attempts: int = 0
    given: int = 0
    looks: int = 0
    faults: int = 0
    most_held: int = 0


async def attempt(sessions: Sessions, *, attempts: int, seconds: float, seed: int) -> Count:
    """Until so many attempts are made, or the time is up; somebody else looks on all the while."""
    lots = await _prepare(sessions)
    count, until = Count(), time.monotonic() + seconds

    def goes_on() -> bool:
        return count.attempts < attempts and time.monotonic() < until

    async def client(mine: list[uuid.UUID], dice: random.Random) -> None:
        while goes_on():
            dice.shuffle(mine)
            async with transaction(sessions, EXCHANGE) as session:
                to = MatchState.AWAITING_PROVIDER
                asked = await move_matches(session, mine, to=to, actor=SYSTEM)
            count.attempts += len(mine)
            count.given += len(asked.moved)
            if asked.moved:
                await _hand_back(sessions, [one.id for one in asked.moved])

    async def observer() -> None:
        while goes_on():
            async with transaction(sessions, EXCHANGE) as session:
                await _look(session, count)
            await asyncio.sleep(0.05)

    dice = [random.Random(seed + place) for place in range(CLIENTS)]  # noqa: S311 - had again
    await asyncio.gather(observer(), *map(client, lots, dice))
    async with transaction(sessions, EXCHANGE) as session:
        await _look(session, count)
    return count


async def _look(session: AsyncSession, count: Count) -> None:
    """One statement, one moment: what is counted and what is there."""
    count.faults += len(await recount_places(session))
    rows = await session.execute(select(Intake.held + Intake.used, Intake.places))
    for taken, places in rows:
        count.faults += taken > places
        count.most_held = max(count.most_held, taken)
    count.looks += 1


async def _hand_back(sessions: Sessions, match_ids: list[uuid.UUID]) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        declined = MatchState.PROVIDER_DECLINED
        await move_matches(session, match_ids, to=declined, actor=SYSTEM, code="full")
        # No verb leads back from here, and none should: this is what lets us ask a million times.
        await session.execute(
            update(Match).where(Match.id.in_(match_ids)).values(state=MatchState.AGREED),
            execution_options={"synchronize_session": False},
        )


async def _prepare(sessions: Sessions) -> list[list[uuid.UUID]]:
    """A lot of matches for each client, of all four intakes."""
    async with transaction(sessions, EXCHANGE) as session:
        await store_approved(session, CLIENTS * ASKED_AT_ONCE)
        intakes = list(await session.scalars(select(Intake.id).limit(len(CAPACITIES))))
        for intake, places in zip(intakes, CAPACITIES, strict=True):
            await session.execute(update(Intake).where(Intake.id == intake).values(places=places))
        matches = list(await session.scalars(select(Match.id).order_by(Match.id)))
        for place, intake in enumerate(intakes):
            mine = matches[place :: len(intakes)]
            await session.execute(
                update(Match).where(Match.id.in_(mine)).values(intake_id=intake),
                execution_options={"synchronize_session": False},
            )
    return [matches[lane * ASKED_AT_ONCE : (lane + 1) * ASKED_AT_ONCE] for lane in range(CLIENTS)]


async def run(world: Stage, *, attempts: int, seconds: float, seed: int) -> Count:
    engine = make_engine(world.settings.database_url, pool_size=CLIENTS + 2, max_overflow=0)
    try:
        sessions = make_sessions(engine, world.settings)
        return await attempt(sessions, attempts=attempts, seconds=seconds, seed=seed)
    finally:
        await engine.dispose()


def tell(verdict: Verdict, *, attempts: int, seconds: float, seed: int) -> None:
    with stage(durable=False) as world:
        count = asyncio.run(run(world, attempts=attempts, seconds=seconds, seed=seed))
    verdict.say(
        "places given and handed back, looks at all of it", f"{count.given:,}, {count.looks:,}"
    )
    verdict.fact(
        f"attempts by {CLIENTS} clients at 0, 1, 2 and 20 places",
        is_so=count.attempts >= attempts,
        seen=f"{count.attempts:,}",
        asked=f"{attempts:,}",
    )
    verdict.fact(
        "intakes above their places, or not what their matches say",
        is_so=count.faults == 0 and count.looks > 1,
        seen=f"{count.faults} in {count.looks:,} looks",
        asked="0",
    )
