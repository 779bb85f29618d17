"""“Do not guess about us” holds against every file, contact and form, the row gone or not."""

import dataclasses
import datetime as dt

import pytest
from asks_at_hand import KIT, add_asking_council, ask_and_prove, asked
from families_at_hand import (
    TODAY,
    add_commissioner,
    add_family,
    add_intake,
    add_match,
    add_plan,
    council_actor,
)
from needs_at_hand import add_postcode, row
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.sealing import PREFIX_BYTES
from marketplace.db.acting import EXCHANGE
from marketplace.db.asks import Ask
from marketplace.db.families import Contact, Family, Need
from marketplace.db.offers import Message
from marketplace.db.people import Commissioner
from marketplace.db.rights import Objection
from marketplace.db.session import Sessions, make_engine, make_sessions, transaction
from marketplace.errors import NotFoundError, ObjectionsUnreadableError
from marketplace.services.needs import contacts
from marketplace.services.needs.forgetting import forget_old_needs
from marketplace.services.needs.needs import Published, preview_needs, publish_needs
from marketplace.services.offers.offers import offer_where_ready
from marketplace.services.rights import legal_holds, objections
from marketplace.settings import Settings
from marketplace.spreadsheets.contacts import ContactRow
from marketplace.states import MatchState, NeedState

NUMBER = "+447700900123"


async def count(session: AsyncSession, model: type) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


def contact_row(ref: str, *, email: str | None, phone: str | None) -> ContactRow:
    return ContactRow(
        family_ref=ref,
        name="Kelly",
        safe_to_contact="yes",
        safe_channels=("email", "phone"),
        safe_checked_on=TODAY,
        email=email,
        phone=phone,
        address=None,
        postcode=None,
    )


@pytest.fixture
async def council(session: AsyncSession) -> Commissioner:
    await add_postcode(session)
    return await add_commissioner(session)


@pytest.mark.parametrize("sent_as", ["F-1", "f-1", " F-1"])
async def test_no_file_brings_it_back_even_when_the_row_is_gone(
    session: AsyncSession, council: Commissioner, sent_as: str
) -> None:
    amina = council_actor(council)
    await publish_needs(session, [row()], actor=amina)
    family = (await session.scalars(select(Family))).one()
    await objections.object_for(session, family.id, actor=council_actor(council, "practitioner"))
    await session.execute(update(Need).values(valid_until=TODAY - dt.timedelta(days=1)))
    assert await forget_old_needs(session) == 1
    session.expunge_all()
    assert await count(session, Family) == 0, "only the keyed hash remembers it"
    again = [row(family_ref=sent_as), row(family_ref="F-2")]
    found, told = await preview_needs(session, again, actor=amina)
    assert [one.family_ref for one in found.objected] == [sent_as]
    assert told == Published(added=1, changed=0, unchanged=0, kept=0, objected=1)
    assert await publish_needs(session, again, actor=amina) == told
    assert [one.ref for one in await session.scalars(select(Family))] == ["F-2"]


async def test_another_council_knows_nothing_of_it(
    session: AsyncSession, council: Commissioner
) -> None:
    await publish_needs(session, [row()], actor=council_actor(council))
    family = (await session.scalars(select(Family))).one()
    other = await add_commissioner(session, "Another Council")
    with pytest.raises(NotFoundError):
        await objections.object_for(session, family.id, actor=council_actor(other))
    await objections.object_for(session, family.id, actor=council_actor(council))
    told = await publish_needs(session, [row()], actor=council_actor(other))
    assert (told.added, told.objected) == (1, 0)


async def test_it_ends_what_no_yes_stands_behind(
    session: AsyncSession, council: Commissioner
) -> None:
    plan, family = await add_plan(session, council), await add_family(session, council)
    asked_for, accepted = await add_intake(session), await add_intake(session)
    asked_for.held = accepted.held = 1
    waits = await add_match(
        session, plan, family, asked_for, state=MatchState.AWAITING_FAMILY, approved=True
    )
    goes_on = await add_match(
        session, plan, family, accepted, state=MatchState.ACCEPTED, code="debt-advice"
    )
    await offer_where_ready(session, [family.id])
    await objections.object_for(session, family.id, actor=council_actor(council))
    for one in (waits, goes_on, asked_for, accepted, family):
        await session.refresh(one)
    assert (waits.state, asked_for.held) == (MatchState.WITHDRAWN, 0)
    assert (goes_on.state, accepted.held) == (MatchState.ACCEPTED, 1)
    states = {one.code: one.state for one in await session.scalars(select(Need))}
    assert states == {"meals": NeedState.WITHDRAWN, "debt-advice": NeedState.PLANNED}
    assert {one.state for one in await session.scalars(select(Message))} <= {"refused"}
    assert family.stopped_at
    assert family.objected_at
    assert await count(session, Contact) == 1, "help that was accepted needs the way of contact"


