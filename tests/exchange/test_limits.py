"""Limits: exact for all connections together, gone by themselves, and no key to be read."""

import asyncio

import pytest
from sqlalchemy import text

from marketplace.db.acting import EXCHANGE, PUBLIC
from marketplace.db.session import Sessions, transaction
from marketplace.errors import TooManyError
from marketplace.services.staff import limits
from marketplace.services.staff.limits import Limit

THREE = Limit("three a minute", 3, 60)
OTHER = Limit("another three a minute", 3, 60)


async def use(sessions: Sessions, limit: Limit = THREE, key: str = "tom") -> bool:
    """Whether one more use, in a transaction of its own, was allowed."""
    try:
        async with transaction(sessions, PUBLIC) as session:
            await limits.take(session, limit, key)
    except TooManyError:
        return False
    return True


async def test_of_forty_at_once_exactly_as_many_pass(sessions: Sessions) -> None:
    ten = Limit("ten a minute", 10, 60)
    assert sum(await asyncio.gather(*[use(sessions, ten) for _ in range(40)])) == 10


async def test_each_limit_and_each_key_counts_for_itself(sessions: Sessions) -> None:
    assert [await use(sessions) for _ in range(4)] == [True, True, True, False]
    assert await use(sessions, key="grace")
    assert await use(sessions, OTHER)


async def test_what_was_undone_is_free(sessions: Sessions) -> None:
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            async with transaction(sessions, PUBLIC) as session:
                await limits.take(session, THREE, "tom")
                raise ZeroDivisionError
        async with transaction(sessions, PUBLIC) as session:
            await limits.take(session, THREE, "tom")
            await limits.give_back(session, THREE, "tom")
    assert [await use(sessions) for _ in range(4)] == [True, True, True, False]


async def test_the_oldest_use_makes_room_first_and_says_when(sessions: Sessions) -> None:
    """Any minute, not the minute of a clock: two halves of it are no way round."""
    for _ in range(3):
        assert await use(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            text("UPDATE limit_use SET times[1] = times[1] - CAST('45 seconds' AS interval)")
        )
    with pytest.raises(TooManyError) as refused:
        async with transaction(sessions, PUBLIC) as session:
            await limits.take(session, THREE, "tom")
    assert 1 <= refused.value.wait_seconds <= 15
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            text("UPDATE limit_use SET times[1] = times[1] - CAST('15 seconds' AS interval)")
        )
    assert [await use(sessions) for _ in range(2)] == [True, False]


async def test_what_counts_no_longer_is_forgotten(sessions: Sessions) -> None:
    assert await use(sessions)
    assert await use(sessions, key="grace")
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            text(
                "UPDATE limit_use SET until = now() WHERE key_hash = "
                "(SELECT min(key_hash::text)::bytea FROM limit_use)"
            )
        )
        await limits.forget_uses(session)
        kept = (await session.execute(text("SELECT u::text FROM limit_use u"))).scalars().all()
    assert len(kept) == 1
    assert "tom" not in kept[0]
    assert "grace" not in kept[0]
