"""The chain over the history: late commits join it, and no hand that touched it goes unseen."""

import asyncio
import uuid
from dataclasses import replace

import asyncpg
import pytest
from click.testing import CliRunner
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.commands.history import check
from marketplace.commands.running import in_transaction
from marketplace.db.acting import EXCHANGE
from marketplace.db.history import Event, EventSeal
from marketplace.db.session import Sessions, make_engine, make_sessions, transaction
from marketplace.services.staff.history_chain import Checked, check_history, seal_history
from marketplace.settings import Settings


async def note(session: AsyncSession, *targets: str) -> None:
    rows = [
        {"actor_kind": "system", "subject_kind": "match", "subject_id": uuid.uuid4()}
        | {"target": target, "detail": {"pounds": 1.5, "ä": None}}
        for target in targets
    ]
    await session.execute(insert(Event.__table__).inline(), rows)


async def chain(sessions: Sessions) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        return await seal_history(session)


async def look(sessions: Sessions) -> Checked:
    async with transaction(sessions, EXCHANGE) as session:
        return await check_history(session)


@pytest.fixture
async def chained(sessions: Sessions) -> list[int]:
    """The ids of six events, chained in two goes."""
    for targets in (("a", "b", "c"), ("d", "e", "f")):
        async with transaction(sessions, EXCHANGE) as session:
            await note(session, *targets)
        assert await chain(sessions) == 3
    assert await chain(sessions) == 0
    async with transaction(sessions, EXCHANGE) as session:
        return list(await session.scalars(select(Event.id).order_by(Event.id)))


async def test_an_untouched_history_is_whole(
    chained: list[int], sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.services.staff.history_chain.BATCH", 2)
    checked = await look(sessions)
    assert (checked.links, checked.faults, checked.unchained) == (6, [], 0)
    assert (await look(sessions)).last == checked.last != b""


async def test_what_is_committed_late_is_chained_late(sessions: Sessions) -> None:
    async with sessions() as slow:
        await slow.execute(text("SET acting.kind = 'exchange'"))
        await note(slow, "slow")
        async with transaction(sessions, EXCHANGE) as session:
            await note(session, "quick")
        assert await chain(sessions) == 1
        await slow.commit()
    assert (await look(sessions)).unchained == 1
    assert await chain(sessions) == 1
    async with transaction(sessions, EXCHANGE) as session:
        order = list(await session.scalars(select(EventSeal.event_id).order_by(EventSeal.number)))
    assert order == sorted(order, reverse=True)
    assert (await look(sessions)).faults == []


# How somebody with the owner's login might go about it, and which events give it away.
TAKEN_OUT = """WITH gone AS (DELETE FROM event WHERE id = {3})
    DELETE FROM event_seal WHERE event_id = {3}"""
MOVED_UP = "UPDATE event_seal SET number = number - 1 WHERE number > 4"
TOUCHED = {
    "changed": (["UPDATE event SET code = 'yes' WHERE id = {2}"], ["event {2} is not"]),
    "dated": (
        ["UPDATE event SET at = at + interval '1 microsecond' WHERE id = {0}"],
        ["event {0} is not"],
    ),
    "emptied": (["UPDATE event SET detail = '{{}}' WHERE id = {5}"], ["event {5} is not"]),
    "deleted": (["DELETE FROM event WHERE id = {3}"], ["event {3} is gone"]),
    "with its link": ([TAKEN_OUT], ["links 4 to 4 are gone", "event {4} is not"]),
    "closed up": ([TAKEN_OUT, MOVED_UP], ["event {4} is not", "event {5} is not"]),
    "forged": (
        ["UPDATE event_seal SET seal = substr(seal, 1, 9) || sha256('x') WHERE event_id = {1}"],
        ["event {1} is not", "event {2} is not"],
    ),
}


@pytest.mark.parametrize(("touched", "told"), TOUCHED.values(), ids=TOUCHED)
async def test_a_hand_that_touched_it_is_seen(
    touched: list[str],
    told: list[str],
    chained: list[int],
    sessions: Sessions,
    settings: Settings,
) -> None:
    connection = await asyncpg.connect(settings.migration_database_url)
    try:
        await connection.execute("SET acting.kind = 'exchange'")
        for statement in touched:
            await connection.execute(statement.format(*chained))
    finally:
        await connection.close()
    faults = (await look(sessions)).faults
    assert len(faults) == len(told)
    for fault, one in zip(faults, told, strict=True):
        assert fault.startswith(one.format(*chained))


async def test_a_lost_key_is_told_and_a_new_one_goes_on(
    chained: list[int], sessions: Sessions, settings: Settings
) -> None:
    new = "a-newer-key-for-tests-0123456789abcdef"
    engine = make_engine(settings.database_url)
    both = make_sessions(engine, replace(settings, secret_keys=(new, *settings.secret_keys)))
    async with transaction(both, EXCHANGE) as session:
        await note(session, "g")
    assert await chain(both) == 1
    checked = await look(both)
    assert (checked.links, checked.faults, checked.of_lost_keys) == (7, [], 0)
    checked = await look(make_sessions(engine, replace(settings, secret_keys=(new,))))
    assert (checked.links, checked.faults, checked.of_lost_keys) == (7, [], 6)
    await engine.dispose()


@pytest.mark.parametrize("change", ["UPDATE event_seal SET number = 9", "DELETE FROM event_seal"])
async def test_the_application_cannot_touch_the_chain(
    change: str, chained: list[int], sessions: Sessions
) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with transaction(sessions, EXCHANGE) as session:
            await session.execute(text(change))


def test_the_command_says_what_to_keep_elsewhere(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.commands.running.read_settings", lambda: settings)
    in_transaction(lambda session: note(session, "a", "b"))
    assert in_transaction(seal_history) == 2
    whole = CliRunner().invoke(check)
    assert whole.exit_code == 0
    assert "Link 2 is the last. Keep this elsewhere: " in whole.output
    asyncio.run(spoil(settings.migration_database_url))
    spoilt = CliRunner().invoke(check)
    assert spoilt.exit_code == 1
    assert "is not what was chained" in spoilt.output


async def spoil(owner_url: str) -> None:
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("SET acting.kind = 'exchange'")
        await connection.execute("UPDATE event SET target = 'no' WHERE target = 'a'")
    finally:
        await connection.close()
