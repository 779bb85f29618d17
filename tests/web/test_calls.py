"""Calls to make: the latest first to be late, what came of each, and never another number."""

import datetime as dt

import small_world as world
from httpx import AsyncClient, Response
from reading import SignIn, csrf_of, words_of
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Contact
from marketplace.db.offers import Call
from marketplace.db.session import Sessions, transaction

CALLS = "/practitioner/calls"


async def call_of(session: AsyncSession, ref: str) -> Call:
    offer = await world.offer_of(session, ref)
    found = await session.execute(
        text("SELECT id FROM call WHERE offer_id = :offer"), {"offer": offer.id}
    )
    return await session.get_one(Call, found.scalar_one(), populate_existing=True)


async def press(browser: AsyncClient, path: str, **fields: str) -> Response:
    return await browser.post(path, data={"_csrf": await csrf_of(browser), **fields})


async def run(sessions: Sessions, statement: str) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(text(statement))


async def names_in_order(priya: AsyncClient) -> list[str]:
    told = words_of(await priya.get(CALLS))
    names = ("Paula Obsidian", "Cora Quicksand", "Sadie Rosewood")
    return sorted((name for name in names if name in told), key=told.index)


async def test_who_waits_longest_comes_first_and_is_marked_late(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    sadie = await call_of(session, "SENSITIVE")
    async with transaction(sessions, EXCHANGE) as change:
        call = await change.get_one(Call, sadie.id)
        call.asked_at -= dt.timedelta(days=9)
        await change.flush()
    priya = await sign_in(world.PRIYA)
    assert (await names_in_order(priya))[0] == "Sadie Rosewood"
    told = words_of(await priya.get(CALLS))
    assert "late: it was due on" in told
    assert "left" in told
    assert "1 of them late" in words_of(await priya.get("/practitioner"))


async def test_a_call_has_its_script_and_only_a_safe_number(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    path = f"{CALLS}/{(await call_of(session, 'PHONEONLY')).id}"
    told = words_of(await priya.get(path))
    assert "01632 960102" in told
    assert "Is now a safe time to talk?" in told
    for change in ("contact SET safe_to_contact = 'no'", "family SET contact_wrong_at = now()"):
        await run(sessions, f"UPDATE {change}")
        assert "960102" not in (await priya.get(path)).text
        await run(sessions, "UPDATE contact SET safe_to_contact = 'yes'")


async def test_nobody_answered_puts_it_behind_the_others_for_some_hours(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    first = (await names_in_order(priya))[0]
    refs = {"Paula": "PHONEONLY", "Cora": "CHILDLESS", "Sadie": "SENSITIVE"}
    call = await call_of(session, refs[first.partition(" ")[0]])
    answer = await press(priya, f"{CALLS}/{call.id}/not-spoken", outcome="no_answer")
    assert answer.status_code == 303
    assert (await names_in_order(priya))[-1] == first
    assert "Rung 1 time" in words_of(await priya.get(CALLS))
    await run(
        sessions,
        "UPDATE call SET try_after = now() - interval '1 minute' WHERE try_after IS NOT NULL",
    )
    assert (await names_in_order(priya))[0] == first


async def test_a_bad_time_waits_until_the_morning_of_the_next_working_day(
    sign_in: SignIn, session: AsyncSession
) -> None:
    priya = await sign_in(world.PRIYA)
    call = await call_of(session, "PHONEONLY")
    await press(priya, f"{CALLS}/{call.id}/not-spoken", outcome="bad_time")
    told = words_of(await priya.get(f"{CALLS}/{call.id}"))
    assert "Try again after 9:00am" in told


async def test_a_wrong_number_ends_it_and_nothing_leaves_to_that_contact(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    call = await call_of(session, "PHONEONLY")
    await press(priya, f"{CALLS}/{call.id}/not-spoken", outcome="wrong_number")
    assert "Paula Obsidian" not in await names_in_order(priya)
    async with transaction(sessions, EXCHANGE) as after:
        family = await world.family_of(after, "PHONEONLY")
        assert family.contact_wrong_at
        assert await after.get(Contact, family.id) is None
        told = await after.execute(
            text("SELECT target, code FROM event WHERE subject_id = :offer ORDER BY id DESC"),
            {"offer": call.offer_id},
        )
        assert tuple(told.first()) == ("call_done", "wrong_number")


async def test_an_outcome_that_is_none_is_asked_again(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    path = f"{CALLS}/{(await call_of(session, 'PHONEONLY')).id}/not-spoken"
    before = await world.take_picture(sessions)
    assert (await press(priya, path)).status_code == 422
    assert (await press(priya, path, outcome="made-up")).status_code == 422
    assert await world.take_picture(sessions) == before


async def test_a_call_that_was_made_is_in_the_history(
    sign_in: SignIn, session: AsyncSession, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    call = await call_of(session, "SENSITIVE")
    await press(priya, f"{CALLS}/{call.id}/done")
    assert (await press(priya, f"{CALLS}/{call.id}/done")).status_code == 404
    async with transaction(sessions, EXCHANGE) as after:
        told = await after.execute(
            text("SELECT count(*) FROM event WHERE target = 'call_done' AND code = 'sensitive'")
        )
        assert told.scalar_one() == 1
