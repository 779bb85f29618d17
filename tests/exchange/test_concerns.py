"""Somebody is worried about a child: the match waits, a person rings, nobody else learns why."""

import datetime as dt

import pytest
from families_at_hand import (
    add_commissioner,
    add_family,
    add_intake,
    add_match,
    add_plan,
    provider_actor,
)
from sqlalchemy import select, text
from staff_at_hand import add_staff

from directory.models import Service
from marketplace.access import SYSTEM, Actor, held_matches, readable_matches
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Need
from marketplace.db.offers import Message, Offer
from marketplace.db.outcomes import Concern
from marketplace.db.people import User
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.errors import NotFoundError, NotReadyError
from marketplace.messages.compose import Mail
from marketplace.services.figures.figures import recount_places
from marketplace.services.matches.expiries import expire_what_waited
from marketplace.services.matches.releases import release_families
from marketplace.services.matches.transitions import move_match
from marketplace.services.providers import agreements, providers
from marketplace.services.review import concerns
from marketplace.services.sending import controls, deliveries
from marketplace.states import MatchState, NeedState

NUMBER = "+441632960771"
HELD_FROM = (
    MatchState.AWAITING_PROVIDER,
    MatchState.AWAITING_FAMILY,
    MatchState.ACCEPTED,
    MatchState.UNDER_WAY,
)


