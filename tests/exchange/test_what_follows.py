"""What was approved with the first offer follows by itself; all else waits for a person."""

import datetime as dt

import pytest
from families_at_hand import TODAY, add_intake, add_match, provider_actor
from offered_families import do_releases, offer_with_choices, open_offer, say, states_of
from sqlalchemy import func, select, update

from directory.models import Intake, Service
from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Contact, Family, Need
from marketplace.db.offers import Message, Offer
from marketplace.db.plans import Match, PairRule, Plan
from marketplace.db.session import Sessions, transaction
from marketplace.services.matches import claims
from marketplace.services.matches.expiries import expire_what_waited
from marketplace.services.matches.holds import hand_on
from marketplace.services.needs.refusals import refused_pairs
from marketplace.services.offers import answers
from marketplace.states import MatchState, NeedState


async def decline(sessions: Sessions, match: Match, code: str = "too_far") -> None:
    async with transaction(sessions, EXCHANGE) as session:
        intake = await session.get_one(Intake, match.intake_id)
        service = await session.get_one(Service, intake.service_id)
        actor = provider_actor(service.provider_id)
        await claims.decline_match(session, match.id, code=code, actor=actor)
    await do_releases(sessions)


async def test_a_decline_lets_the_next_approved_choice_follow(sessions: Sessions) -> None:
    match, (_, other) = await offer_with_choices(sessions, None, standing_yes=False)
    await decline(sessions, match)
    assert await states_of(sessions, match) == ["provider_declined", "awaiting_family", "planned"]
    async with transaction(sessions, EXCHANGE) as session:
        follower = (await session.scalars(select(Match).where(Match.id != match.id))).one()
        assert (follower.intake_id, follower.follows_id) == (other.id, match.id)
        assert follower.approved_at == match.approved_at
        assert await session.scalar(select(func.count(Offer.id))) == 1


async def test_without_an_approved_choice_the_need_waits_for_a_plan(sessions: Sessions) -> None:
    match, _ = await offer_with_choices(sessions, None, agreed=[], standing_yes=False)
    await decline(sessions, match)
    assert await states_of(sessions, match) == ["provider_declined", "published"]


async def test_a_silent_provider_is_followed_and_a_silent_family_is_left_alone(
    sessions: Sessions,
) -> None:
    match, _ = await offer_with_choices(sessions, None, None, standing_yes=False)
    async with transaction(sessions, EXCHANGE) as session:
        long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=25)
        await session.execute(update(Match).values(waits_since=long_ago))
    await expire(sessions)
    await do_releases(sessions)
    assert await states_of(sessions, match) == ["provider_expired", "awaiting_family", "planned"]
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Offer).values(expires_at=func.now()))
    await expire(sessions)
    await do_releases(sessions)
    assert await states_of(sessions, match) == ["provider_expired", "family_expired", "published"]


