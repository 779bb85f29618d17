"""Who asks is a family like any other, once it is proved who asked; and never two of them."""

import asyncio
import datetime as dt
import uuid
from dataclasses import replace
from decimal import Decimal

import pytest
from asks_at_hand import (
    KIT,
    add_asking_council,
    ask_and_prove,
    asked,
    families,
    send,
    token_of,
)
from families_at_hand import TODAY, add_family, add_intake, council_actor
from sqlalchemy import func, select, update

from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.asks import Ask
from marketplace.db.families import Contact, Family, Need
from marketplace.db.offers import Message
from marketplace.db.people import Commissioner
from marketplace.db.session import Sessions, transaction
from marketplace.errors import NotFoundError
from marketplace.messages.compose import Mail
from marketplace.services.asks import ask_calls, ask_ends, asks
from marketplace.services.matches.transitions import move_needs
from marketplace.services.sending import deliveries
from marketplace.services.sending.channels import may_write_to
from marketplace.services.staff import limits
from marketplace.spreadsheets.needs import read_needs
from marketplace.states import NeedState

PHONE_ONLY = {"safe_channels": ["phone"], "email": None, "phone": "+441632960001"}


@pytest.fixture
async def council(sessions: Sessions) -> uuid.UUID:
    return await add_asking_council(sessions)


async def priya(sessions: Sessions, council: uuid.UUID) -> Actor:
    async with transaction(sessions, EXCHANGE) as session:
        return council_actor(await session.get_one(Commissioner, council), kind="practitioner")


async def messages(sessions: Sessions) -> list[object]:
    async with transaction(sessions, EXCHANGE) as session:
        found = await session.scalars(select(Message).order_by(Message.created_at, Message.id))
        return [await deliveries.compose_now(session, message) for message in found]


async def the_need(sessions: Sessions) -> Need:
    async with transaction(sessions, EXCHANGE) as session:
        return (await session.scalars(select(Need))).one()


async def the_contact(sessions: Sessions) -> Contact:
    async with transaction(sessions, EXCHANGE) as session:
        return (await session.scalars(select(Contact))).one()


async def test_before_the_proof_there_is_no_need_and_after_a_day_nothing(
    sessions: Sessions, council: uuid.UUID
) -> None:
    ask_id = await send(sessions, council, asked())
    assert await families(sessions) == []
    token = await token_of(sessions, ask_id, asks.PROOF_LINK)
    async with transaction(sessions, EXCHANGE) as session:
        assert await ask_ends.forget_asks(session) == 0
        await session.execute(update(Ask).values(expires_at=func.now()))
        with pytest.raises(NotFoundError):
            await asks.prove_ask(session, token)
        assert await ask_ends.forget_asks(session) == 1
        assert await session.scalar(select(func.count(Ask.id))) == 0


async def test_proved_it_is_a_need_like_any_other(sessions: Sessions, council: uuid.UUID) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        wished = (await add_intake(session)).service_id
    ask_id = await ask_and_prove(sessions, council, asked(service_id=wished))
    (family,) = await families(sessions)
    need, contact = await the_need(sessions), await the_contact(sessions)
    assert family.ref.startswith("ASK-")
    assert len(family.ref) == 10
    assert (family.outward, family.easting) == ("IP1", 615599)
    assert (need.state, need.source, need.level) == (NeedState.PUBLISHED, "self", 1)
    assert need.asked_on == TODAY
    assert need.wished_service_id == wished
    assert need.likelihood == Decimal("0.3")
    assert need.valid_until > TODAY + dt.timedelta(days=170)
    assert may_write_to(contact, today=TODAY)
    assert contact.postcode == "IP1 2DE"
    async with transaction(sessions, EXCHANGE) as session:
        ask = await session.get_one(Ask, ask_id)
        assert ask.given is None, "what moved to the contact is not kept twice"


async def test_harder_needs_are_of_level_two(sessions: Sessions, council: uuid.UUID) -> None:
    await ask_and_prove(sessions, council, asked(code="housing-advice"))
    assert (await the_need(sessions)).level == 2


async def test_pressed_again_the_link_makes_no_second_need(
    sessions: Sessions, council: uuid.UUID
) -> None:
    ask_id = await ask_and_prove(sessions, council, asked())
    token = await token_of(sessions, ask_id, asks.PROOF_LINK)
    async with transaction(sessions, EXCHANGE) as session:
        await asks.prove_ask(session, token)
    assert len(await families(sessions)) == 1


async def test_the_messages_tell_nothing(sessions: Sessions, council: uuid.UUID) -> None:
    await send(sessions, council, asked())
    (proof,) = await messages(sessions)
    await ask_and_prove(sessions, council, asked(code="debt-advice", email="kim@example.org"))
    received = (await messages(sessions))[-1]
    for mail, to in ((proof, "kelly@example.org"), (received, "kim@example.org")):
        assert isinstance(mail, Mail)
        assert mail.to == to
        for said in ("meal", "debt", "Kelly", "IP1", "help"):
            assert said.lower() not in (mail.subject + mail.text + mail.html).lower()