class Worry:
    """A family with Tom's help, a practitioner, and another council beside."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    async def open(self, state: MatchState) -> "Worry":
        async with transaction(self.sessions, EXCHANGE) as session:
            commissioner = await add_commissioner(session)
            plan = await add_plan(session, commissioner)
            family = await add_family(session, commissioner)
            standing = state != MatchState.AWAITING_PROVIDER
            intake = await add_intake(session, places=1, standing_yes=standing)
            match = await add_match(
                session, plan, family, intake, state=MatchState.AGREED, approved=True
            )
            await release_families(session, [family.id], actor=SYSTEM)
            for after in (MatchState.ACCEPTED, MatchState.UNDER_WAY):
                if state in (after, MatchState.UNDER_WAY):
                    await move_match(session, match.id, to=after, actor=SYSTEM)
            self.match_id, self.need_id = match.id, match.need_id
            service = await session.get_one(Service, intake.service_id)
            self.provider_id = service.provider_id
            self.priya = await add_staff(session, commissioner, "Priya")
            self.amina = await add_staff(session, commissioner, "Amina", "commissioner")
            other = await add_commissioner(session, "Another Council")
            self.petra = await add_staff(session, other, "Petra")
            self.tom = await add_tom(session, self.provider_id)
        return self

    async def rise(self, number: str = NUMBER) -> None:
        async with transaction(self.sessions, EXCHANGE) as session:
            await concerns.raise_concern(session, self.match_id, ring_back=number, actor=self.tom)

    async def close(self, ended_as: str) -> None:
        async with transaction(self.sessions, EXCHANGE) as session:
            concern = (await session.scalars(select(Concern))).one()
            await concerns.close_concern(session, concern.id, ended_as=ended_as, actor=self.priya)

    async def state(self) -> str:
        async with transaction(self.sessions, EXCHANGE) as session:
            assert await recount_places(session) == []
            return (await session.get_one(Match, self.match_id)).state

    async def run(self, statement: str) -> None:
        async with transaction(self.sessions, EXCHANGE) as session:
            await session.execute(text(statement))


async def add_tom(session: object, provider_id: object) -> Actor:
    user = User(
        email="tom@example.org",
        name="Tom",
        role="provider",
        provider_id=provider_id,
        provider_role="editor",
    )
    session.add(user)
    await session.flush()
    tom = provider_actor(provider_id)
    return Actor(**{**vars(tom), "id": user.id})


@pytest.mark.parametrize("state", HELD_FROM)
async def test_a_worry_holds_the_match_and_a_good_end_puts_it_back(
    sessions: Sessions, state: MatchState
) -> None:
    worry = await Worry(sessions).open(state)
    assert await worry.state() == state
    await worry.rise()
    assert await worry.state() == MatchState.ON_HOLD
    await worry.close("goes_on")
    assert await worry.state() == state


@pytest.mark.parametrize("state", HELD_FROM)
async def test_a_bad_end_withdraws_it_and_closes_the_need(
    sessions: Sessions, state: MatchState
) -> None:
    worry = await Worry(sessions).open(state)
    await worry.rise()
    await worry.close("withdrawn")
    assert await worry.state() == MatchState.WITHDRAWN
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.get_one(Need, worry.need_id)).state == NeedState.CLOSED


async def test_the_message_that_waited_does_not_leave_until_it_goes_on(sessions: Sessions) -> None:
    worry = await Worry(sessions).open(MatchState.AWAITING_FAMILY)
    await worry.rise()
    async with transaction(sessions, EXCHANGE) as session:
        message = (await session.scalars(select(Message).where(Message.event == "offer"))).one()
        refusal = await deliveries.compose_now(session, message)
        assert not isinstance(refusal, Mail)
        await deliveries.note_refused(session, message, refusal)
    await worry.close("goes_on")
    async with transaction(sessions, EXCHANGE) as session:
        queued = select(Message).where(Message.event == "offer", Message.state == "queued")
        (message,) = await session.scalars(queued)
        assert isinstance(await deliveries.compose_now(session, message), Mail)


async def test_the_days_on_hold_are_given_back(sessions: Sessions) -> None:
    worry = await Worry(sessions).open(MatchState.AWAITING_FAMILY)
    await worry.rise()
    async with transaction(sessions, EXCHANGE) as session:
        before = (await session.scalars(select(Offer.expires_at))).one()
    await worry.run("UPDATE match SET waits_since = waits_since - interval '8 days'")
    await worry.close("goes_on")
    async with transaction(sessions, EXCHANGE) as session:
        after = (await session.scalars(select(Offer.expires_at))).one()
        assert dt.timedelta(days=8) <= after - before < dt.timedelta(days=8, minutes=5)
        assert await expire_what_waited(session) == 0


async def test_the_provider_sees_that_it_waits_and_never_why(sessions: Sessions) -> None:
    worry = await Worry(sessions).open(MatchState.ACCEPTED)
    await worry.rise()
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.scalars(readable_matches(worry.tom))).all() == []
        (held,) = await session.scalars(held_matches(worry.tom))
        assert held.id == worry.match_id
        stranger = provider_actor((await add_intake(session)).id)
        assert (await session.scalars(held_matches(stranger))).all() == []
        with pytest.raises(NotFoundError):
            await concerns.raise_concern(session, worry.match_id, ring_back=NUMBER, actor=stranger)


async def test_a_second_worry_adds_its_number(sessions: Sessions) -> None:
    worry = await Worry(sessions).open(MatchState.ACCEPTED)
    for number in (NUMBER, NUMBER, "+441632960772"):
        await worry.rise(number)
    async with transaction(sessions, EXCHANGE) as session:
        ((concern, person, organisation),) = await concerns.list_concerns(
            session, actor=worry.priya
        )
        assert concern.ring_back == f"{NUMBER}, +441632960772"
        assert person == "Tom"
        assert organisation.startswith("Helpers")
        assert await concerns.list_concerns(session, actor=worry.petra) == []
        with pytest.raises(NotFoundError):
            await concerns.close_concern(session, concern.id, ended_as="goes_on", actor=worry.petra)


async def test_practitioners_of_that_council_are_written_to_even_while_messages_stop(
    sessions: Sessions,
) -> None:
    worry = await Worry(sessions).open(MatchState.ACCEPTED)
    async with transaction(sessions, EXCHANGE) as session:
        await controls.stop_messages(session, actor=worry.amina)
    await worry.rise()
    async with transaction(sessions, EXCHANGE) as session:
        (message,) = await session.scalars(select(Message).where(Message.event == "concern_raised"))
        assert message.subject_id == worry.priya.id
        mail = await deliveries.compose_now(session, message)
        assert isinstance(mail, Mail)
        assert mail.to == "priya@example.org"
        for personal in ("Kelly", "960771", "Tom", "Warm", "meals"):
            assert personal not in mail.subject + mail.text + mail.html
    await worry.close("goes_on")
    async with transaction(sessions, EXCHANGE) as session:
        assert not isinstance(await deliveries.compose_now(session, message), Mail)


async def test_a_paused_providers_worry_is_heard_and_its_return_frees_nothing(
    sessions: Sessions,
) -> None:
    worry = await Worry(sessions).open(MatchState.ACCEPTED)
    async with transaction(sessions, EXCHANGE) as session:
        await providers.pause_provider(
            session, worry.provider_id, reason="Looked into", actor=worry.amina
        )
    await worry.rise()
    async with transaction(sessions, EXCHANGE) as session:
        await providers.resume_provider(session, worry.provider_id, actor=worry.amina)
    assert await worry.state() == MatchState.ON_HOLD
    await worry.close("goes_on")
    assert await worry.state() == MatchState.ACCEPTED


async def test_a_worry_closed_while_the_provider_is_still_paused_leaves_it_to_the_pause(
    sessions: Sessions,
) -> None:
    worry = await Worry(sessions).open(MatchState.ACCEPTED)
    async with transaction(sessions, EXCHANGE) as session:
        await providers.pause_provider(
            session, worry.provider_id, reason="Looked into", actor=worry.amina
        )
    await worry.rise()
    await worry.close("goes_on")
    assert await worry.state() == MatchState.ON_HOLD
    async with transaction(sessions, EXCHANGE) as session:
        await providers.resume_provider(session, worry.provider_id, actor=worry.amina)
    assert await worry.state() == MatchState.ACCEPTED


async def test_nothing_goes_on_with_a_provider_that_may_not_work(sessions: Sessions) -> None:
    worry = await Worry(sessions).open(MatchState.ACCEPTED)
    await worry.rise()
    async with transaction(sessions, EXCHANGE) as session:
        await agreements.withdraw_agreement(session, actor=worry.tom)
    with pytest.raises(NotReadyError):
        await worry.close("goes_on")
    assert await worry.state() == MatchState.ON_HOLD
    await worry.close("withdrawn")
    assert await worry.state() == MatchState.WITHDRAWN


async def test_what_ended_meanwhile_stays_ended(sessions: Sessions) -> None:
    worry = await Worry(sessions).open(MatchState.ACCEPTED)
    await worry.rise()
    async with transaction(sessions, EXCHANGE) as session:
        await move_match(session, worry.match_id, to=MatchState.WITHDRAWN, actor=SYSTEM)
    await worry.close("goes_on")
    assert await worry.state() == MatchState.WITHDRAWN


async def test_the_history_tells_who_and_when(sessions: Sessions) -> None:
    worry = await Worry(sessions).open(MatchState.UNDER_WAY)
    await worry.rise()
    await worry.close("withdrawn")
    async with transaction(sessions, EXCHANGE) as session:
        told = await session.execute(
            text(
                "SELECT target, code, actor_kind FROM event WHERE subject_id = :match"
                " ORDER BY id DESC LIMIT 4"
            ),
            {"match": worry.match_id},
        )
        assert [tuple(row) for row in told] == [
            ("concern_closed", "withdrawn", "practitioner"),
            ("withdrawn", "safeguarding", "practitioner"),
            ("concern_raised", None, "provider"),
            ("on_hold", "safeguarding", "provider"),
        ]
