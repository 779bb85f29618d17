"""Pausing takes effect at once and loses nobody; the agreement is the door to families' details."""

import datetime as dt

import pytest
from families_at_hand import add_commissioner, add_family, add_intake, add_match, add_plan
from provider_people import (
    Standing,
    add_person,
    answers_yes,
    families_at_each_step,
    open_offer,
    provider_of,
    states_of,
)
from sqlalchemy import func, select, text, update

from directory.models import Provider, Service
from directory.visibility import is_offered
from marketplace.access import SYSTEM, Actor, readable_matches
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Need
from marketplace.db.offers import Call, Message, Offer
from marketplace.db.plans import Match
from marketplace.db.providers import AGREEMENT_VERSION, Agreement
from marketplace.db.session import Sessions, transaction
from marketplace.errors import NoAgreementError, NotFoundError, OnlyLookError, PausedError
from marketplace.services.figures.figures import recount_places
from marketplace.services.matches import claims
from marketplace.services.matches.releases import release_families
from marketplace.services.providers import agreements, providers
from marketplace.services.sending import deliveries
from marketplace.services.sending.outbox import Refusal
from marketplace.states import MatchState, NeedState

BEFORE = {
    "agreed": "agreed",
    "asked": "awaiting_provider",
    "offered": "awaiting_family",
    "accepted": "accepted",
    "helped": "under_way",
}
HELD = BEFORE | {"asked": "on_hold", "offered": "on_hold", "accepted": "on_hold"}


@pytest.fixture
async def standing(sessions: Sessions) -> Standing:
    standing = await families_at_each_step(sessions)
    assert await states_of(sessions, standing) == BEFORE
    return standing


async def pause(sessions: Sessions, standing: Standing) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await providers.pause_provider(
            session, standing.provider_id, reason="A worry", actor=standing.amina
        )


async def resume(sessions: Sessions, standing: Standing) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await providers.resume_provider(session, standing.provider_id, actor=standing.amina)


async def seen_by(sessions: Sessions, actor: Actor) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        seen = readable_matches(actor).subquery()
        return await session.scalar(select(func.count()).select_from(seen))


async def test_a_pause_holds_who_waits_and_shuts_the_door(
    sessions: Sessions, standing: Standing
) -> None:
    assert await seen_by(sessions, standing.tom) == 4
    await pause(sessions, standing)
    await pause(sessions, standing)
    assert await states_of(sessions, standing) == HELD
    assert await seen_by(sessions, standing.tom) == 0
    async with transaction(sessions, EXCHANGE) as session:
        assert await recount_places(session) == []
        offered = select(Service.id).join(Service.provider).where(is_offered())
        assert (await session.scalars(offered)).all() == []
        calls = await session.execute(
            select(Offer.match_id, Call.reason).join(Offer, Offer.id == Call.offer_id)
        )
        told = {row.match_id: row.reason for row in calls}
    known = {standing.matches["accepted"], standing.matches["helped"]}
    assert told == dict.fromkeys(known, "provider_paused")


async def test_nothing_is_done_with_a_family_while_paused(
    sessions: Sessions, standing: Standing
) -> None:
    await pause(sessions, standing)
    for deed, step in ((claims.claim_match, "asked"), (claims.start_help, "accepted")):
        with pytest.raises(PausedError):
            async with transaction(sessions, EXCHANGE) as session:
                await deed(session, standing.matches[step], actor=standing.tom)
    with pytest.raises(PausedError):
        async with transaction(sessions, EXCHANGE) as session:
            await claims.decline_match(
                session, standing.matches["asked"], code="full", actor=standing.tom
            )
    async with transaction(sessions, EXCHANGE) as session:
        opened = await open_offer(session, standing.matches["offered"])
        assert await answers_yes(session, opened) == "closed"
    async with transaction(sessions, EXCHANGE) as session:
        offers = select(Offer.id).where(Offer.match_id == standing.matches["offered"])
        message = (
            await session.scalars(select(Message).where(Message.subject_id.in_(offers)))
        ).one()
        assert isinstance(await deliveries.compose_now(session, message), Refusal)
    assert await states_of(sessions, standing) == HELD


