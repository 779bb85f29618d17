"""Up to three choices: fixed when offered, taken at once, and never an error when one is gone."""

import asyncio
import uuid

import pytest
from families_at_hand import add_commissioner, add_family, add_intake, add_match, add_plan
from offered_families import as_choice, do_releases, offer_with_choices, open_offer, say
from sqlalchemy import func, select, update

from directory.models import Intake, Service
from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Need
from marketplace.db.offers import Message, WaitingPlace
from marketplace.db.plans import Match
from marketplace.db.providers import Agreement
from marketplace.db.session import Sessions, transaction
from marketplace.errors import BadFormError
from marketplace.services.figures.figures import recount_places
from marketplace.services.matches import waiting
from marketplace.services.matches.releases import release_families
from marketplace.services.offers import second_thoughts
from marketplace.services.offers.choices import choices_of
from marketplace.states import MatchState, NeedState


async def shown(sessions: Sessions, match: Match) -> list[tuple[uuid.UUID, bool]]:
    async with transaction(sessions, EXCHANGE) as session:
        offer = await open_offer(session, match.family_id)
        return [(one.intake.id, one.is_free) for one in await choices_of(session, offer)]


async def live_matches(sessions: Sessions, match: Match) -> list[Match]:
    """What the need has been through, in order; and no place was lost on the way."""
    async with transaction(sessions, EXCHANGE) as session:
        assert await recount_places(session) == []
        found = await session.scalars(
            select(Match).where(Match.need_id == match.need_id).order_by(Match.waits_since)
        )
        return list(found)


async def test_at_most_three_and_the_own_first(sessions: Sessions) -> None:
    match, intakes = await offer_with_choices(sessions, None, None, None)
    assert await shown(sessions, match) == [(one.id, True) for one in intakes[:3]]


async def test_only_what_was_agreed_to(sessions: Sessions) -> None:
    match, intakes = await offer_with_choices(sessions, None, None, agreed=[1])
    assert await shown(sessions, match) == [(intakes[0].id, True), (intakes[2].id, True)]


@pytest.mark.parametrize("barrier", ["no standing yes", "no agreement", "full", "paused", "other"])
async def test_only_what_can_be_had_at_once(sessions: Sessions, barrier: str) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        other = await add_intake(session, standing_yes=barrier != "no standing yes", places=1)
        service = await session.get_one(Service, other.service_id)
        if barrier == "no agreement":
            await session.execute(
                update(Agreement)
                .where(Agreement.provider_id == service.provider_id)
                .values(withdrawn_at=func.now(), withdrawn_by="Tom")
            )
        other.places = 0 if barrier == "full" else 1
        other.paused_at = func.now() if barrier == "paused" else None
        service.needs = ["befriending"] if barrier == "other" else ["meals"]
        await session.flush()
    match, intakes = await offer_with_choices(sessions, other)
    assert await shown(sessions, match) == [(intakes[0].id, True)]


async def test_another_choice_takes_its_place_and_frees_the_first(sessions: Sessions) -> None:
    match, (own, other) = await offer_with_choices(sessions, None)
    said = await say(sessions, match, "yes", choice=other.id, easier=["fare", "childcare"])
    assert said == "yes"
    first, chosen = await live_matches(sessions, match)
    assert (first.state, chosen.state) == ("withdrawn", "accepted")
    assert (chosen.intake_id, chosen.follows_id) == (other.id, match.id)
    assert (chosen.price_pence, chosen.travel_metres) == (40, 900)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.get_one(Intake, own.id)).held == 0
        assert (await session.get_one(Intake, other.id)).held == 1
        offer = await open_offer(session, match.family_id)
        assert (offer.match_id, offer.easier) == (chosen.id, ["fare", "childcare"])
    assert await say(sessions, match, "yes", choice=own.id) == "yes", "the first answer stands"
    assert (await live_matches(sessions, match))[1].state == "accepted"


async def test_a_choice_that_nobody_showed_is_refused(sessions: Sessions) -> None:
    match, _ = await offer_with_choices(sessions, None)
    with pytest.raises(BadFormError):
        await say(sessions, match, "yes", choice=uuid.uuid4())


async def test_full_meanwhile_is_no_error_and_changes_nothing(sessions: Sessions) -> None:
    match, (own, other) = await offer_with_choices(sessions, None)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Intake).where(Intake.id == other.id).values(places=0))
    assert await say(sessions, match, "yes", choice=other.id) == "full"
    assert await shown(sessions, match) == [(own.id, True), (other.id, False)]
    assert [one.state for one in await live_matches(sessions, match)] == ["awaiting_family"]
    assert await say(sessions, match, "yes") == "yes"


