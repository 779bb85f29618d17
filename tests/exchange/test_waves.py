"""The first families, then so many a day: counted in the database, whoever presses at once."""

import asyncio
import datetime as dt

from families_at_hand import add_commissioner, add_family, add_intake, add_match, add_plan
from sqlalchemy import func, select, update

from directory.models import Intake, Provider
from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Family
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match, Plan
from marketplace.db.session import Sessions, transaction
from marketplace.services.matches import waves
from marketplace.services.matches.releases import release_next
from marketplace.states import MatchState

POLICY = {"waves": {"first": 3, "daily": 2}}


async def approved_families(sessions: Sessions, count: int) -> Commissioner:
    """Each with a stake of its own, the later the larger."""
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session)
        commissioner.policy = POLICY
        plan = await add_plan(session, commissioner)
        intake = await add_intake(session, places=None)
        for stake in range(count):
            family = await add_family(session, commissioner)
            await add_match(
                session,
                plan,
                family,
                intake,
                state=MatchState.AGREED,
                approved=True,
                stake_pence=stake,
            )
    return commissioner


async def release(sessions: Sessions, commissioner: Commissioner) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        return await waves.release_wave(session, commissioner.id, actor=SYSTEM)


async def a_day_later(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        earlier = Family.released_at - dt.timedelta(days=1)
        await session.execute(update(Family).values(released_at=earlier))


async def stakes_let_go(sessions: Sessions) -> list[int]:
    async with transaction(sessions, EXCHANGE) as session:
        found = select(Match.stake_pence).where(Match.state == MatchState.AWAITING_PROVIDER)
        return list(await session.scalars(found.order_by(Match.stake_pence.desc())))


async def test_the_first_then_the_daily_limit_by_stake(sessions: Sessions) -> None:
    council = await approved_families(sessions, 7)
    assert [await release(sessions, council) for _ in range(2)] == [3, 0]
    assert await stakes_let_go(sessions) == [6, 5, 4]
    async with transaction(sessions, EXCHANGE) as session:
        assert await waves.count_waiting(session, council.id) == 4
    for expected in ([2, 0], [2, 0], [0, 0]):
        await a_day_later(sessions)
        assert [await release(sessions, council) for _ in range(2)] == expected
    assert await stakes_let_go(sessions) == [6, 5, 4, 3, 2, 1, 0]


async def test_a_first_wave_may_take_several_days(sessions: Sessions) -> None:
    council = await approved_families(sessions, 2)
    assert await release(sessions, council) == 2
    await a_day_later(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        plan = (await session.scalars(select(Plan))).one()
        intake = (await session.scalars(select(Intake))).one()
        for _ in range(3):
            family = await add_family(session, council)
            match = await add_match(session, plan, family, intake, state=MatchState.AGREED)
            match.approved_at = func.clock_timestamp()
            await session.flush()
    assert await release(sessions, council) == 1, "one is left of the first three"


async def test_two_waves_at_once_are_one(sessions: Sessions) -> None:
    council = await approved_families(sessions, 7)
    counts = await asyncio.gather(*(release(sessions, council) for _ in range(4)))
    assert sorted(counts) == [0, 0, 0, 3]


async def test_a_job_lets_nobody_past_the_wave(sessions: Sessions) -> None:
    await approved_families(sessions, 2)
    async with transaction(sessions, EXCHANGE) as session:
        families = (await session.scalars(select(Family.id))).all()
        assert await release_next(session, families, actor=SYSTEM) == set()


async def test_a_paused_provider_blocks_no_turn(sessions: Sessions) -> None:
    council = await approved_families(sessions, 3)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Provider).values(paused_at=func.now()))
        open_intake = await add_intake(session)
        plan = (await session.scalars(select(Plan))).one()
        family = await add_family(session, council)
        await add_match(
            session,
            plan,
            family,
            open_intake,
            state=MatchState.AGREED,
            approved=True,
            stake_pence=-1,
        )
    assert await release(sessions, council) == 1


async def test_a_place_that_has_gone_gives_the_turn_to_the_next(sessions: Sessions) -> None:
    council = await approved_families(sessions, 7)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Intake).values(places=2))
    assert await release(sessions, council) == 2
    async with transaction(sessions, EXCHANGE) as session:
        gone = select(func.count()).where(Match.state == MatchState.WITHDRAWN)
        assert await session.scalar(gone) == 5
