"""Waiting where a carrier is busy, and a mail server whose connections are used again."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.errors import HeaderParseError

import pytest
from families_at_hand import add_commissioner
from pgqueuer.errors import RetryRequested
from post_at_hand import Post, open_post
from sqlalchemy import select

from marketplace.db.acting import EXCHANGE
from marketplace.db.offers import Message
from marketplace.db.session import Sessions, transaction
from marketplace.messages.carriers import AnyMessage, CarrierBusyError, RefusedByCarrierError
from marketplace.messages.compose import Mail
from marketplace.messages.emails import build_email
from marketplace.messages.smtp import SmtpSender
from marketplace.services.staff.people import add_staff
from marketplace.services.staff.sign_in import ask_for_link
from marketplace.worker.mailing import send_or_wait

MAIL = Mail(to="kelly@example.org", subject="Hello", text="Words", html="<p>Words")


class Busy:
    channels = frozenset({"email"})
    can_be_asked = True

    def __init__(self, wait_seconds: float | None) -> None:
        self.wait_seconds = wait_seconds

    async def send(self, _message: AnyMessage, **_given: object) -> None:
        raise CarrierBusyError("too many", wait_seconds=self.wait_seconds)


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with open_post() as post:
        yield post


@pytest.fixture
async def sender(post: Post) -> AsyncIterator[SmtpSender]:
    sender = SmtpSender(f"smtp://127.0.0.1:{post.port}?from=hub@example.org")
    yield sender
    await asyncio.to_thread(sender.close)


async def send(sender: SmtpSender, to: str = MAIL.to) -> None:
    mail = Mail(to=to, subject=MAIL.subject, text=MAIL.text, html=MAIL.html)
    await sender.send(mail, message_id=uuid.uuid4(), is_repeat=False)


async def test_a_wave_opens_few_connections(post: Post, sender: SmtpSender) -> None:
    for _ in range(5):
        await send(sender)
    assert (len(post.taken), len(post.open)) == (5, 1)
    await asyncio.gather(*(send(sender) for _ in range(8)))
    assert len(post.taken) == 13
    assert len(post.open) <= 8


async def test_a_connection_that_the_server_ended_is_made_anew(
    post: Post, sender: SmtpSender
) -> None:
    await send(sender)
    post.open[0].transport.close()
    await send(sender)
    assert (len(post.taken), len(post.open)) == (2, 2)


async def test_nobody_of_that_name_is_a_refusal_and_come_back_is_not(
    post: Post, sender: SmtpSender
) -> None:
    with pytest.raises(RefusedByCarrierError, match="550 no such person"):
        await send(sender, "gone@example.org")
    with pytest.raises(Exception, match="come back"):
        await send(sender, "later@example.org")
    await send(sender)
    assert post.taken == [MAIL.to]


async def test_a_line_break_makes_no_header(post: Post, sender: SmtpSender) -> None:
    with pytest.raises(HeaderParseError):
        await send(sender, "kelly@example.org\r\nBcc: other@example.org")
    assert post.taken == []


def test_an_email_holds_any_letters() -> None:
    mail = Mail(
        to=MAIL.to, subject="Families’ hub, " * 9 + "to you", text="£5 – ’\n", html="<p>£5 – ’"
    )
    built = build_email(mail, message_id=uuid.uuid4(), sender="Café hub <hub@example.org>")
    email = message_from_bytes(built.as_bytes(), policy=policy.default)
    assert (email["from"], email["to"]) == ("Café hub <hub@example.org>", MAIL.to)
    assert email["subject"] == mail.subject
    parts = [email.get_body((kind,)).get_content().strip() for kind in ("plain", "html")]
    assert parts == [mail.text.strip(), mail.html]


@pytest.mark.parametrize(
    ("asked", "attempts", "waits"), [(60.0, 0, 60), (None, 0, 1), (None, 3, 8), (None, 40, 300)]
)
async def test_a_busy_carrier_is_tried_again_and_the_message_waits(
    sessions: Sessions, asked: float | None, attempts: int, waits: float
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        council = await add_commissioner(session)
        await add_staff(
            session,
            commissioner_id=council.id,
            role="commissioner",
            name="Amina Example",
            email="amina@example.org",
        )
        await ask_for_link(session, "amina@example.org", client="192.0.2.1")
        message_id = (await session.scalars(select(Message.id))).one()
    with pytest.raises(RetryRequested) as raised:
        await send_or_wait(sessions, Busy(asked), message_id, attempts=attempts)
    assert raised.value.delay.total_seconds() == waits
    async with transaction(sessions, EXCHANGE) as session:
        message = await session.get_one(Message, message_id)
        assert (message.state, message.tried_at is not None) == ("queued", True)