async def test_stopped_messages_stop_these_too(sessions: Sessions, council: uuid.UUID) -> None:
    await send(sessions, council, asked())
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Commissioner).values(messages_stopped_at=func.now()))
    (stopped,) = await messages(sessions)
    assert getattr(stopped, "state", None) == "stopped"


async def test_the_same_address_from_the_same_place_is_one_household(
    sessions: Sessions, council: uuid.UUID
) -> None:
    await ask_and_prove(sessions, council, asked())
    again = asked(code="sleep", email="Kelly@Example.org", phone="+441632960009")
    await ask_and_prove(sessions, council, again)
    assert len(await families(sessions)) == 1
    assert (await the_contact(sessions)).phone == "+441632960009"
    await ask_and_prove(sessions, council, asked(area="IP1 3AW"))
    assert len(await families(sessions)) == 2


async def test_two_who_prove_at_once_are_one_household(
    sessions: Sessions, council: uuid.UUID
) -> None:
    tokens = [
        await token_of(sessions, await send(sessions, council, one), asks.PROOF_LINK)
        for one in (asked(), asked(code="sleep"))
    ]

    async def prove(token: str) -> None:
        async with transaction(sessions, EXCHANGE) as session:
            await asks.prove_ask(session, token)

    await asyncio.gather(*map(prove, tokens))
    assert len(await families(sessions)) == 1


async def test_another_council_never_shares_a_household(
    sessions: Sessions, council: uuid.UUID
) -> None:
    other = await add_asking_council(sessions, "Other Council")
    await ask_and_prove(sessions, council, asked())
    await ask_and_prove(sessions, other, asked())
    assert len(await families(sessions)) == 2


async def test_a_number_that_was_not_proved_opens_no_household(
    sessions: Sessions, council: uuid.UUID
) -> None:
    """Who knows her number must not come in by it, and read her answers at another address."""
    phone = {"phone": "+447700900123", "safe_channels": ["email", "phone"]}
    await ask_and_prove(sessions, council, asked(**phone))
    await ask_and_prove(sessions, council, asked(**phone, email="he@example.org"))
    assert len(await families(sessions)) == 2


async def test_without_an_address_two_are_not_one(sessions: Sessions, council: uuid.UUID) -> None:
    await ask_and_prove(sessions, council, asked())
    bare = asked(worker=KIT, email=None, phone=None, address="1 Row", safe_channels=["letter"])
    await ask_and_prove(sessions, council, bare)
    assert len(await families(sessions)) == 2


async def test_a_predicted_family_is_never_joined(sessions: Sessions, council: uuid.UUID) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        predicted = await add_family(
            session,
            await session.get_one(Commissioner, council),
            contact={"email": "kelly@example.org"},
        )
    await ask_and_prove(sessions, council, asked())
    own = [family for family in await families(sessions) if family.id != predicted.id]
    assert [family.ref[:4] for family in own] == ["ASK-"]


async def test_who_asks_again_wants_to_hear_again(sessions: Sessions, council: uuid.UUID) -> None:
    await ask_and_prove(sessions, council, asked())
    async with transaction(sessions, EXCHANGE) as session:
        need = (await session.scalars(select(Need))).one()
        actor = Actor(kind="family", id=need.family_id)
        await move_needs(session, [need.id], to=NeedState.WITHDRAWN, actor=actor, code="stop")
        await session.execute(update(Family).values(stopped_at=func.now(), parked_until=TODAY))
    await ask_and_prove(sessions, council, asked())
    (family,) = await families(sessions)
    assert (family.stopped_at, family.parked_until) == (None, None)
    assert (await the_need(sessions)).state == NeedState.PUBLISHED


async def test_what_is_under_way_is_left_as_it_is(sessions: Sessions, council: uuid.UUID) -> None:
    await ask_and_prove(sessions, council, asked())
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Need).values(state=NeedState.PLANNED, level=3))
    await ask_and_prove(sessions, council, asked())
    need = await the_need(sessions)
    assert (need.state, need.level) == (NeedState.PLANNED, 3)


async def test_help_that_ended_is_asked_for_again_by_a_call(
    sessions: Sessions, council: uuid.UUID
) -> None:
    await ask_and_prove(sessions, council, asked())
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Need).values(state=NeedState.CLOSED))
    await ask_and_prove(sessions, council, asked())
    actor = await priya(sessions, council)
    async with transaction(sessions, EXCHANGE) as session:
        waiting = (await session.scalars(ask_calls.asks_to_ring(actor))).all()
        assert [ask.ring_reason for ask in waiting] == ["again"]
        await ask_calls.note_spoken(session, waiting[0].id, actor=actor)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.scalars(ask_calls.asks_to_ring(actor))).all() == []


async def test_one_address_cannot_be_flooded(sessions: Sessions, council: uuid.UUID) -> None:
    most = limits.ASKS_BY_AN_ADDRESS.most
    taken = [await send(sessions, council, asked()) for _ in range(most + 1)]
    assert [ask is not None for ask in taken] == [True] * most + [False]
    assert await send(sessions, council, asked(email="KELLY@example.org")) is None
    assert await send(sessions, council, asked(email="other@example.org"))


