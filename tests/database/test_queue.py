"""A job exists only if what it is about was committed."""

import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.queue import RELEASE_FAMILY, SEND_MESSAGE, SOLVE_PLAN, enqueue
from marketplace.db.session import Sessions, transaction
from marketplace.services.sending.outbox import OFFER, SIGN_IN, queue_messages


async def count_jobs(sessions: Sessions) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        return await session.scalar(text("SELECT count(*) FROM jobs.pgqueuer")) or 0


async def test_a_job_dies_with_its_transaction(sessions: Sessions) -> None:
    with pytest.raises(RuntimeError, match="undone"):
        async with transaction(sessions, EXCHANGE) as session:
            await enqueue(session, SEND_MESSAGE, [uuid.uuid4()])
            raise RuntimeError("undone")
    assert await count_jobs(sessions) == 0


async def test_a_job_comes_with_its_transaction(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await enqueue(session, SEND_MESSAGE, [uuid.uuid4(), uuid.uuid4()])
        assert await count_jobs(sessions) == 0
    assert await count_jobs(sessions) == 2


async def test_the_same_job_twice_waits_once(sessions: Sessions) -> None:
    subject = uuid.uuid4()
    async with transaction(sessions, EXCHANGE) as session:
        await enqueue(session, SEND_MESSAGE, [subject])
        await enqueue(session, SEND_MESSAGE, [subject])
    assert await count_jobs(sessions) == 1


async def test_a_job_outside_a_transaction_is_refused(sessions: Sessions) -> None:
    async with sessions() as session:
        assert isinstance(session, AsyncSession)
        raw = (await (await session.connection()).get_raw_connection()).driver_connection
        if raw.is_in_transaction():
            pytest.fail("SQLAlchemy now begins at once: `transaction` need not run a statement")
        with pytest.raises(RuntimeError, match="inside the session"):
            await enqueue(session, SEND_MESSAGE, [uuid.uuid4()])


async def test_nothing_else_waits_behind_letters(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await enqueue(session, SEND_MESSAGE, [uuid.uuid4()])
        await enqueue(session, SOLVE_PLAN, [uuid.uuid4()])
        await enqueue(session, RELEASE_FAMILY, [uuid.uuid4()])
        first = text("SELECT entrypoint FROM jobs.pgqueuer ORDER BY priority DESC, id")
        assert list(await session.scalars(first)) == [SOLVE_PLAN, RELEASE_FAMILY, SEND_MESSAGE]


async def test_who_waits_for_a_link_waits_behind_no_wave(sessions: Sessions) -> None:
    offers, link = [uuid.uuid4() for _ in range(3)], uuid.uuid4()
    async with transaction(sessions, EXCHANGE) as session:
        await queue_messages(session, OFFER, offers)
        await queue_messages(session, SIGN_IN, [link])
        first = text(
            "SELECT message.subject_id FROM jobs.pgqueuer JOIN message"
            " ON convert_from(payload, 'UTF8')::uuid = message.id"
            " ORDER BY priority DESC, pgqueuer.id LIMIT 1"
        )
        assert await session.scalar(first) == link
