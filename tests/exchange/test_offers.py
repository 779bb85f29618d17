"""Who is written to, what the answers do, and who is called instead."""

import datetime as dt
import uuid
from typing import Any

import pytest
from families_at_hand import (
    TODAY,
    add_commissioner,
    add_family,
    add_intake,
    add_match,
    add_plan,
    council_actor,
    provider_actor,
)
from sqlalchemy import func, select, text, update

from directory.models import Intake, Provider, Service
from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.digests import Digest
from marketplace.db.families import Contact, Family, Need
from marketplace.db.offers import Call, Message, Offer, WrongAnswer
from marketplace.db.plans import Match, Plan
from marketplace.db.session import Sessions, transaction
from marketplace.errors import NotFoundError
from marketplace.services.figures.figures import recount_places
from marketplace.services.matches import claims
from marketplace.services.matches.releases import release_families
from marketplace.services.offers import answers, opening, questions
from marketplace.services.offers.offers import offer_where_ready
from marketplace.services.sending.digests import make_digests
from marketplace.states import MatchState, NeedState
from marketplace.tokens import derive_token
from marketplace.web.pages import provider_views


async def a_family_waiting(
    sessions: Sessions, *, code: str = "meals", contact: dict[str, Any] | None = None
) -> Match:
    """An approved match whose provider has said yes and whose contact is there."""
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session)
        plan = await add_plan(session, commissioner)
        family = await add_family(session, commissioner, contact=contact)
        intake = await add_intake(session, places=2, standing_yes=True)
        match = await add_match(
            session, plan, family, intake, state=MatchState.AGREED, approved=True, code=code
        )
        await release_families(session, [family.id], actor=SYSTEM)
    return match


async def offer_of(sessions: Sessions, match: Match) -> tuple[Offer, str]:
    async with transaction(sessions, EXCHANGE) as session:
        offer = (await session.scalars(select(Offer).where(Offer.match_id == match.id))).one()
        keys = session.info["settings"].secret_keys
        return offer, derive_token(keys, "offer", offer.id, made_with=offer.key_id)


async def say(sessions: Sessions, match: Match, answer: str) -> str:
    _, token = await offer_of(sessions, match)
    async with transaction(sessions, EXCHANGE) as session:
        opened = await opening.open_offer(session, token)
        return await answers.answer_offer(session, opened, answer=answer, contact_way="email")


async def state_of(sessions: Sessions, match: Match) -> tuple[str, str]:
    async with transaction(sessions, EXCHANGE) as session:
        need = await session.get_one(Need, match.need_id)
        assert await recount_places(session) == []
        return (await session.get_one(Match, match.id)).state, need.state


