"""Only an explicit, fresh yes on a listed channel is ever written to; nothing falls back."""

import datetime as dt
import itertools

import small_world as world
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Contact
from marketplace.db.queue import SEND_MESSAGE, enqueue
from marketplace.db.session import Sessions, transaction
from marketplace.settings import Settings, mail_folder

SAFE = ("yes", "no", "unknown")
# Hers is a landline, and there is no address: neither a text nor a letter can be sent.
CHANNELS = (
    ["email"],
    ["email", "phone"],
    ["sms", "email"],
    ["letter", "email"],
    ["phone", "email"],
    ["in-person", "email"],
    ["phone"],
    ["sms"],
    ["letter"],
    [],
)
DAYS_OLD = (0, 30, 31, 400)
EMAILS = ("kelly.nocturne@example.org", None)


async def is_written_to(sessions: Sessions, settings: Settings) -> bool:
    for file in mail_folder(settings).glob("*.eml"):
        file.unlink()
    await world.do_jobs(sessions)
    sent = [file.read_text() for file in mail_folder(settings).glob("*.eml")]
    return bool([one for one in sent if "kelly.nocturne" in one])


async def test_the_sender_looks_again_at_every_combination(
    sessions: Sessions, settings: Settings, session: AsyncSession
) -> None:
    """The message was queued when it was safe; what counts is the moment it would leave."""
    offer = await world.offer_of(session, "KELLY")
    await world.do_jobs(sessions)
    today = (await session.execute(text("SELECT current_date"))).scalar_one()
    left = []
    for safe, channels, days, email in itertools.product(SAFE, CHANNELS, DAYS_OLD, EMAILS):
        async with transaction(sessions, EXCHANGE) as change:
            contact = await change.get_one(Contact, offer.family_id)
            contact.safe_to_contact, contact.safe_channels = safe, channels
            contact.safe_checked_on, contact.email = today - dt.timedelta(days=days), email
            await change.flush()
            await requeue(change, offer.id)
        if await is_written_to(sessions, settings):
            left.append((safe, channels, days, email))
    assert left == [
        ("yes", channels, days, EMAILS[0]) for channels in CHANNELS[:4] for days in (0, 30)
    ]


async def requeue(session: AsyncSession, offer_id: object) -> None:
    queued = await session.scalars(
        text(
            "UPDATE message SET state = 'queued', sent_at = NULL, refusal = NULL"
            " WHERE subject_id = :offer RETURNING id"
        ),
        {"offer": offer_id},
    )
    await enqueue(session, SEND_MESSAGE, list(queued))


async def test_only_those_who_may_be_written_to_are(sessions: Sessions, settings: Settings) -> None:
    await world.do_jobs(sessions)
    told = " ".join(
        line
        for file in mail_folder(settings).glob("*.eml")
        for line in file.read_text().splitlines()
        if line.startswith("To: ")
    )
    for safe in ("kelly.nocturne", "mara", "tilda", "tess"):
        assert f"{safe}@example.org" in told
    for never in ("una.peregrine", "cora", "sadie"):
        assert never not in told


async def test_a_family_that_said_stop_is_not_written_to(
    sessions: Sessions, settings: Settings
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(text("UPDATE family SET stopped_at = now() WHERE ref = 'KELLY'"))
    assert not await is_written_to(sessions, settings)


async def test_the_list_of_calls_shows_only_numbers_that_are_safe_now(
    sessions: Sessions, sign_in: object
) -> None:
    priya = await sign_in(world.PRIYA)
    assert "01632 960102" in plain((await priya.get("/practitioner/calls")).text)
    for change in (
        "safe_to_contact = 'no'",
        "safe_to_contact = 'unknown'",
        "safe_to_contact = 'yes', safe_channels = '{email}'",
        "safe_channels = '{phone}', safe_checked_on = current_date - 31",
    ):
        async with transaction(sessions, EXCHANGE) as session:
            await session.execute(text(f"UPDATE contact SET {change}"))  # noqa: S608 - from above
        shown = plain((await priya.get("/practitioner/calls")).text)
        assert "960102" not in shown, change


def plain(html: str) -> str:
    return html.replace("+441632 ", "01632 ").replace("+441632960", "01632 960")
