"""Which channel a family is written to by: the first safe one of its own list, and no other."""

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

import pytest
from families_at_hand import TODAY, add_commissioner, add_family, add_intake, add_match, add_plan
from sqlalchemy import func, select, text, update

from directory.models import Postcode
from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Contact
from marketplace.db.offers import Call, Message, Offer
from marketplace.db.people import Commissioner
from marketplace.db.session import Sessions, transaction
from marketplace.messages.carriers import RefusedByCarrierError
from marketplace.messages.compose import Mail, Text
from marketplace.messages.letters import Letter
from marketplace.services.matches.releases import release_families
from marketplace.services.sending.channels import first_written, usable_channels
from marketplace.services.sending.receipts import take_receipt, without_receipt
from marketplace.states import MatchState
from marketplace.worker.mailing import send_message

POSTCODE = "IP1 2DE"
WHOLE = {
    "name": "Kelly Example",
    "email": "kelly@example.org",
    "phone": "+447700900123",
    "address": "1 Example Street, Ipswich",
    "postcode": POSTCODE,
}
ALL = ["email", "sms", "letter", "phone", "in-person"]


class Carrier:
    """Takes everything, or refuses what it is told to."""

    can_be_asked = True

    def __init__(self, *refuses: str, channels: frozenset[str] | None = None) -> None:
        self.channels = channels or frozenset({"email", "sms", "letter"})
        self.refuses = refuses
        self.taken: list[Mail | Text | Letter] = []
        self.repeats: list[bool] = []

    async def send(
        self, message: Mail | Text | Letter, *, message_id: uuid.UUID, is_repeat: bool
    ) -> str:
        self.repeats.append(is_repeat)
        if message.channel in self.refuses:
            raise RefusedByCarrierError("the carrier said no")
        self.taken.append(message)
        return f"carrier-{message_id}"


async def a_family_with_an_offer(sessions: Sessions, **contact: Any) -> uuid.UUID:
    async with transaction(sessions, EXCHANGE) as session:
        session.add(
            Postcode(code=POSTCODE, outward="IP1", easting=615599, northing=244130, district="E07")
        )
        commissioner = await add_commissioner(session)
        plan = await add_plan(session, commissioner)
        family = await add_family(session, commissioner, contact=WHOLE | contact)
        intake = await add_intake(session, standing_yes=True)
        await add_match(session, plan, family, intake, state=MatchState.AGREED, approved=True)
        await release_families(session, [family.id], actor=SYSTEM)
    return family.id


async def send_all(sessions: Sessions, carrier: Carrier) -> list[str]:
    """As the worker does, until nothing is queued; by which channels messages left just now."""
    before = len(carrier.taken)
    while True:
        async with transaction(sessions, EXCHANGE) as session:
            waiting = select(Message.id).where(Message.state == "queued").limit(1)
            message_id = await session.scalar(waiting)
        if message_id is None:
            return [one.channel for one in carrier.taken[before:]]
        await send_message(sessions, carrier, message_id)


async def calls(sessions: Sessions) -> list[str]:
    async with transaction(sessions, EXCHANGE) as session:
        return list(await session.scalars(select(Call.reason)))


async def tell(sessions: Sessions, delivery: str) -> None:
    """A receipt for the newest message that left."""
    async with transaction(sessions, EXCHANGE) as session:
        newest = select(Message.id).where(Message.state == "sent").order_by(Message.sent_at.desc())
        message_id = await session.scalar(newest.limit(1))
        await take_receipt(
            session,
            carrier_reference="lost",
            reference=str(message_id),
            delivery=delivery,
        )


@pytest.mark.parametrize(
    ("listed", "first"),
    [
        (["email", "sms"], "email"),
        (["sms", "email"], "sms"),
        (["letter", "email"], "letter"),
        (["phone", "email"], None),
        (["in-person", "email"], None),
        ([], None),
    ],
)
async def test_the_first_listed_is_taken(
    sessions: Sessions, listed: list[str], first: str | None
) -> None:
    await a_family_with_an_offer(sessions, safe_channels=listed)
    assert await send_all(sessions, Carrier()) == [one for one in [first] if one]
    assert await calls(sessions) == ([] if first else ["no_safe_channel"])
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.scalars(select(Offer.channel))).one() == first