async def test_a_safe_family_is_mailed_once(sessions: Sessions) -> None:
    match = await a_family_waiting(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        await offer_where_ready(session, [match.family_id])
        assert await session.scalar(select(func.count(Offer.id))) == 1
        message = (await session.scalars(select(Message))).one()
        assert (message.event, message.state) == ("offer", "queued")
        jobs = await session.scalar(text("SELECT count(*) FROM jobs.pgqueuer"))
        assert jobs == 1


@pytest.mark.parametrize(
    "contact",
    [
        {"safe_to_contact": "no"},
        {"safe_to_contact": "unknown"},
        {"safe_checked_on": TODAY - dt.timedelta(days=31)},
    ],
)
async def test_who_is_not_safe_gets_nothing_and_blocks_no_place(
    sessions: Sessions, contact: dict[str, Any]
) -> None:
    match = await a_family_waiting(sessions, contact=contact)
    async with transaction(sessions, EXCHANGE) as session:
        assert await session.scalar(select(func.count(Offer.id))) == 0
        assert await session.scalar(select(func.count(Message.id))) == 0
    assert await state_of(sessions, match) == ("withdrawn", "published")


@pytest.mark.parametrize(
    ("code", "contact", "why"),
    [
        ("domestic-abuse", {}, "sensitive"),
        ("meals", {"safe_channels": ["phone"]}, "no_safe_channel"),
        ("meals", {"email": None}, "no_safe_channel"),
    ],
)
async def test_a_person_calls_where_no_message_may_leave(
    sessions: Sessions, code: str, contact: dict[str, Any], why: str
) -> None:
    await a_family_waiting(sessions, code=code, contact=contact)
    async with transaction(sessions, EXCHANGE) as session:
        assert await session.scalar(select(func.count(Message.id))) == 0
        assert (await session.scalars(select(Call))).one().reason == why


async def test_a_family_without_a_child_on_file_is_called(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session)
        plan = await add_plan(session, commissioner)
        family = await add_family(session, commissioner)
        family.children_born = []
        intake = await add_intake(session, standing_yes=True)
        await add_match(session, plan, family, intake, state=MatchState.AGREED, approved=True)
        await session.flush()
        await release_families(session, [family.id], actor=SYSTEM)
        assert (await session.scalars(select(Call))).one().reason == "no_question"


@pytest.mark.parametrize(
    ("answer", "state", "need"),
    [
        ("yes", "accepted", NeedState.PLANNED),
        ("no", "family_declined", NeedState.PUBLISHED),
        ("stop", "family_declined", NeedState.WITHDRAWN),
    ],
)
@pytest.mark.parametrize("again", answers.ANSWERS)
async def test_the_first_answer_stands(
    sessions: Sessions, answer: str, state: str, need: str, again: str
) -> None:
    match = await a_family_waiting(sessions)
    assert await say(sessions, match, answer) == answer
    assert await say(sessions, match, again) == answer
    assert await state_of(sessions, match) == (state, need)


async def test_stop_ends_everything_that_has_not_begun(sessions: Sessions) -> None:
    match = await a_family_waiting(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        plan = await session.get_one(Plan, match.plan_id)
        family = await session.get_one(Family, match.family_id)
        other = await add_match(
            session,
            plan,
            family,
            await add_intake(session),
            state=MatchState.AGREED,
            approved=True,
            code="befriending",
        )
    await say(sessions, match, "stop")
    assert await state_of(sessions, other) == ("withdrawn", NeedState.WITHDRAWN)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.get_one(Family, match.family_id)).stopped_at is not None


async def test_an_expired_offer_takes_no_answer(sessions: Sessions) -> None:
    match = await a_family_waiting(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Offer).values(expires_at=func.now()))
    assert await say(sessions, match, "yes") == "closed"
    assert (await state_of(sessions, match))[0] == "awaiting_family"


async def test_wrong_answers_close_the_question(sessions: Sessions) -> None:
    match = await a_family_waiting(sessions)
    _, token = await offer_of(sessions, match)
    for _ in range(5):
        async with transaction(sessions, EXCHANGE) as session:
            offer = await opening.open_offer(session, token)
            assert await questions.answer_question(session, offer, born="1999-01") is None
    async with transaction(sessions, EXCHANGE) as session:
        offer = await opening.open_offer(session, token)
        assert await questions.tries_left(session, offer) == 0
        assert await questions.answer_question(session, offer, born="2019-05") is None
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(WrongAnswer).values(at=func.now() - dt.timedelta(days=2)))
    async with transaction(sessions, EXCHANGE) as session:
        offer = await opening.open_offer(session, token)
        assert await questions.tries_left(session, offer) == 5
        assert await questions.answer_question(session, offer, born="2019-05") is not None


async def test_call_me_is_one_call_however_often_it_is_pressed(sessions: Sessions) -> None:
    match = await a_family_waiting(sessions)
    _, token = await offer_of(sessions, match)
    for _ in range(3):
        async with transaction(sessions, EXCHANGE) as session:
            await answers.ask_for_call(session, await opening.open_offer(session, token))
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.scalars(select(Call))).one().reason == "call_me"
    assert (await state_of(sessions, match))[0] == "awaiting_family"