async def test_without_help_the_way_of_contact_goes_too(
    session: AsyncSession, council: Commissioner
) -> None:
    family = await add_family(session, council)
    await objections.object_for(session, family.id, actor=council_actor(council))
    assert await count(session, Contact) == 0
    kinds = await session.scalars(select(Objection.kind).order_by(Objection.kind))
    assert list(kinds) == ["email", "phone", "ref"]


async def test_what_the_law_holds_is_silenced_and_kept(
    session: AsyncSession, council: Commissioner
) -> None:
    family = await add_family(session, council)
    await legal_holds.hold(session, family.id, reason="A court asked", actor=council_actor(council))
    await objections.object_for(session, family.id, actor=council_actor(council))
    assert await count(session, Contact) == 1


async def test_a_new_pseudonym_with_the_old_number_is_known(
    session: AsyncSession, council: Commissioner
) -> None:
    old, new = await add_family(session, council), await add_family(session, council)
    await objections.object_for(session, old.id, actor=council_actor(council))
    await session.execute(delete(Contact).where(Contact.family_id == new.id))
    session.expunge_all()
    plan, intake = await add_plan(session, council), await add_intake(session)
    intake.held = 1
    await add_match(session, plan, new, intake, state=MatchState.AWAITING_FAMILY, approved=True)
    row = contact_row(new.ref, email=None, phone=NUMBER)
    assert await contacts.store_contacts(session, [row], actor=council_actor(council)) == 0
    assert await count(session, Contact) == 0
    known = await objections.find_objected(session, council.id, "ref", {new.ref, "F-9"})
    assert known == {new.ref}


async def test_a_worker_cannot_ask_in_its_name_but_the_family_can(sessions: Sessions) -> None:
    council = await add_asking_council(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        known = {"email": "Kelly@Example.org", "phone": None}
        await objections.suppress_contact(session, council, known)
    ask_id = await ask_and_prove(sessions, council, asked(worker=KIT))
    async with transaction(sessions, EXCHANGE) as session:
        ask = await session.get_one(Ask, ask_id)
        assert ask.withdrawn_at
        assert ask.given is None
        assert ask.need_id is None
        assert await count(session, Family) == 0
    await ask_and_prove(sessions, council, asked())
    async with transaction(sessions, EXCHANGE) as session:
        assert await count(session, Need) == 1


async def test_an_ask_does_not_revive_the_household_that_objected(sessions: Sessions) -> None:
    council = await add_asking_council(sessions)
    await ask_and_prove(sessions, council, asked())
    async with transaction(sessions, EXCHANGE) as session:
        family = (await session.scalars(select(Family))).one()
        # Help goes on, so the address is still there to be found by.
        await session.execute(update(Family).values(objected_at=func.now(), stopped_at=func.now()))
    await ask_and_prove(sessions, council, asked(code="baby-group"))
    async with transaction(sessions, EXCHANGE) as session:
        found = {one.id: one.stopped_at for one in await session.scalars(select(Family))}
    assert len(found) == 2
    assert found[family.id] is not None


async def test_it_can_be_taken_back(session: AsyncSession, council: Commissioner) -> None:
    amina = council_actor(council)
    await publish_needs(session, [row()], actor=amina)
    family = (await session.scalars(select(Family))).one()
    await objections.object_for(session, family.id, actor=amina)
    await objections.take_back(session, family.id, actor=amina)
    await session.refresh(family)
    assert family.stopped_at is None
    assert (await publish_needs(session, [row()], actor=amina)).objected == 0


async def test_a_lost_key_stores_nothing_rather_than_everything(
    session: AsyncSession, council: Commissioner, settings: Settings
) -> None:
    amina = council_actor(council)
    await publish_needs(session, [row()], actor=amina)
    family = (await session.scalars(select(Family))).one()
    await objections.object_for(session, family.id, actor=amina)
    await session.commit()
    engine = make_engine(settings.database_url)
    new = "another-key-for-tests-only-0123456789"
    for keys, told in (((new, *settings.secret_keys), 1), ((new,), None)):
        other = make_sessions(engine, dataclasses.replace(settings, secret_keys=keys))
        async with transaction(other, EXCHANGE) as later:
            if told:
                assert (await publish_needs(later, [row()], actor=amina)).objected == told
            else:
                with pytest.raises(ObjectionsUnreadableError):
                    await publish_needs(later, [row()], actor=amina)
    await engine.dispose()


async def test_only_hashes_are_kept(session: AsyncSession, council: Commissioner) -> None:
    family = await add_family(session, council)
    contact = await session.get_one(Contact, family.id)
    secrets = (family.ref, contact.email, contact.phone)
    await objections.object_for(session, family.id, actor=council_actor(council))
    for stored in await session.scalars(select(Objection)):
        assert len(stored.value_hash) == PREFIX_BYTES + 32
        assert not any(one.encode() in stored.value_hash for one in secrets if one)