@pytest.mark.parametrize(
    ("lacks", "channel"),
    [
        ({"email": None}, "email"),
        ({"phone": None}, "sms"),
        ({"phone": "+441632960101"}, "sms"),
        ({"phone": None}, "phone"),
        ({"address": None}, "letter"),
        ({"address": "1 Example Street"}, "letter"),
        ({"address": f"1 Example Street, {POSTCODE}"}, "letter"),
        ({"address": "a, b, c, d, e, f"}, "letter"),
        ({"address": "1 Example Street, \N{HIRAGANA LETTER A}"}, "letter"),
        ({"name": " "}, "letter"),
        ({"postcode": None}, "letter"),
        ({"postcode": "IP1 9ZZ"}, "letter"),
    ],
)
async def test_what_lacks_a_part_cannot_be_used(
    sessions: Sessions, lacks: dict[str, Any], channel: str
) -> None:
    family_id = await a_family_with_an_offer(sessions, safe_channels=ALL)
    async with transaction(sessions, EXCHANGE) as session:
        contact = await session.get_one(Contact, family_id)
        assert await usable_channels(session, [contact], today=TODAY) == {family_id: ALL}
        for name, value in lacks.items():
            setattr(contact, name, value)
        left = (await usable_channels(session, [contact], today=TODAY))[family_id]
        assert channel not in left
        assert set(left) <= set(ALL)


async def test_a_postcode_that_was_given_up_gets_no_letter(sessions: Sessions) -> None:
    family_id = await a_family_with_an_offer(sessions, safe_channels=["letter"])
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Postcode).values(ended_on=dt.date(2020, 1, 1)))
        contact = await session.get_one(Contact, family_id)
        assert await usable_channels(session, [contact], today=TODAY) == {family_id: []}


@pytest.mark.parametrize(
    "change",
    [
        {"safe_to_contact": "no"},
        {"safe_to_contact": "unknown"},
        {"safe_checked_on": TODAY - dt.timedelta(days=31)},
        {"safe_channels": []},
    ],
)
async def test_what_is_no_longer_safe_as_it_leaves_does_not_leave(
    sessions: Sessions, change: dict[str, Any]
) -> None:
    await a_family_with_an_offer(sessions, safe_channels=ALL)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Contact).values(change))
    assert await send_all(sessions, Carrier()) == []


async def test_a_channel_taken_off_the_list_gives_way_to_the_next_listed(
    sessions: Sessions,
) -> None:
    await a_family_with_an_offer(sessions, safe_channels=["email", "sms"])
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Contact).values(safe_channels=["sms"]))
    assert await send_all(sessions, Carrier()) == ["sms"]


@pytest.mark.parametrize("delivery", ["bounced", "failed"])
@pytest.mark.parametrize(
    ("listed", "then"),
    [
        (["email", "sms", "letter"], ["sms"]),
        (["email", "letter"], ["letter"]),
        (["email", "phone", "sms"], []),
        (["email"], []),
    ],
)
async def test_what_comes_back_is_sent_by_the_next_listed_or_a_person_calls(
    sessions: Sessions, listed: list[str], then: list[str], delivery: str
) -> None:
    """There is a mobile number and an address on file each time: what is not listed is not used."""
    await a_family_with_an_offer(sessions, safe_channels=listed)
    carrier = Carrier()
    assert await send_all(sessions, carrier) == ["email"]
    await tell(sessions, delivery)
    assert await send_all(sessions, carrier) == then
    assert await calls(sessions) == ([] if then else ["bounced"])
    async with transaction(sessions, EXCHANGE) as session:
        told = await session.scalars(select(Message.delivery).order_by(Message.created_at))
        assert next(iter(told)) == delivery


async def test_when_all_have_come_back_a_person_calls_once(sessions: Sessions) -> None:
    await a_family_with_an_offer(sessions, safe_channels=["email", "sms"])
    carrier = Carrier()
    for channels in (["email"], ["sms"], []):
        assert await send_all(sessions, carrier) == channels
        await tell(sessions, "bounced")
    await tell(sessions, "bounced")
    assert await send_all(sessions, carrier) == []
    assert await calls(sessions) == ["bounced"]