async def test_a_link_that_was_never_made_opens_nothing(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        with pytest.raises(NotFoundError):
            await opening.open_offer(session, "x" * 32)


async def test_one_offer_at_a_time_the_most_important_first(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session)
        plan = await add_plan(session, commissioner)
        family = await add_family(session, commissioner)
        small, large = [
            await add_match(
                session,
                plan,
                family,
                await add_intake(session, standing_yes=True),
                state=MatchState.AGREED,
                approved=True,
                code=code,
                stake_pence=stake,
            )
            for code, stake in (("meals", 10), ("befriending", 99))
        ]
        await release_families(session, [family.id], actor=SYSTEM)
        await release_families(session, [family.id], actor=SYSTEM)
    assert (await state_of(sessions, large))[0] == "awaiting_family"
    assert (await state_of(sessions, small))[0] == "agreed"
    await say(sessions, large, "yes")
    async with transaction(sessions, EXCHANGE) as session:
        await release_families(session, [family.id], actor=SYSTEM)
    assert (await state_of(sessions, small))[0] == "awaiting_family"


async def test_a_provider_claims_declines_and_starts_only_what_is_its_own(
    sessions: Sessions,
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session)
        plan = await add_plan(session, commissioner)
        intake = await add_intake(session, places=2)
        family = await add_family(session, commissioner)
        match = await add_match(
            session, plan, family, intake, state=MatchState.AGREED, approved=True
        )
        await release_families(session, [family.id], actor=SYSTEM)
        service = await session.get_one(Service, intake.service_id)
    own, stranger = provider_actor(service.provider_id), provider_actor(uuid.uuid4())
    for deed in (claims.claim_match, claims.start_help):
        with pytest.raises(NotFoundError):
            async with transaction(sessions, EXCHANGE) as session:
                await deed(session, match.id, actor=stranger)
    async with transaction(sessions, EXCHANGE) as session:
        await claims.claim_match(session, match.id, actor=own)
    assert (await state_of(sessions, match))[0] == "awaiting_family"
    await say(sessions, match, "yes")
    async with transaction(sessions, EXCHANGE) as session:
        await claims.start_help(session, match.id, actor=own, diet_confirmed=True)
        assert (await session.get_one(Intake, intake.id)).used == 1
    assert await state_of(sessions, match) == ("under_way", NeedState.MET)


async def test_a_decline_frees_the_place_and_full_pauses_the_intake(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session)
        plan = await add_plan(session, commissioner)
        intake = await add_intake(session, places=1)
        family = await add_family(session, commissioner)
        match = await add_match(
            session, plan, family, intake, state=MatchState.AGREED, approved=True
        )
        await release_families(session, [family.id], actor=SYSTEM)
        service = await session.get_one(Service, intake.service_id)
        own = provider_actor(service.provider_id)
        await claims.decline_match(session, match.id, code="full", actor=own)
    assert await state_of(sessions, match) == ("provider_declined", NeedState.PUBLISHED)
    async with transaction(sessions, EXCHANGE) as session:
        now = await session.get_one(Intake, intake.id)
        assert (now.places_left, now.paused_at is not None) == (1, True)


async def test_a_host_answers_for_its_volunteers(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session)
        plan = await add_plan(session, commissioner)
        hosting = await add_intake(session)
        service = await session.get_one(Service, hosting.service_id)
        host = await session.get_one(Provider, service.provider_id)
        intake = await add_intake(session, host=host)
        family = await add_family(session, commissioner)
        match = await add_match(
            session, plan, family, intake, state=MatchState.AGREED, approved=True
        )
        await release_families(session, [family.id], actor=SYSTEM)
        now = (await session.execute(select(func.now()))).scalar_one()
        assert await make_digests(session, now=now) == 1
        assert (await session.scalars(select(Digest.provider_id))).all() == [host.id]
        await claims.claim_match(session, match.id, actor=provider_actor(host.id))
    assert (await state_of(sessions, match))[0] == "awaiting_family"


async def test_a_place_that_has_gone_sends_the_need_back_to_be_planned(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session)
        plan = await add_plan(session, commissioner)
        intake = await add_intake(session, places=0)
        family = await add_family(session, commissioner)
        match = await add_match(
            session, plan, family, intake, state=MatchState.AGREED, approved=True
        )
        await release_families(session, [family.id], actor=council_actor(commissioner))
    assert await state_of(sessions, match) == ("withdrawn", NeedState.PUBLISHED)


async def test_a_provider_no_longer_sees_what_is_no_longer_safe(sessions: Sessions) -> None:
    match = await a_family_waiting(sessions)
    await say(sessions, match, "yes")
    for change, shown in (({}, True), ({"safe_channels": ["phone"]}, False)):
        assert await contact_shown(sessions, match, **change) is shown
    assert await contact_shown(sessions, match, safe_to_contact="no") is False


async def contact_shown(sessions: Sessions, match: Match, **change: Any) -> bool:
    async with transaction(sessions, EXCHANGE) as session:
        if change:
            await session.execute(update(Contact).values(**change))
        intake = await session.get_one(Intake, match.intake_id)
        service = await session.get_one(Service, intake.service_id)
        actor = provider_actor(service.provider_id)
        found = await provider_views.matches_in(session, actor, MatchState.ACCEPTED)
        offers = await provider_views.offers_of(session, found)
        return bool(provider_views.accepted_view(found[0], offers[match.id])["contact"])
