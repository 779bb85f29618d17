"""GOV.UK Notify: what leaves, what it refuses, when it is busy, and no message twice."""

import asyncio
import uuid
from collections.abc import Iterator

import pytest

from fake_notify import EMAIL_TEMPLATE, SERVICE, SMS_TEMPLATE, FakeNotify, run_notify
from marketplace.errors import BadSettingsError
from marketplace.messages.carriers import CarrierBusyError, RefusedByCarrierError
from marketplace.messages.compose import Mail, Text
from marketplace.messages.letters import Letter
from marketplace.messages.notify import NotifySender
from marketplace.messages.senders import make_sender, sendable_channels

MAIL = Mail(to="kelly@example.org", subject="Hello", text="Words", html="<p>Words")
TEXT = Text(to="+447700900123", words="Words")
LETTER = Letter(to="Kelly", words="Words", pdf=b"%PDF-1.3 example")


@pytest.fixture
def notify(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNotify]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with run_notify() as fake:
        yield fake


@pytest.fixture
def sender(notify: FakeNotify) -> Iterator[NotifySender]:
    sender = NotifySender(notify.url)
    yield sender
    sender.close()


async def send(sender: NotifySender, message: Mail | Text | Letter, **given: object) -> str:
    options = {"message_id": uuid.uuid4(), "is_repeat": False} | given
    return await sender.send(message, **options)


async def test_each_kind_leaves_with_its_template_and_our_reference(
    notify: FakeNotify, sender: NotifySender
) -> None:
    ids = [uuid.uuid4() for _ in range(3)]
    for message, message_id in zip((MAIL, TEXT, LETTER), ids, strict=True):
        name = await send(sender, message, message_id=message_id)
        assert notify.sent[name]["reference"] == str(message_id)
    mail, text, letter = notify.sent.values()
    assert (mail["to"], mail["template_id"]) == (MAIL.to, EMAIL_TEMPLATE)
    assert mail["personalisation"] == {"subject": "Hello", "body": "Words"}
    assert (text["to"], text["template_id"]) == (TEXT.to, SMS_TEMPLATE)
    assert text["personalisation"] == {"body": "Words"}
    # Second class may take most of the week for which a place is held.
    assert (letter["pdf"], letter["postage"]) == (LETTER.pdf, "first")


async def test_a_message_that_was_tried_is_looked_for_before_it_leaves_again(
    notify: FakeNotify, sender: NotifySender
) -> None:
    message_id = uuid.uuid4()
    notify.loses_answers = 1
    with pytest.raises(CarrierBusyError):
        await send(sender, MAIL, message_id=message_id)
    (left,) = notify.sent
    assert await send(sender, MAIL, message_id=message_id, is_repeat=True) == left
    assert len(notify.sent) == 1
    other = uuid.uuid4()
    assert await send(sender, MAIL, message_id=other, is_repeat=True) != left
    assert len(notify.sent) == 2


async def test_a_bad_request_is_a_refusal_with_its_reason(
    notify: FakeNotify, sender: NotifySender
) -> None:
    with pytest.raises(RefusedByCarrierError, match="Not enough digits"):
        await send(sender, Text(to="0", words="Words"))
    notify.fail_next(400, "BadRequestError", "Can't send to this recipient using a team-only key")
    with pytest.raises(RefusedByCarrierError, match="team-only"):
        await send(sender, MAIL)
    assert notify.sent == {}


@pytest.mark.parametrize(
    ("status", "error", "headers", "waits"),
    [
        (429, "RateLimitError", {}, 60),
        (429, "RateLimitError", {"Retry_After": "7"}, 7),
        (429, "TooManyRequestsError", {}, 3600),
        (500, "Exception", {}, None),
        (503, "Exception", {"Retry_After": "9"}, 9),
    ],
)
async def test_busy_says_how_long_to_wait(
    notify: FakeNotify,
    sender: NotifySender,
    status: int,
    error: str,
    headers: dict[str, str],
    waits: float | None,
) -> None:
    notify.fail_next(status, error, "Not now", **headers)
    with pytest.raises(CarrierBusyError) as raised:
        await send(sender, MAIL)
    assert raised.value.wait_seconds == waits
    await send(sender, MAIL)
    assert len(notify.sent) == 1


@pytest.mark.parametrize("part", [SERVICE, "the secret"])
async def test_a_wrong_key_loses_nothing(notify: FakeNotify, part: str) -> None:
    """The fake checks the token that the key makes: who it is from, and that it is signed."""
    wrong = str(uuid.uuid4())
    url = notify.url.replace(part if part == SERVICE else str(uuid.UUID(int=2)), wrong)
    sender = NotifySender(url)
    with pytest.raises(CarrierBusyError, match="Invalid token"):
        await send(sender, MAIL)
    assert notify.sent == {}
    sender.close()


async def test_nobody_there_is_busy_too() -> None:
    sender = NotifySender(f"notify://{'k' * 73}@127.0.0.1:9?email=x")
    with pytest.raises(CarrierBusyError):
        await send(sender, MAIL)
    sender.close()


@pytest.mark.parametrize(
    ("told", "means"),
    [
        ("created", None),
        ("sending", None),
        ("accepted", None),
        ("delivered", "delivered"),
        ("received", "delivered"),
        ("permanent-failure", "bounced"),
        ("temporary-failure", "failed"),
        ("technical-failure", "failed"),
        ("validation-failed", "failed"),
    ],
)
async def test_how_it_went_can_be_asked(
    notify: FakeNotify, sender: NotifySender, told: str, means: str | None
) -> None:
    await send(sender, MAIL)
    assert await sender.find_delivery(notify.settle(told)) == means
    assert await sender.find_delivery(str(uuid.uuid4())) is None


async def test_many_at_once_share_no_client(notify: FakeNotify, sender: NotifySender) -> None:
    await asyncio.gather(*(send(sender, MAIL) for _ in range(20)))
    assert len({one["reference"] for one in notify.sent.values()}) == 20


@pytest.mark.parametrize(
    ("query", "channels"),
    [
        ("email=a", {"email"}),
        ("email=a&sms=b", {"email", "sms"}),
        ("email=a&letters=yes", {"email", "letter"}),
    ],
)
def test_only_what_is_set_up_can_leave(query: str, channels: set[str]) -> None:
    url = f"notify://{'k' * 73}@api.notifications.service.gov.uk"
    assert sendable_channels(f"{url}?{query}") == channels
    assert make_sender(f"{url}?{query}").base_url == "https://api.notifications.service.gov.uk"


@pytest.mark.parametrize(
    "url", ["notify://short@example.org?email=a", f"notify://{'k' * 73}@example.org", "pigeon://x"]
)
def test_a_wrong_address_is_told(url: str) -> None:
    with pytest.raises(BadSettingsError, match="MARKETPLACE_MAIL_URL"):
        make_sender(url)