async def test_the_last_place_goes_to_one_of_two_who_choose_it_at_once(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        other = await add_intake(session, standing_yes=True, places=1)
        commissioner = await add_commissioner(session)
        plan = await add_plan(session, commissioner)
        matches = []
        for _ in range(4):
            family = await add_family(session, commissioner)
            own = await add_intake(session, standing_yes=True)
            match = await add_match(
                session, plan, family, own, state=MatchState.AGREED, approved=True
            )
            match.choices = {"next_best": [as_choice(other)]}
            matches.append(match)
        await session.flush()
        await release_families(session, [one.family_id for one in matches], actor=SYSTEM)
    said = await asyncio.gather(
        *(say(sessions, match, "yes", choice=other.id) for match in matches)
    )
    assert sorted(said) == ["full", "full", "full", "yes"]
    async with transaction(sessions, EXCHANGE) as session:
        assert await recount_places(session) == []
        assert (await session.get_one(Intake, other.id)).held == 1


async def test_two_answers_at_once_to_one_offer_are_one(sessions: Sessions) -> None:
    match, (own, other) = await offer_with_choices(sessions, None)
    given = [("yes", own.id), ("yes", other.id), ("no", None), ("not_now", None), ("stop", None)]
    said = await asyncio.gather(
        *(say(sessions, match, answer, choice=choice) for answer, choice in given)
    )
    standing = {one for one in said if one != "full"}
    assert len(standing) == 1
    await live_matches(sessions, match)


async def test_whoever_waits_is_offered_it_once_when_a_place_comes_free(sessions: Sessions) -> None:
    match, (_, other) = await offer_with_choices(sessions, None)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Intake).where(Intake.id == other.id).values(places=0))
    for _ in range(2):
        async with transaction(sessions, EXCHANGE) as session:
            offer = await open_offer(session, match.family_id)
            await waiting.wait_for_place(session, offer, other.id)
    await say(sessions, match, "no")
    assert await offer_free_places(sessions) == 0, "it is still full"
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Intake).where(Intake.id == other.id).values(places=1))
    assert await offer_free_places(sessions) == 1
    assert await offer_free_places(sessions) == 0
    assert [one.state for one in await live_matches(sessions, match)] == [
        "family_declined",
        "awaiting_family",
    ]
    async with transaction(sessions, EXCHANGE) as session:
        ended = select(func.count()).where(WaitingPlace.ended_at.is_not(None))
        assert (await session.scalar(ended)) == 1


async def offer_free_places(sessions: Sessions) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        count = await waiting.offer_free_places(session)
    await do_releases(sessions)
    return count


async def test_a_yes_is_taken_back_until_help_starts(sessions: Sessions) -> None:
    match, (_, other) = await offer_with_choices(sessions, None)
    await say(sessions, match, "yes")
    for _ in range(2):
        async with transaction(sessions, EXCHANGE) as session:
            offer = await open_offer(session, match.family_id)
            assert await second_thoughts.change_mind(session, offer) == "changed"
    # What else was shown has been refused with it, so nothing follows.
    assert [one.state for one in await live_matches(sessions, match)] == ["family_declined"]
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.get_one(Need, match.need_id)).state == NeedState.PUBLISHED
        assert (await session.get_one(Intake, other.id)).held == 0


async def test_nobody_changes_their_mind_about_help_that_has_begun(sessions: Sessions) -> None:
    match, _ = await offer_with_choices(sessions)
    await say(sessions, match, "yes")
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Match).values(state="under_way"))
        await session.execute(update(Intake).values(used=Intake.held, held=0))
    async with transaction(sessions, EXCHANGE) as session:
        offer = await open_offer(session, match.family_id)
        assert await second_thoughts.change_mind(session, offer) == "yes"
    assert [one.state for one in await live_matches(sessions, match)] == ["under_way"]


async def test_a_yes_is_confirmed_in_writing(sessions: Sessions) -> None:
    match, _ = await offer_with_choices(sessions)
    await say(sessions, match, "yes")
    await say(sessions, match, "yes")
    async with transaction(sessions, EXCHANGE) as session:
        events = (await session.scalars(select(Message.event).order_by(Message.event))).all()
    assert events == ["offer", "offer_confirmed"]