async def test_no_new_family_comes_to_a_paused_provider(
    sessions: Sessions, standing: Standing
) -> None:
    await pause(sessions, standing)
    async with transaction(sessions, EXCHANGE) as session:
        match = await session.get_one(Match, standing.matches["agreed"])
        match.approved_at = func.now()
        await session.flush()
        await release_families(session, [match.family_id], actor=SYSTEM)
    assert await states_of(sessions, standing) == HELD
    await resume(sessions, standing)
    async with transaction(sessions, EXCHANGE) as session:
        jobs = "SELECT payload FROM jobs.pgqueuer WHERE entrypoint = 'release_family'"
        queued = {payload.decode() for payload in await session.scalars(text(jobs))}
        assert str(match.family_id) in queued
        await release_families(session, [match.family_id], actor=SYSTEM)
    assert await states_of(sessions, standing) == BEFORE | {"agreed": "awaiting_provider"}


async def test_resuming_puts_everybody_back_and_gives_families_their_time(
    sessions: Sessions, standing: Standing
) -> None:
    offer = select(Offer).where(Offer.match_id == standing.matches["offered"])
    async with transaction(sessions, EXCHANGE) as session:
        expires_at = (await session.scalars(offer)).one().expires_at
    await pause(sessions, standing)
    five_days = dt.timedelta(days=5)
    async with transaction(sessions, EXCHANGE) as session:
        on_hold = Match.state == MatchState.ON_HOLD
        await session.execute(
            update(Match).where(on_hold).values(waits_since=func.now() - five_days)
        )
    await resume(sessions, standing)
    assert await states_of(sessions, standing) == BEFORE
    assert await seen_by(sessions, standing.tom) == 4
    async with transaction(sessions, EXCHANGE) as session:
        given = (await session.scalars(offer)).one().expires_at - expires_at
        assert abs(given - five_days) < dt.timedelta(minutes=1)
        opened = await open_offer(session, standing.matches["offered"])
        assert await answers_yes(session, opened) == "yes"


async def test_an_offer_whose_message_was_refused_meanwhile_is_sent_after_all(
    sessions: Sessions, standing: Standing
) -> None:
    await pause(sessions, standing)
    async with transaction(sessions, EXCHANGE) as session:
        for message in await session.scalars(select(Message).where(Message.event == "offer")):
            refusal = await deliveries.compose_now(session, message)
            assert isinstance(refusal, Refusal)
            await deliveries.note_refused(session, message, refusal)
    await resume(sessions, standing)
    async with transaction(sessions, EXCHANGE) as session:
        queued = await session.scalars(
            select(Offer.match_id)
            .join(Message, Message.subject_id == Offer.id)
            .where(Message.state == "queued", Message.event == "offer")
        )
        assert queued.all() == [standing.matches["offered"]]


async def test_held_families_can_go_to_others(sessions: Sessions, standing: Standing) -> None:
    await pause(sessions, standing)
    stranger = Actor(kind="commissioner", commissioner_id=standing.provider_id)
    async with transaction(sessions, EXCHANGE) as session:
        assert await providers.ask_others(session, standing.provider_id, actor=stranger) == 0
    async with transaction(sessions, EXCHANGE) as session:
        assert await providers.ask_others(session, standing.provider_id, actor=standing.amina) == 3
        assert await recount_places(session) == []
        needs = await session.scalars(
            select(Need.state)
            .join(Match, Match.need_id == Need.id)
            .where(Match.state == MatchState.WITHDRAWN)
        )
        assert needs.all() == [NeedState.PUBLISHED] * 3
    await resume(sessions, standing)
    gone = dict.fromkeys(("asked", "offered", "accepted"), "withdrawn")
    assert await states_of(sessions, standing) == BEFORE | gone


