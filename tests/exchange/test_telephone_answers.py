"""Not now, not me, and answers that staff enter and take back."""

import datetime as dt
import uuid

import pytest
from families_at_hand import TODAY
from offered_families import do_releases, offer_with_choices, open_offer, say, states_of
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake
from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Contact, Family
from marketplace.db.offers import Offer
from marketplace.db.people import User
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.errors import NoPlaceLeftError, NotFoundError, NotReadyError
from marketplace.services.needs import contacts
from marketplace.services.needs.refusals import refused_pairs
from marketplace.services.offers import opening, second_thoughts
from marketplace.spreadsheets.contacts import read_contacts


async def a_practitioner(session: AsyncSession, match: Match) -> Actor:
    family = await session.get_one(Family, match.family_id)
    user = User(
        email=f"{uuid.uuid4().hex}@example.org",
        name="Priya Example",
        role="practitioner",
        commissioner_id=family.commissioner_id,
    )
    session.add(user)
    await session.flush()
    return Actor(kind="practitioner", id=user.id, commissioner_id=user.commissioner_id)


async def enter(sessions: Sessions, match: Match, answer: str) -> Actor:
    async with transaction(sessions, EXCHANGE) as session:
        actor = await a_practitioner(session, match)
    assert await say(sessions, match, answer, contact_way="phone", actor=actor) == answer
    return actor


async def take_back(sessions: Sessions, match: Match, actor: Actor) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        found = select(Offer.id).where(Offer.family_id == match.family_id)
        offer_id = (await session.scalars(found.order_by(Offer.created_at))).first()
        offer = await opening.get_offer(session, offer_id, actor=actor)
        await second_thoughts.take_back(session, offer, actor=actor)


async def test_not_now_parks_the_family_and_refuses_nothing(sessions: Sessions) -> None:
    match, _ = await offer_with_choices(sessions, None)
    await say(sessions, match, "not_now")
    assert await states_of(sessions, match) == ["family_declined", "published"]
    async with transaction(sessions, EXCHANGE) as session:
        family = await session.get_one(Family, match.family_id)
        assert family.parked_until == TODAY + dt.timedelta(days=90)
        assert await refused_pairs(session) == set()


async def test_nothing_is_released_to_a_parked_family_until_its_day(sessions: Sessions) -> None:
    match, _ = await offer_with_choices(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Match).values(state="agreed"))
        await session.execute(update(Intake).values(held=0))
        await session.execute(update(Family).values(parked_until=TODAY + dt.timedelta(days=1)))
    await do_releases(sessions)
    assert (await states_of(sessions, match))[0] == "agreed"
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Family).values(parked_until=TODAY))
    await do_releases(sessions)
    assert (await states_of(sessions, match))[0] == "awaiting_family"


async def test_not_me_deletes_the_contact_and_refuses_nothing(sessions: Sessions) -> None:
    match, _ = await offer_with_choices(sessions, None)
    await say(sessions, match, "not_me")
    assert await states_of(sessions, match) == ["withdrawn", "published"]
    async with transaction(sessions, EXCHANGE) as session:
        assert await session.scalar(select(func.count(Contact.family_id))) == 0
        family = await session.get_one(Family, match.family_id)
        assert family.contact_wrong_at is not None
        assert await refused_pairs(session) == set()


async def test_who_entered_an_answer_is_kept(sessions: Sessions) -> None:
    match, _ = await offer_with_choices(sessions)
    actor = await enter(sessions, match, "yes")
    async with transaction(sessions, EXCHANGE) as session:
        offer = await open_offer(session, match.family_id)
        assert (offer.answered_for_by, offer.contact_way) == (actor.id, "phone")


@pytest.mark.parametrize("answer", ["yes", "no", "not_now", "stop"])
async def test_an_answer_entered_by_mistake_is_taken_back(sessions: Sessions, answer: str) -> None:
    match, _ = await offer_with_choices(sessions)
    actor = await enter(sessions, match, answer)
    await take_back(sessions, match, actor)
    assert await states_of(sessions, match) == ["awaiting_family", "planned"]
    async with transaction(sessions, EXCHANGE) as session:
        family = await session.get_one(Family, match.family_id)
        assert (family.stopped_at, family.parked_until) == (None, None)
    assert await say(sessions, match, "yes") == "yes"


async def test_a_family_s_own_answer_and_an_old_one_stand(sessions: Sessions) -> None:
    match, _ = await offer_with_choices(sessions)
    await say(sessions, match, "yes")
    async with transaction(sessions, EXCHANGE) as session:
        actor = await a_practitioner(session, match)
    with pytest.raises(NotReadyError):
        await take_back(sessions, match, actor)
    async with transaction(sessions, EXCHANGE) as session:
        long_ago = func.now() - dt.timedelta(hours=49)
        await session.execute(update(Offer).values(answered_for_by=actor.id, answered_at=long_ago))
    with pytest.raises(NotReadyError):
        await take_back(sessions, match, actor)
    assert await states_of(sessions, match) == ["accepted", "planned"]


async def test_a_place_that_has_gone_cannot_be_taken_back(sessions: Sessions) -> None:
    match, _ = await offer_with_choices(sessions)
    actor = await enter(sessions, match, "no")
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Intake).values(places=0))
    with pytest.raises(NoPlaceLeftError):
        await take_back(sessions, match, actor)
    assert await states_of(sessions, match) == ["family_declined", "published"]


async def test_another_council_s_staff_find_no_offer(sessions: Sessions) -> None:
    match, _ = await offer_with_choices(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        offer = await open_offer(session, match.family_id)
        stranger = Actor(kind="practitioner", id=uuid.uuid4(), commissioner_id=uuid.uuid4())
        with pytest.raises(NotFoundError):
            await opening.get_offer(session, offer.id, actor=stranger)


@pytest.mark.parametrize(("days_ago", "is_taken"), [(1, False), (0, True)])
async def test_the_same_details_do_not_come_back_unchecked(
    sessions: Sessions, *, days_ago: int, is_taken: bool
) -> None:
    match, _ = await offer_with_choices(sessions)
    await say(sessions, match, "not_me")
    async with transaction(sessions, EXCHANGE) as session:
        # It was planned and approved again since.
        await session.execute(update(Match).values(state="agreed"))
        family = await session.get_one(Family, match.family_id)
        actor = Actor(kind="commissioner", commissioner_id=family.commissioner_id)
        day = TODAY - dt.timedelta(days=days_ago)
        sheet = (
            "family_ref,name,safe_to_contact,safe_channels,safe_checked_on,email,phone,address,"
            f"postcode\n{family.ref},Kelly,yes,email,{day},kelly@example.org,,,\n"
        )
        report = read_contacts(sheet.encode(), today=TODAY)
        checked = await contacts.check_families(session, report, actor=actor)
        assert bool(checked.rows) is is_taken
        if is_taken:
            await contacts.store_contacts(session, checked.rows, actor=actor)
            await session.refresh(family, ["contact_wrong_at"])
            assert family.contact_wrong_at is None