async def expire(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await expire_what_waited(session)


async def test_a_no_is_no_to_all_that_was_shown(sessions: Sessions) -> None:
    match, (own, shown) = await offer_with_choices(sessions, None)
    await say(sessions, match, "no")
    await do_releases(sessions)
    assert await states_of(sessions, match) == ["family_declined", "published"]
    async with transaction(sessions, EXCHANGE) as session:
        pairs = {(match.need_id, own.id), (match.need_id, shown.id)}
        assert await refused_pairs(session) == pairs
        assert await refused_pairs(session, [match.need_id]) == pairs


async def test_a_choice_that_was_not_shown_follows_a_no(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        asks_first = await add_intake(session, standing_yes=False)
    match, _ = await offer_with_choices(sessions, asks_first)
    await say(sessions, match, "no")
    await do_releases(sessions)
    assert await states_of(sessions, match) == ["family_declined", "awaiting_provider", "planned"]


@pytest.mark.parametrize("why", ["refused", "forbidden", "full", "too old", "stopped"])
async def test_never_a_refused_pair_or_what_may_not_be(sessions: Sessions, why: str) -> None:
    match, (_, other) = await offer_with_choices(sessions, None, standing_yes=False)
    async with transaction(sessions, EXCHANGE) as session:
        if why == "refused":
            await hand_on_before(session, match, other)
        elif why == "forbidden":
            session.add(
                PairRule(
                    need_id=match.need_id,
                    intake_id=other.id,
                    kind="forbid",
                    reason="A sister works there",
                    made_by="Priya",
                )
            )
        elif why == "full":
            await session.execute(update(Intake).where(Intake.id == other.id).values(places=0))
        elif why == "too old":
            await session.execute(update(Need).values(valid_until=TODAY - dt.timedelta(days=1)))
        else:
            await session.execute(update(Family).values(stopped_at=func.now()))
    await decline(sessions, match)
    assert (await states_of(sessions, match))[-2:] == ["provider_declined", "published"]


async def hand_on_before(session, match: Match, intake: Intake) -> None:  # noqa: ANN001
    session.add(
        Match(
            plan_id=match.plan_id,
            need_id=match.need_id,
            family_id=match.family_id,
            intake_id=intake.id,
            state=MatchState.NOT_STARTED,
            places=1,
            price_pence=0,
            cost_pence=0,
            stake_pence=0,
            effect=0,
            reason={},
            choices={},
            waits_since=dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
        )
    )
    await session.flush()


async def test_at_most_three_offers_in_thirty_days(sessions: Sessions) -> None:
    match, _ = await offer_with_choices(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        plan = await session.get_one(Plan, match.plan_id)
        family = await session.get_one(Family, match.family_id)
        for code in ("befriending", "sleep", "debt-advice"):
            intake = await add_intake(session, standing_yes=True)
            await add_match(
                session, plan, family, intake, state=MatchState.AGREED, approved=True, code=code
            )
        await session.execute(update(Match).values(approved_at=match.approved_at))
    for _ in range(4):
        await say(sessions, match, "yes")
        await do_releases(sessions)
    assert await count_by_state(sessions) == {"accepted": 3, "agreed": 1}
    async with transaction(sessions, EXCHANGE) as session:
        long_ago = func.now() - dt.timedelta(days=31)
        await session.execute(update(Offer).values(created_at=long_ago))
    await do_releases(sessions)
    assert await count_by_state(sessions) == {"accepted": 3, "awaiting_family": 1}


async def count_by_state(sessions: Sessions) -> dict[str, int]:
    async with transaction(sessions, EXCHANGE) as session:
        rows = await session.execute(select(Match.state, func.count()).group_by(Match.state))
        return {state: count for state, count in rows}  # noqa: C416 - a row is no pair to `dict`


async def test_a_place_that_goes_before_the_answer_is_followed_behind_the_same_link(
    sessions: Sessions,
) -> None:
    match, (_, other) = await offer_with_choices(sessions, None)
    async with transaction(sessions, EXCHANGE) as session:
        match = await session.get_one(Match, match.id)
        to = MatchState.PROVIDER_DECLINED
        await hand_on(session, [match], to=to, code="handed_back", actor=SYSTEM)
    assert await say(sessions, match, "yes") == "closed", "between the two there is nothing to take"
    await do_releases(sessions)
    assert await states_of(sessions, match) == ["provider_declined", "awaiting_family", "planned"]
    async with transaction(sessions, EXCHANGE) as session:
        offer = await open_offer(session, match.family_id)
        assert offer.match.intake_id == other.id
    async with transaction(sessions, EXCHANGE) as session:
        assert await session.scalar(select(func.count(Offer.id))) == 1
        assert await session.scalar(select(func.count(Message.id))) == 1
    assert await say(sessions, match, "yes") == "yes"


async def test_who_read_the_page_of_a_place_that_went_is_shown_the_next(sessions: Sessions) -> None:
    match, _ = await offer_with_choices(sessions, None)
    async with transaction(sessions, EXCHANGE) as slow:
        page = await open_offer(slow, match.family_id)
        async with transaction(sessions, EXCHANGE) as session:
            gone = await session.get_one(Match, match.id)
            to = MatchState.PROVIDER_DECLINED
            await hand_on(session, [gone], to=to, code="handed_back", actor=SYSTEM)
        await do_releases(sessions)
        said = await answers.answer_offer(slow, page, answer="yes", contact_way="email")
    assert said == "full"
    assert (await states_of(sessions, match))[1:] == ["awaiting_family", "planned"]


async def test_a_family_that_nobody_can_reach_gives_the_place_back(sessions: Sessions) -> None:
    match, _ = await offer_with_choices(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(Offer.__table__.delete())
        await session.execute(Contact.__table__.delete())
        long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=8)
        await session.execute(update(Match).values(waits_since=long_ago))
    await expire(sessions)
    assert await states_of(sessions, match) == ["withdrawn", NeedState.PUBLISHED]