async def test_without_the_agreement_nobody_sees_or_does_anything(
    sessions: Sessions, standing: Standing
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await agreements.withdraw_agreement(session, actor=standing.tom)
    assert await seen_by(sessions, standing.tom) == 0
    assert await states_of(sessions, standing) == HELD
    with pytest.raises(NoAgreementError):
        async with transaction(sessions, EXCHANGE) as session:
            await claims.claim_match(session, standing.matches["asked"], actor=standing.tom)
    async with transaction(sessions, EXCHANGE) as session:
        await agreements.accept_agreement(session, actor=standing.tom)
        await agreements.accept_agreement(session, actor=standing.tom)
        assert len(await agreements.list_agreements(session, standing.provider_id)) == 2
    assert await states_of(sessions, standing) == BEFORE
    assert await seen_by(sessions, standing.tom) == 4


async def test_a_new_text_asks_again(sessions: Sessions, standing: Standing) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Agreement).values(version="2020-01-01"))
    assert await seen_by(sessions, standing.tom) == 0
    with pytest.raises(NoAgreementError):
        async with transaction(sessions, EXCHANGE) as session:
            await claims.claim_match(session, standing.matches["asked"], actor=standing.tom)
    async with transaction(sessions, EXCHANGE) as session:
        await agreements.accept_agreement(session, actor=standing.tom)
        standing_now = await agreements.find_agreement(session, actor=standing.tom)
        assert (standing_now.version, standing_now.accepted_by) == (
            AGREEMENT_VERSION,
            "Tom Example",
        )
    assert await seen_by(sessions, standing.tom) == 4


async def test_a_pause_and_a_withdrawn_agreement_hold_apart(
    sessions: Sessions, standing: Standing
) -> None:
    """Accepting again does not undo the council's pause, nor the other way round."""
    async with transaction(sessions, EXCHANGE) as session:
        await agreements.withdraw_agreement(session, actor=standing.tom)
    await pause(sessions, standing)
    await resume(sessions, standing)
    assert await states_of(sessions, standing) == HELD
    await pause(sessions, standing)
    async with transaction(sessions, EXCHANGE) as session:
        await agreements.accept_agreement(session, actor=standing.tom)
    assert await seen_by(sessions, standing.tom) == 0
    await resume(sessions, standing)
    assert await seen_by(sessions, standing.tom) == 4


async def test_a_standing_yes_waits_for_the_agreement(sessions: Sessions) -> None:
    """Or a family would say yes to a provider that may not know who it is."""
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session)
        plan = await add_plan(session, commissioner)
        intake = await add_intake(session, standing_yes=True)
        family = await add_family(session, commissioner)
        tom = await add_person(session, await provider_of(session, intake))
        await agreements.withdraw_agreement(session, actor=tom)
        match = await add_match(
            session, plan, family, intake, state=MatchState.AGREED, approved=True
        )
        await release_families(session, [family.id], actor=SYSTEM)
        assert match.state == MatchState.AWAITING_PROVIDER
        await agreements.accept_agreement(session, actor=tom)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.get_one(Match, match.id)).state == MatchState.AWAITING_FAMILY
        assert await session.scalar(select(func.count(Offer.id))) == 1


@pytest.mark.parametrize("role", ["viewer", None])
async def test_a_viewer_sees_and_changes_nothing(
    role: str | None, sessions: Sessions, standing: Standing
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        ade = await add_person(session, standing.provider_id, role="viewer", name="Ade")
    ade = Actor(kind="provider", id=ade.id, provider_id=ade.provider_id, provider_role=role)
    assert await seen_by(sessions, ade) == 4
    for deed in (claims.claim_match, claims.start_help):
        with pytest.raises(OnlyLookError):
            async with transaction(sessions, EXCHANGE) as session:
                await deed(session, standing.matches["asked"], actor=ade)
    for change in (agreements.accept_agreement, agreements.withdraw_agreement):
        with pytest.raises(OnlyLookError):
            async with transaction(sessions, EXCHANGE) as session:
                await change(session, actor=ade)


async def test_another_provider_is_refused_like_before(
    sessions: Sessions, standing: Standing
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        other = await add_intake(session)
        wendy = await add_person(session, await provider_of(session, other), name="Wendy")
    assert await seen_by(sessions, wendy) == 0
    with pytest.raises(NotFoundError):
        async with transaction(sessions, EXCHANGE) as session:
            await claims.claim_match(session, standing.matches["asked"], actor=wendy)


async def test_a_provider_that_is_not_let_in_sees_nothing(
    sessions: Sessions, standing: Standing
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Provider).values(approved_at=None))
    assert await seen_by(sessions, standing.tom) == 0
    with pytest.raises(PausedError):
        async with transaction(sessions, EXCHANGE) as session:
            await claims.claim_match(session, standing.matches["asked"], actor=standing.tom)
