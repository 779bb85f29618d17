"""A letter's code, the previews, and what GOV.UK Notify tells of what it carried."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
import small_world as world
from httpx import AsyncClient
from litestar import Litestar
from reading import SignIn
from sqlalchemy import select, text

from fake_notify import FakeNotify, run_notify
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Contact
from marketplace.db.offers import Call, Message, Offer
from marketplace.db.session import Sessions, transaction
from marketplace.messages.notify import NotifySender
from marketplace.services.offers import offer_messages
from marketplace.settings import Settings, mail_folder
from marketplace.tokens import CODE_SIGNS, derive_code
from marketplace.worker.mailing import ask_for_receipts

TOKEN = "what-notify-shows-when-it-calls-0123456789"
WRONG = "CDFGH34679"
WRONG_WORDS = "We have no letter with this code"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, notify_token=TOKEN)


@pytest.fixture
def notify(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNotify]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with run_notify() as fake:
        yield fake


@pytest.fixture
def carrier(notify: FakeNotify) -> Iterator[NotifySender]:
    sender = NotifySender(notify.url)
    yield sender
    sender.close()


async def write_to_kelly_alone(sessions: Sessions, *channels: str) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        kelly = await world.family_of(session, "KELLY")
        contact = await session.get_one(Contact, kelly.id)
        contact.safe_channels, contact.phone = list(channels), "+447700900101"
        contact.address, contact.postcode = "1 Example Street, Ipswich", "IP1 2DE"
        await session.flush()
        hers = select(Offer.id).where(Offer.family_id == kelly.id)
        others = select(Message.id).where(Message.subject_id.not_in(hers))
        await session.execute(
            text("DELETE FROM jobs.pgqueuer WHERE payload = ANY(:ids)"),
            {"ids": [str(one).encode() for one in await session.scalars(others)]},
        )


async def letter_code(sessions: Sessions, settings: Settings) -> str:
    """Kelly's message leaves as a letter; the code that stands on it."""
    await write_to_kelly_alone(sessions, "letter")
    await world.do_jobs(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        offer = await world.offer_of(session, "KELLY")
        assert offer.channel == "letter"
        return derive_code(settings.secret_keys, offer.id, made_with=offer.key_id)


async def test_the_code_leads_to_the_same_page_as_the_link(
    nobody: AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    code = await letter_code(sessions, settings)
    async with transaction(sessions, EXCHANGE) as session:
        link = await world.offer_link(session, settings, "KELLY")
    for typed in (code, code.lower(), f" {code[:5]} {code[5:]} ", f"{code[:3]}-{code[3:]}."):
        answer = await nobody.post("/letter", data={"code": typed})
        assert (answer.status_code, answer.headers["location"]) == (303, link)
    assert "set-cookie" not in answer.headers
    assert (await nobody.get(link)).status_code == 200


async def test_the_letter_lies_in_the_demos_inbox_and_only_a_hash_of_its_code_is_kept(
    nobody: AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    code = await letter_code(sessions, settings)
    (pdf,) = mail_folder(settings).glob("*.pdf")
    shown = await nobody.get(f"/dev/inbox/{pdf.stem}")
    assert f"{code[:5]} {code[5:]}" in shown.text
    file = await nobody.get(f"/dev/inbox/{pdf.stem}/letter.pdf")
    assert file.content == pdf.read_bytes()
    assert file.headers["content-type"] == "application/pdf"
    async with transaction(sessions, EXCHANGE) as session:
        kept = (await session.execute(text("SELECT o::text FROM offer o"))).scalars()
        assert code not in " ".join(kept)


async def test_wrong_codes_are_all_answered_alike(
    nobody: AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    code = await letter_code(sessions, settings)
    other = CODE_SIGNS[0] if code[-1] != CODE_SIGNS[0] else CODE_SIGNS[1]
    answers = set()
    for typed in (code[:-1] + other, WRONG, "A", "'; --", code + code):
        answer = await nobody.post("/letter", data={"code": typed})
        answers.add((answer.status_code, WRONG_WORDS in answer.text))
    assert answers == {(422, True)}
    assert (await nobody.post("/letter", data={"code": " "})).status_code == 422


async def test_guessing_is_slowed_for_all_processes_together_and_ends_by_itself(
    nobody: AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    code = await letter_code(sessions, settings)
    for _ in range(30):
        assert (await nobody.post("/letter", data={"code": WRONG})).status_code == 422
    # Too many now: not even the right one is looked at, so that nothing is learnt.
    for typed in (WRONG, code):
        refused = await nobody.post("/letter", data={"code": typed})
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 60
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            text(
                "UPDATE limit_use SET times ="
                " ARRAY(SELECT t - CAST('1 minute' AS interval) FROM unnest(times) t)"
            )
        )
    for _ in range(31):
        # Right ones are not counted: a whole town may read its letters on one evening.
        assert (await nobody.post("/letter", data={"code": code})).status_code == 303


async def test_a_code_of_a_key_that_was_taken_away_opens_nothing(
    nobody: AsyncClient, application: Litestar, sessions: Sessions, settings: Settings
) -> None:
    code = await letter_code(sessions, settings)
    info = application.state.sessions.kw["info"]
    info["settings"] = replace(settings, secret_keys=("another-key-0123456789abcdef-0123456789",))
    assert (await nobody.post("/letter", data={"code": code})).status_code == 422


async def test_amina_sees_every_message_as_it_will_read(
    sign_in: SignIn, settings: Settings
) -> None:
    amina = await sign_in(world.AMINA)
    shown = (await amina.get("/commissioner/messages")).text
    for part in ("Priya Example", "Gipping Family Hub", "The one reminder", "1 text<"):
        assert part in shown
    assert shown.count(f"{settings.base_url}/o/example") == 6
    pdf = await amina.get("/commissioner/messages/letter.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert "attachment" in pdf.headers["content-disposition"]
    assert "leaves this way yet" not in shown


async def test_the_preview_says_what_cannot_leave(
    sign_in: SignIn, application: Litestar, settings: Settings
) -> None:
    application.state.settings = replace(settings, mail_url="smtp://127.0.0.1?from=a@example.org")
    amina = await sign_in(world.AMINA)
    shown = (await amina.get("/commissioner/messages")).text
    assert shown.count("leaves this way yet") == 4


async def bring(browser: AsyncClient, receipt: object, token: str = TOKEN) -> int:
    answer = await browser.post(
        "/messages/receipts",
        content=json.dumps(receipt),
        headers={"authorization": f"Bearer {token}"},
    )
    return answer.status_code


async def kelly_s_message(sessions: Sessions) -> Message:
    async with transaction(sessions, EXCHANGE) as session:
        offer = await world.offer_of(session, "KELLY")
        mine = select(Message).where(Message.subject_id == offer.id)
        return (await session.scalars(mine.order_by(Message.created_at))).first()


async def test_a_receipt_is_taken_by_our_reference(
    nobody: AsyncClient, sessions: Sessions, notify: FakeNotify, carrier: NotifySender
) -> None:
    await write_to_kelly_alone(sessions, "email")
    await world.do_jobs(sessions, carrier)
    (name,) = notify.sent
    message = await kelly_s_message(sessions)
    assert (message.state, message.channel) == ("sent", "email")
    assert message.carrier_reference == name
    assert await bring(nobody, notify.receipt(name, "sending")) == 200
    assert (await kelly_s_message(sessions)).delivery is None
    assert await bring(nobody, notify.receipt(name, "delivered")) == 200
    assert (await kelly_s_message(sessions)).delivery == "delivered"


async def test_a_bounce_goes_on_to_the_next_listed_channel_and_then_to_priya(
    nobody: AsyncClient, sessions: Sessions, notify: FakeNotify, carrier: NotifySender
) -> None:
    await write_to_kelly_alone(sessions, "email", "sms")
    await world.do_jobs(sessions, carrier)
    (mailed,) = notify.sent
    assert await bring(nobody, notify.receipt(mailed, "permanent-failure")) == 200
    await world.do_jobs(sessions, carrier)
    assert [one["type"] for one in notify.sent.values()] == ["email", "sms"]
    texted = list(notify.sent)[1]
    assert await bring(nobody, notify.receipt(texted, "temporary-failure")) == 200
    await world.do_jobs(sessions, carrier)
    assert len(notify.sent) == 2
    async with transaction(sessions, EXCHANGE) as session:
        offer = await world.offer_of(session, "KELLY")
        reasons = select(Call.reason).where(Call.offer_id == offer.id)
        assert (await session.scalars(reasons)).all() == ["bounced"]


async def test_priya_reads_why_to_ring(
    sign_in: SignIn, sessions: Sessions, notify: FakeNotify, carrier: NotifySender
) -> None:
    await write_to_kelly_alone(sessions, "email")
    notify.fail_next(400, "ValidationError", "email_address Not a valid email address")
    await world.do_jobs(sessions, carrier)
    message = await kelly_s_message(sessions)
    assert message.state == "refused"
    assert "Not a valid email address" in message.refusal
    priya = await sign_in(world.PRIYA)
    assert "Our message did not reach them" in (await priya.get("/practitioner/calls")).text


async def test_what_nobody_told_us_is_asked(
    sessions: Sessions, notify: FakeNotify, carrier: NotifySender
) -> None:
    await write_to_kelly_alone(sessions, "letter")
    await world.do_jobs(sessions, carrier)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            text(
                "UPDATE message SET sent_at = now() - CAST('1 hour' AS interval)"
                " WHERE state = 'sent'"
            )
        )
    for told, means in (("accepted", None), ("received", "delivered")):
        notify.settle(told)
        await ask_for_receipts(sessions, carrier)
        assert (await kelly_s_message(sessions)).delivery == means


@pytest.mark.parametrize("token", ["", "wrong", f"{TOKEN}x"])
async def test_nobody_else_may_bring_receipts(
    nobody: AsyncClient, sessions: Sessions, token: str
) -> None:
    before = await world.take_picture(sessions)
    message = await kelly_s_message(sessions)
    bounce = {
        "id": str(uuid.uuid4()),
        "reference": str(message.id),
        "status": "permanent-failure",
    }
    assert await bring(nobody, bounce, token) == 401
    assert await world.take_picture(sessions) == before


async def test_a_strangers_receipt_changes_nothing(nobody: AsyncClient, sessions: Sessions) -> None:
    before = await world.take_picture(sessions)
    for reference in (None, "another service's", str(uuid.uuid4())):
        known = {"id": str(uuid.uuid4()), "reference": reference, "status": "permanent-failure"}
        assert await bring(nobody, known) == 200
    for broken in ([], {}, {"id": "x", "status": "delivered"}, "words"):
        assert await bring(nobody, broken) == 400
    assert await world.take_picture(sessions) == before


async def test_a_link_in_a_message_is_the_one_that_opens(
    nobody: AsyncClient,
    sessions: Sessions,
    notify: FakeNotify,
    carrier: NotifySender,
    settings: Settings,
) -> None:
    await write_to_kelly_alone(sessions, "sms")
    await world.do_jobs(sessions, carrier)
    (sent,) = notify.sent.values()
    async with transaction(sessions, EXCHANGE) as session:
        link = await world.offer_link(session, settings, "KELLY")
    assert f"{settings.base_url}{link} " in sent["personalisation"]["body"]
    assert offer_messages.code_page(settings) == "testserver.local/letter"
