"""A yes to being written to grows old; who asked and still waits is asked once more, and once."""

import datetime as dt
import uuid
from typing import Any

import pytest
from asks_at_hand import add_asking_council, ask_and_prove, asked, send, token_of
from families_at_hand import TODAY, council_actor
from sqlalchemy import select, update

from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Contact
from marketplace.db.offers import Message
from marketplace.db.people import Commissioner
from marketplace.db.session import Sessions, transaction
from marketplace.errors import NotFoundError
from marketplace.messages.compose import Mail
from marketplace.services.asks import ask_calls, ask_ends, ask_safety, asks
from marketplace.services.sending import deliveries
from marketplace.services.sending.outbox import ASK_STILL_SAFE

ALMOST = TODAY - dt.timedelta(days=25)


@pytest.fixture
async def council(sessions: Sessions) -> uuid.UUID:
    return await add_asking_council(sessions)


async def look(sessions: Sessions) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        return await ask_safety.ask_if_still_safe(session)


async def the_contact(sessions: Sessions) -> Contact:
    async with transaction(sessions, EXCHANGE) as session:
        return (await session.scalars(select(Contact))).one()


async def change(sessions: Sessions, **values: Any) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Contact).values(**values))


async def test_once_before_the_yes_is_too_old(sessions: Sessions, council: uuid.UUID) -> None:
    ask_id = await ask_and_prove(sessions, council, asked())
    await ask_and_prove(sessions, council, asked(code="sleep"))
    await change(sessions, safe_checked_on=ALMOST + dt.timedelta(days=1))
    assert await look(sessions) == 0
    await change(sessions, safe_checked_on=ALMOST)
    assert await look(sessions) == 1, "one message a family, however much it asked for"
    assert await look(sessions) == 0
    async with transaction(sessions, EXCHANGE) as session:
        one = await session.scalars(select(Message).where(Message.event == ASK_STILL_SAFE))
        assert isinstance(await deliveries.compose_now(session, one.one()), Mail)
    token = await token_of(sessions, ask_id, asks.STATUS_LINK)
    async with transaction(sessions, EXCHANGE) as session:
        ask = await ask_ends.find_ask(session, token)
        assert await ask_safety.is_due(session, ask)
        await ask_safety.confirm_safety(session, token)
        assert not await ask_safety.is_due(session, ask)
    assert (await the_contact(sessions)).safe_checked_on == TODAY


async def test_a_no_is_not_made_a_yes_by_a_link(sessions: Sessions, council: uuid.UUID) -> None:
    ask_id = await ask_and_prove(sessions, council, asked())
    await change(sessions, safe_checked_on=ALMOST, safe_to_contact="no")
    assert await look(sessions) == 0
    token = await token_of(sessions, ask_id, asks.STATUS_LINK)
    async with transaction(sessions, EXCHANGE) as session:
        await ask_safety.confirm_safety(session, token)
    contact = await the_contact(sessions)
    assert (contact.safe_to_contact, contact.safe_checked_on) == ("no", ALMOST)


@pytest.mark.parametrize("is_safe", [True, False])
async def test_without_an_e_mail_a_person_rings(
    sessions: Sessions, council: uuid.UUID, *, is_safe: bool
) -> None:
    number = {"safe_channels": ["phone"], "email": None, "phone": "+441632960001"}
    ask_id = await send(sessions, council, asked(**number))
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await session.get_one(Commissioner, council)
        priya: Actor = council_actor(commissioner, kind="practitioner")
        await ask_calls.confirm_by_call(session, ask_id, actor=priya)
    await change(sessions, safe_checked_on=ALMOST)
    assert await look(sessions) == 1
    assert await look(sessions) == 0
    async with transaction(sessions, EXCHANGE) as session:
        with pytest.raises(NotFoundError):
            await ask_calls.note_spoken(session, ask_id, actor=priya)
        answer = ask_calls.confirm_by_call if is_safe else ask_calls.refuse_by_call
        await answer(session, ask_id, actor=priya)
    contact = await the_contact(sessions)
    told = (contact.safe_to_contact, contact.safe_checked_on)
    assert told == (("yes", TODAY) if is_safe else ("no", ALMOST))