async def test_a_receipt_told_late_or_again_changes_nothing(sessions: Sessions) -> None:
    await a_family_with_an_offer(sessions, safe_channels=["email", "sms"])
    carrier = Carrier()
    await send_all(sessions, carrier)
    await tell(sessions, "bounced")
    for delivery in ("delivered", "bounced"):
        await tell(sessions, delivery)
    assert await send_all(sessions, carrier) == ["sms"]
    async with transaction(sessions, EXCHANGE) as session:
        assert await session.scalar(select(func.count(Message.id))) == 2


async def test_an_answered_offer_is_not_sent_again(sessions: Sessions) -> None:
    await a_family_with_an_offer(sessions, safe_channels=["email", "sms"])
    carrier = Carrier()
    await send_all(sessions, carrier)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Offer).values(answer="yes"))
    await tell(sessions, "bounced")
    assert await send_all(sessions, carrier) == []
    assert await calls(sessions) == []


async def test_a_refusal_is_kept_with_its_reason_and_the_next_listed_is_used(
    sessions: Sessions,
) -> None:
    await a_family_with_an_offer(sessions, safe_channels=["sms", "email"])
    assert await send_all(sessions, Carrier("sms")) == ["email"]
    async with transaction(sessions, EXCHANGE) as session:
        refused = (await session.scalars(select(Message).where(Message.state == "refused"))).one()
        assert (refused.channel, refused.refusal) == ("sms", "the carrier said no")


async def test_a_carrier_that_lost_a_channel_meanwhile_refuses_it(sessions: Sessions) -> None:
    await a_family_with_an_offer(sessions, safe_channels=["letter", "email"])
    assert await send_all(sessions, Carrier(channels=frozenset({"email"}))) == ["email"]


@pytest.mark.parametrize(
    ("listed", "channel"),
    [(["sms"], None), (["letter", "email"], "email"), (["sms", "phone"], None)],
)
async def test_with_a_mail_server_alone_a_person_calls_for_texts_and_letters(
    sessions: Sessions, listed: list[str], channel: str | None
) -> None:
    info = sessions.kw["info"]
    info["settings"] = replace(info["settings"], mail_url="smtp://127.0.0.1:9?from=a@example.org")
    await a_family_with_an_offer(sessions, safe_channels=listed)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.scalars(select(Offer.channel))).one() == channel
    assert await calls(sessions) == ([] if channel else ["no_safe_channel"])


async def test_stopped_messages_come_back_later_and_not_before(sessions: Sessions) -> None:
    await a_family_with_an_offer(sessions, safe_channels=["email", "sms"])
    carrier = Carrier()
    await send_all(sessions, carrier)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Commissioner).values(messages_stopped_at=func.now()))
    await tell(sessions, "bounced")
    assert await send_all(sessions, carrier) == []
    async with transaction(sessions, EXCHANGE) as session:
        states = await session.scalars(select(Message.state).order_by(Message.created_at))
        assert list(states) == ["sent", "stopped"]


async def test_only_a_second_try_is_told_as_one(sessions: Sessions) -> None:
    await a_family_with_an_offer(sessions, safe_channels=["email"])
    carrier = Carrier()
    await send_all(sessions, carrier)
    async with transaction(sessions, EXCHANGE) as session:
        # What a crash leaves: it left, and nobody wrote it down.
        await session.execute(update(Message).values(state="queued", sent_at=None))
    await send_all(sessions, carrier)
    assert carrier.repeats == [False, True]


async def test_only_what_nobody_told_us_of_is_asked(sessions: Sessions) -> None:
    await a_family_with_an_offer(sessions, safe_channels=["email"])
    await send_all(sessions, Carrier())

    async def asked() -> int:
        async with transaction(sessions, EXCHANGE) as session:
            return len(await without_receipt(session))

    assert await asked() == 0
    for age, found in (("20 minutes", 1), ("6 days", 1), ("8 days", 0)):
        async with transaction(sessions, EXCHANGE) as session:
            await session.execute(
                text("UPDATE message SET sent_at = now() - CAST(:age AS text)::interval"),
                {"age": age},
            )
        assert await asked() == found, age
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            update(Message).values(sent_at=func.now() - dt.timedelta(hours=1), delivery="delivered")
        )
    assert await asked() == 0


def test_a_person_who_comes_before_is_not_passed_over() -> None:
    assert first_written(["email", "phone", "sms"], without={"email"}) is None
    assert first_written(["email", "sms", "phone"], without={"email"}) == "sms"
