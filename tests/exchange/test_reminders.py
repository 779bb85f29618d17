"""One reminder and then silence; one question afterwards; a provider is reminded, then told on."""

import datetime as dt

import pytest
from offered_families import offer_with_choices, open_offer, say
from sqlalchemy import func, select, update

from directory.models import Intake
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Contact, Family
from marketplace.db.offers import Message, Offer
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.messages.compose import Mail
from marketplace.services.offers import reminders
from marketplace.services.offers.feedback import give_feedback
from marketplace.services.sending import deliveries
from marketplace.services.sending.outbox import Refusal


async def send_first(sessions: Sessions, *, days_ago: int) -> None:
    """The offer's own message left so long ago."""
    async with transaction(sessions, EXCHANGE) as session:
        sent_at = func.now() - dt.timedelta(days=days_ago)
        await session.execute(update(Message).values(state="sent", sent_at=sent_at))


async def remind(sessions: Sessions) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        return await reminders.remind_families(session)


async def compose(sessions: Sessions, event: str) -> Mail | Refusal:
    async with transaction(sessions, EXCHANGE) as session:
        message = (await session.scalars(select(Message).where(Message.event == event))).one()
        return await deliveries.compose_now(session, message)


async def test_one_reminder_on_the_third_day_and_then_silence(sessions: Sessions) -> None:
    await offer_with_choices(sessions)
    await send_first(sessions, days_ago=2)
    assert await remind(sessions) == 0
    await send_first(sessions, days_ago=3)
    assert [await remind(sessions) for _ in range(3)] == [1, 0, 0]
    mail = await compose(sessions, "offer_reminder")
    assert "only time I will remind you" in mail.text


@pytest.mark.parametrize("why", ["answered", "over", "not sent", "stopped before it left"])
async def test_nobody_is_reminded_of_what_is_done(sessions: Sessions, why: str) -> None:
    match, _ = await offer_with_choices(sessions)
    if why != "not sent":
        await send_first(sessions, days_ago=4)
    if why == "answered":
        await say(sessions, match, "yes")
    async with transaction(sessions, EXCHANGE) as session:
        if why == "over":
            await session.execute(update(Offer).values(expires_at=func.now()))
        if why == "stopped before it left":
            await session.execute(update(Message).values(state="stopped", sent_at=None))
    assert await remind(sessions) == 0


@pytest.mark.parametrize(
    ("table", "change", "state"),
    [
        (Contact, {"safe_to_contact": "no"}, "refused"),
        (Contact, {"safe_channels": ["phone"]}, "refused"),
        (Family, {"stopped_at": func.now()}, "refused"),
        (Offer, {"answer": "no"}, "refused"),
        (Offer, {"expires_at": func.now()}, "refused"),
        (Commissioner, {"messages_stopped_at": func.now()}, "stopped"),
    ],
)
async def test_a_reminder_is_asked_once_more_before_it_leaves(
    sessions: Sessions, table: type, change: dict[str, object], state: str
) -> None:
    await offer_with_choices(sessions)
    await send_first(sessions, days_ago=4)
    assert await remind(sessions) == 1
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(table).values(change))
    refused = await compose(sessions, "offer_reminder")
    assert isinstance(refused, Refusal)
    assert refused.state == state


async def test_the_confirmation_says_nothing_personal(sessions: Sessions) -> None:
    match, _ = await offer_with_choices(sessions)
    await say(sessions, match, "yes")
    mail = await compose(sessions, "offer_confirmed")
    assert "We have your answer" in mail.text
    assert not [word for word in ("meal", "Helpers", "Kelly") if word in mail.subject + mail.text]


async def test_one_question_a_week_after_help_started(sessions: Sessions) -> None:
    match, _ = await offer_with_choices(sessions)
    await say(sessions, match, "yes")
    await start(sessions, days_ago=6)
    assert await ask(sessions) == 0
    await start(sessions, days_ago=7)
    assert [await ask(sessions) for _ in range(2)] == [1, 0]
    assert "one question" in (await compose(sessions, "offer_feedback")).text
    for helped in ("partly", "yes"):
        async with transaction(sessions, EXCHANGE) as session:
            await give_feedback(session, await open_offer(session, match.family_id), helped)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await open_offer(session, match.family_id)).feedback == "partly"


async def start(sessions: Sessions, *, days_ago: int) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        since = func.now() - dt.timedelta(days=days_ago)
        await session.execute(update(Match).values(state="under_way", waits_since=since))
        await session.execute(update(Intake).values(used=1, held=0))


async def ask(sessions: Sessions) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        return await reminders.ask_how_it_goes(session)
