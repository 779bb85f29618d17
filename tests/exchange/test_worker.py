"""A worker beside a killed one, and what the queue keeps of a job that broke."""

import asyncio
import uuid
from dataclasses import replace
from unittest.mock import patch

import pytest
from families_at_hand import add_commissioner
from post_at_hand import open_post
from sqlalchemy import select, text

from marketplace.db.acting import EXCHANGE
from marketplace.db.offers import Message
from marketplace.db.queue import SEND_MESSAGE, enqueue
from marketplace.db.session import Sessions, transaction
from marketplace.services.staff.people import add_staff
from marketplace.services.staff.sign_in import ask_for_link
from marketplace.settings import Settings
from marketplace.worker.jobs import BATCH, HEARTBEAT, run_worker

PICKED = """
UPDATE jobs.pgqueuer SET status = 'picked', heartbeat = now(), slot = id,
  queue_manager_id = gen_random_uuid()
"""


async def test_letters_leave_beside_those_of_a_killed_worker(
    settings: Settings, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await enqueue(session, SEND_MESSAGE, [uuid.uuid4() for _ in range(2 * BATCH)])
        await session.execute(text(PICKED))
    await _invite(sessions, "amina@example.org")
    stop = asyncio.Event()
    working = asyncio.create_task(run_worker(settings, stop))
    async with asyncio.timeout(HEARTBEAT.total_seconds() / 2):
        while await _state(sessions) != "sent":  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.1)
    stop.set()
    await working


async def _invite(sessions: Sessions, email: str) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        council = await add_commissioner(session)
        await add_staff(
            session, commissioner_id=council.id, role="commissioner", name="Amina", email=email
        )
        await ask_for_link(session, email, client="192.0.2.1")


async def test_what_the_queue_keeps_of_a_failure_names_nobody(
    settings: Settings, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    """A mail server that says *come back* says it with the address."""
    await _invite(sessions, "later@example.org")
    with patch("marketplace.worker.retries.log") as log:
        kept = await _work_until_a_retry(settings, sessions)
    assert "SMTPRecipientsRefused" in kept
    # The queue's log and its library's; our own is told the error, of which it keeps the frames.
    logged = [one.getMessage() for one in caplog.records if one.name.startswith("pgqueuer")]
    assert "later@" not in kept + "".join(logged)
    assert log.warning.call_args.kwargs["job"] == SEND_MESSAGE


async def _work_until_a_retry(settings: Settings, sessions: Sessions) -> str:
    stop, kept = asyncio.Event(), ""
    async with open_post() as post, asyncio.timeout(HEARTBEAT.total_seconds()):
        by_mail = replace(settings, mail_url=f"smtp://127.0.0.1:{post.port}?from=hub@example.org")
        working = asyncio.create_task(run_worker(by_mail, stop))
        while "RetryRequested" not in kept:
            await asyncio.sleep(0.1)
            kept = await _kept(sessions)
        stop.set()
        await working
    return kept


async def _kept(sessions: Sessions) -> str:
    async with transaction(sessions, EXCHANGE) as session:
        log = await session.scalars(text("SELECT log::text FROM jobs.pgqueuer_log AS log"))
        return "".join(log)


async def _state(sessions: Sessions) -> str:
    async with transaction(sessions, EXCHANGE) as session:
        return (await session.scalars(select(Message.state))).one()
