"""What a killed worker had in its hands holds up nobody else's letters."""

import asyncio
import uuid

from families_at_hand import add_commissioner
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
        council = await add_commissioner(session)
        await add_staff(
            session,
            commissioner_id=council.id,
            role="commissioner",
            name="Amina Example",
            email="amina@example.org",
        )
        await ask_for_link(session, "amina@example.org", client="192.0.2.1")
    stop = asyncio.Event()
    working = asyncio.create_task(run_worker(settings, stop))
    async with asyncio.timeout(HEARTBEAT.total_seconds() / 2):
        while await _state(sessions) != "sent":  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.1)
    stop.set()
    await working


async def _state(sessions: Sessions) -> str:
    async with transaction(sessions, EXCHANGE) as session:
        return (await session.scalars(select(Message.state))).one()