async def test_the_calls_of_a_council_cannot_be_flooded(
    sessions: Sessions, council: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = replace(limits.ASKS_TO_RING, most=1)
    monkeypatch.setattr(limits, "ASKS_TO_RING", one)
    assert await send(sessions, council, asked(**PHONE_ONLY))
    other = asked(**PHONE_ONLY | {"phone": "+441632960002"})
    assert await send(sessions, council, other) is None
    assert await send(sessions, council, asked()), "an e-mail makes no work"


async def test_without_an_e_mail_a_person_rings_first(
    sessions: Sessions, council: uuid.UUID
) -> None:
    ask_id = await send(sessions, council, asked(**PHONE_ONLY))
    assert await messages(sessions) == []
    token = await token_of(sessions, ask_id, asks.PROOF_LINK)
    actor = await priya(sessions, council)
    async with transaction(sessions, EXCHANGE) as session:
        with pytest.raises(NotFoundError):
            await asks.prove_ask(session, token)
        await ask_calls.confirm_by_call(session, ask_id, actor=actor)
    need = await the_need(sessions)
    assert (need.state, need.source) == (NeedState.PUBLISHED, "self")
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.scalars(ask_calls.asks_to_ring(actor))).all() == []
        with pytest.raises(NotFoundError):
            await ask_calls.confirm_by_call(session, ask_id, actor=actor)


async def test_who_never_asked_is_forgotten(sessions: Sessions, council: uuid.UUID) -> None:
    ask_id = await send(sessions, council, asked(**PHONE_ONLY))
    actor = await priya(sessions, council)
    async with transaction(sessions, EXCHANGE) as session:
        await ask_calls.refuse_by_call(session, ask_id, actor=actor)
    async with transaction(sessions, EXCHANGE) as session:
        assert await session.scalar(select(func.count(Ask.id))) == 0
    assert await families(sessions) == []


async def test_another_councils_asks_are_not_there(sessions: Sessions, council: uuid.UUID) -> None:
    ask_id = await send(sessions, council, asked(**PHONE_ONLY))
    stranger = await priya(sessions, await add_asking_council(sessions, "Other Council"))
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.scalars(ask_calls.asks_to_ring(stranger))).all() == []
        with pytest.raises(NotFoundError):
            await ask_calls.confirm_by_call(session, ask_id, actor=stranger)


async def test_about_a_sensitive_need_a_person_rings_and_is_named(
    sessions: Sessions, council: uuid.UUID
) -> None:
    ask_id = await ask_and_prove(sessions, council, asked(code="mental-health"))
    actor = await priya(sessions, council)
    named = Actor(kind="practitioner", name="Priya", commissioner_id=actor.commissioner_id)
    async with transaction(sessions, EXCHANGE) as session:
        (waiting,) = (await session.scalars(ask_calls.asks_to_ring(named))).all()
        assert waiting.id == ask_id
        await ask_calls.note_spoken(session, ask_id, actor=named)
    (family,) = await families(sessions)
    assert family.named_worker == "Priya"


async def test_a_professional_proves_the_work_address_and_the_family_gets_the_link(
    sessions: Sessions, council: uuid.UUID
) -> None:
    ask_id = await send(sessions, council, asked(worker=KIT))
    (proof,) = await messages(sessions)
    assert isinstance(proof, Mail)
    assert proof.to == KIT.email
    token = await token_of(sessions, ask_id, asks.PROOF_LINK)
    async with transaction(sessions, EXCHANGE) as session:
        await asks.prove_ask(session, token)
    assert (await the_need(sessions)).source == "professional"
    received = (await messages(sessions))[-1]
    assert isinstance(received, Mail)
    assert received.to == "kelly@example.org"
    async with transaction(sessions, EXCHANGE) as session:
        with pytest.raises(NotFoundError):
            await ask_ends.find_ask(session, token)


async def test_a_professional_can_only_take_a_channel_away(
    sessions: Sessions, council: uuid.UUID
) -> None:
    both = {"safe_channels": ["email", "phone"], "phone": "+441632960001"}
    await ask_and_prove(sessions, council, asked(**both))
    given = {"safe_channels": ["phone", "sms"], "phone": "+441632960001", "name": "Else"}
    await ask_and_prove(sessions, council, asked(code="sleep", worker=KIT, **given))
    contact = await the_contact(sessions)
    assert (contact.name, contact.safe_channels) == ("Kelly", ["phone"])


def test_no_file_may_name_a_family_like_one_that_asked() -> None:
    header = "family_ref,need,level,likelihood,statutory_cost,source,valid_until,area"
    until = TODAY + dt.timedelta(days=90)
    rows = [f"{ref},meals,1,0.3,100,self,{until},IP1 2DE" for ref in ("ASK-7K2M9Q", "F-1")]
    data = "\n".join([header, *rows]).encode()
    report = read_needs(data, taxonomy={"meals"}, today=TODAY)
    assert [fault.column for fault in report.faults] == ["family_ref"]
    assert [row.family_ref for row in report.rows] == ["F-1"]
