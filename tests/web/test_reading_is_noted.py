"""Who looked at whose details stands in the history; nobody can change or delete it there."""

import pytest
import small_world as world
from reading import SignIn, words_of
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.db.acting import EXCHANGE
from marketplace.db.history import Event
from marketplace.db.session import Sessions, transaction
from marketplace.services.offers import answers, opening
from marketplace.services.staff.reading import DETAILS_READ
from marketplace.settings import Settings


async def reads(sessions: Sessions) -> list[tuple[str, str, object]]:
    async with transaction(sessions, EXCHANGE) as session:
        found = await session.scalars(select(Event).where(Event.target == DETAILS_READ))
        return [(one.actor_kind, one.subject_kind, one.subject_id) for one in found]


async def test_a_provider_who_sees_a_name_is_noted_once_a_day(
    sign_in: SignIn, sessions: Sessions, settings: Settings
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        link = await world.offer_link(session, settings, "KELLY")
        offer = await opening.open_offer(session, link.removeprefix("/o/"))
        await answers.answer_offer(session, offer, answer="yes", contact_way="phone")
    tom = await sign_in(world.TOM)
    await tom.get("/provider")
    assert await reads(sessions) == []
    for _ in range(3):
        assert "Nocturne" in words_of(await tom.get("/provider/accepted"))
    async with transaction(sessions, EXCHANGE) as session:
        kelly = await world.family_of(session, "KELLY")
    assert ("provider", "family", kelly.id) in await reads(sessions)
    assert len(await reads(sessions)) == len(set(await reads(sessions)))


async def test_the_list_of_calls_notes_exactly_who_stands_on_it(
    sign_in: SignIn, sessions: Sessions
) -> None:
    priya = await sign_in(world.PRIYA)
    told = words_of(await priya.get("/practitioner/calls"))
    async with transaction(sessions, EXCHANGE) as session:
        rows = await session.execute(
            text("SELECT DISTINCT family_id FROM offer JOIN call ON call.offer_id = offer.id"
                 " WHERE done_at IS NULL AND family_id IN (SELECT family_id FROM contact)")
        )  # fmt: skip
        listed = {row.family_id for row in rows}
    assert told
    assert {one for _, _, one in await reads(sessions)} == listed != set()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE event SET target = 'nothing'",
        "DELETE FROM event",
        "TRUNCATE event",
        "ALTER TABLE event DISABLE ROW LEVEL SECURITY",
    ],
)
async def test_the_application_can_neither_change_nor_delete_history(
    change: str, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        assert await session.scalar(select(Event.id).limit(1))
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
        async with transaction(sessions, EXCHANGE) as session:
            await session.execute(text(change))
