"""One press stops every message; starting again lets those leave that waited."""

import datetime as dt

import small_world as world
from httpx import AsyncClient
from reading import SignIn, csrf_of, form_of, forms_of, words_of
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.messages.compose import Mail
from marketplace.services.sending import controls
from marketplace.services.sending.digests import make_digests
from marketplace.settings import Settings, mail_folder


async def press(browser: AsyncClient, path: str) -> None:
    answer = await browser.post(path, data={"_csrf": await csrf_of(browser)})
    assert answer.status_code == 303


async def message_states(sessions: Sessions, event: str = "offer") -> dict[str, int]:
    counted = "SELECT state, count(*) FROM message WHERE event = :event GROUP BY state"
    async with transaction(sessions, EXCHANGE) as session:
        return {
            row.state: row.count for row in await session.execute(text(counted), {"event": event})
        }


async def test_stopped_messages_wait_and_leave_when_started(
    sign_in: SignIn, sessions: Sessions, settings: Settings
) -> None:
    priya = await sign_in(world.PRIYA)
    await press(priya, "/practitioner/messages/stop")
    await world.do_jobs(sessions)
    assert await message_states(sessions) == {"stopped": 4}
    amina = await sign_in(world.AMINA)
    assert "All messages are stopped" in (await amina.get("/commissioner")).text
    await press(amina, "/commissioner/messages/start")
    await world.do_jobs(sessions)
    assert await message_states(sessions) == {"sent": 4}
    sent = [file.read_text() for file in mail_folder(settings).glob("*.eml")]
    assert len([one for one in sent if "/o/" in one]) == 4


async def test_nothing_at_all_leaves_while_stopped(
    sign_in: SignIn, sessions: Sessions, settings: Settings
) -> None:
    """The page says: to no family and no charity."""
    async with transaction(sessions, EXCHANGE) as session:
        # Somebody still waits for a provider, so that its message would have a reason to leave.
        await session.execute(
            text("UPDATE match SET state = 'awaiting_provider' WHERE id = :id"),
            {"id": (await world.match_of(session, "TODDLER")).id},
        )
        await make_digests(session, now=dt.datetime.now(dt.UTC))
    await press(await sign_in(world.AMINA), "/commissioner/messages/stop")
    await world.do_jobs(sessions)
    assert list(mail_folder(settings).glob("*.eml")) == []
    await press(await sign_in(world.AMINA), "/commissioner/messages/start")
    await world.do_jobs(sessions)
    sent = [file.read_text() for file in mail_folder(settings).glob("*.eml")]
    assert [one for one in sent if f"To: {world.WENDY}" in one]


async def test_a_stop_between_two_sends_stops_the_second(sessions: Sessions) -> None:
    class StopsAfterOne:
        channels = frozenset({"email", "sms", "letter"})
        can_be_asked = False

        def __init__(self) -> None:
            self.sent: list[Mail] = []

        async def send(self, mail: Mail, **_: object) -> None:
            self.sent.append(mail)
            if "/o/" in mail.text:
                async with transaction(sessions, EXCHANGE) as session:
                    actor = await world.actor_of(session, world.PRIYA)
                    await controls.stop_messages(session, actor=actor)

    sender = StopsAfterOne()
    await world.do_jobs(sessions, sender)
    assert len([mail for mail in sender.sent if "/o/" in mail.text]) == 1
    assert await message_states(sessions) == {"sent": 1, "stopped": 3}


async def test_one_councils_stop_leaves_the_others_alone(
    sign_in: SignIn, sessions: Sessions
) -> None:
    await press(await sign_in(world.OLGA), "/commissioner/messages/stop")
    await world.do_jobs(sessions)
    assert await message_states(sessions) == {"sent": 4}


async def test_a_sign_in_link_still_leaves(
    nobody: AsyncClient, sign_in: SignIn, sessions: Sessions, session: AsyncSession
) -> None:
    await press(await sign_in(world.AMINA), "/commissioner/messages/stop")
    await nobody.post("/sign-in", data={"email": world.AMINA})
    await world.do_jobs(sessions)
    assert await message_states(sessions, "sign_in") == {"sent": 1}


async def test_starting_is_asked_twice_and_says_what_leaves(
    sign_in: SignIn, sessions: Sessions
) -> None:
    amina = await sign_in(world.AMINA)
    await press(amina, "/commissioner/messages/stop")
    await world.do_jobs(sessions)
    home = await amina.get("/commissioner")
    assert [one for one in forms_of(home) if one.action.endswith("/messages/start")] == []
    assert 'href="/commissioner/messages/start"' in home.text
    question = await amina.get("/commissioner/messages/start")
    assert "4 messages leave within a minute" in words_of(question)
    assert "Amina Example stopped them" in words_of(question)
    assert await message_states(sessions) == {"stopped": 4}
    form_of(question, "/messages/start")


async def test_starting_ones_own_leaves_another_councils_stopped(
    sign_in: SignIn, sessions: Sessions
) -> None:
    amina, olga = await sign_in(world.AMINA), await sign_in(world.OLGA)
    await press(amina, "/commissioner/messages/stop")
    await press(olga, "/commissioner/messages/stop")
    await world.do_jobs(sessions)
    assert "No message waits" in words_of(await olga.get("/commissioner/messages/start"))
    await press(olga, "/commissioner/messages/start")
    assert await message_states(sessions) == {"stopped": 4}
