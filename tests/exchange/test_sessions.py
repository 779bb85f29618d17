"""Signed-in browsers: how long they last, and that their end is written down."""

import datetime as dt
import uuid

import pytest
from families_at_hand import add_commissioner
from sqlalchemy import select, text

from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.history import Event
from marketplace.db.people import User
from marketplace.db.session import Sessions, transaction
from marketplace.services.staff import people
from marketplace.services.staff import sessions as staff_sessions


@pytest.fixture
async def amina(sessions: Sessions) -> uuid.UUID:
    async with transaction(sessions, EXCHANGE) as session:
        council = await add_commissioner(session, "Invented Council")
        user = await people.add_staff(
            session,
            commissioner_id=council.id,
            role="commissioner",
            name="Amina",
            email="amina@example.org",
        )
        return user.id


async def begin(sessions: Sessions, user_id: uuid.UUID, proved_by: str | None = "link") -> str:
    async with transaction(sessions, EXCHANGE) as session:
        return await staff_sessions.begin_session(
            session, user_id, proved_by=proved_by, browser="Firefox on Linux"
        )


async def is_in(sessions: Sessions, token: str) -> bool | None:
    """Whether somebody is wholly in, or half, or not at all."""
    async with transaction(sessions, EXCHANGE) as session:
        found = await staff_sessions.find_signed_in(session, token)
        return found.is_whole if found else None


async def age(sessions: Sessions, column: str, *, minutes: int) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            text(f"UPDATE staff_session SET {column} = {column} - CAST(:by AS interval)"),  # noqa: S608 - a name of this file
            {"by": dt.timedelta(minutes=minutes)},
        )


async def deeds(sessions: Sessions, user_id: uuid.UUID) -> list[tuple[str, str | None]]:
    async with transaction(sessions, EXCHANGE) as session:
        found = await session.execute(
            select(Event.target, Event.code).where(Event.subject_id == user_id).order_by(Event.id)
        )
        return [(target, code) for target, code in found]


async def test_a_session_ends_after_an_hour_without_use(
    sessions: Sessions, amina: uuid.UUID
) -> None:
    token = await begin(sessions, amina)
    await age(sessions, "seen_at", minutes=59)
    assert await is_in(sessions, token)
    # That was a use: the hour begins anew.
    await age(sessions, "seen_at", minutes=59)
    assert await is_in(sessions, token)
    await age(sessions, "seen_at", minutes=60)
    assert await is_in(sessions, token) is None


async def test_a_session_ends_after_a_working_day_however_much_it_is_used(
    sessions: Sessions, amina: uuid.UUID
) -> None:
    token = await begin(sessions, amina)
    await age(sessions, "expires_at", minutes=479)
    assert await is_in(sessions, token)
    await age(sessions, "expires_at", minutes=1)
    assert await is_in(sessions, token) is None


async def test_half_a_session_is_short(sessions: Sessions, amina: uuid.UUID) -> None:
    token = await begin(sessions, amina, proved_by=None)
    assert await is_in(sessions, token) is False
    await age(sessions, "expires_at", minutes=15)
    assert await is_in(sessions, token) is None


async def test_a_look_is_noted_once_a_minute_and_not_each_time(
    sessions: Sessions, amina: uuid.UUID
) -> None:
    token = await begin(sessions, amina)
    async with transaction(sessions, EXCHANGE) as session:
        row = text("SELECT xmin::text FROM staff_session")
        before = (await session.execute(row)).scalar_one()
    assert await is_in(sessions, token)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.execute(row)).scalar_one() == before


async def test_a_closed_account_is_in_nowhere(sessions: Sessions, amina: uuid.UUID) -> None:
    token = await begin(sessions, amina)
    async with transaction(sessions, EXCHANGE) as session:
        (await session.get_one(User, amina)).closed_at = (
            await session.execute(text("SELECT now()"))
        ).scalar_one()
        await session.flush()
    assert await is_in(sessions, token) is None


async def test_every_beginning_and_end_is_written_down(
    sessions: Sessions, amina: uuid.UUID
) -> None:
    here, there, late = [await begin(sessions, amina) for _ in range(3)]
    await begin(sessions, amina, proved_by=None)
    actor = Actor(kind="commissioner", id=amina)
    async with transaction(sessions, EXCHANGE) as session:
        await staff_sessions.sign_out(session, late)
    async with transaction(sessions, EXCHANGE) as session:
        await staff_sessions.sign_out_elsewhere(session, here, actor=actor)
    assert (await is_in(sessions, here), await is_in(sessions, there)) == (True, None)
    await age(sessions, "expires_at", minutes=540)
    async with transaction(sessions, EXCHANGE) as session:
        await staff_sessions.forget_sessions(session)
    assert await deeds(sessions, amina) == [
        ("signed_in", "link"),
        ("signed_in", "link"),
        ("signed_in", "link"),
        ("session_ended", "signed_out"),
        ("session_ended", "signed_out_elsewhere"),
        ("session_ended", "ran_out"),
    ]
