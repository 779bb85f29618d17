"""The stop list works at once, and without a fresh one nothing leaves."""

import asyncio
import datetime as dt
from contextlib import suppress

import pytest
from families_at_hand import (
    add_commissioner,
    add_family,
    add_intake,
    add_match,
    add_plan,
    council_actor,
)
from needs_at_hand import add_postcode, row
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Family, Need, StopEntry
from marketplace.db.offers import Call, Message, Offer
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.errors import MovedOnError, NotFoundError
from marketplace.services.figures.figures import recount_places
from marketplace.services.matches.releases import release_families
from marketplace.services.matches.transitions import move_match
from marketplace.services.needs import stops
from marketplace.services.needs.contacts import approved_families
from marketplace.services.needs.needs import publish_needs
from marketplace.services.offers.answers import ask_for_call
from marketplace.services.sending.deliveries import compose_now, note_refused
from marketplace.services.sending.outbox import OFFER, Refusal
from marketplace.spreadsheets.stops import StopRow
from marketplace.states import MatchState, NeedState


async def bring(session: AsyncSession, commissioner: Commissioner, *refs: str) -> stops.Stopped:
    rows = [StopRow(family_ref=ref, reason="moved") for ref in refs]
    return await stops.store_stops(session, rows, actor=council_actor(commissioner))


async def offered(session: AsyncSession) -> tuple[Commissioner, Match]:
    """A family that has been offered something; its message is queued."""
    commissioner = await add_commissioner(session)
    plan, intake = (
        await add_plan(session, commissioner),
        await add_intake(session, standing_yes=True),
    )
    family = await add_family(session, commissioner)
    match = await add_match(session, plan, family, intake, state=MatchState.AGREED, approved=True)
    await release_families(session, [family.id], actor=SYSTEM)
    return commissioner, match


async def the_message(session: AsyncSession) -> Message:
    wanted = select(Message).where(Message.event == OFFER)
    found = await session.scalars(wanted.execution_options(populate_existing=True))
    return found.one()


async def ref_of(session: AsyncSession, match: Match) -> str:
    return (await session.get_one(Family, match.family_id)).ref


@pytest.mark.parametrize(
    "state",
    [
        MatchState.PROPOSED,
        MatchState.AGREED,
        MatchState.AWAITING_PROVIDER,
        MatchState.AWAITING_FAMILY,
        MatchState.ACCEPTED,
        MatchState.ON_HOLD,
    ],
)
async def test_what_has_not_begun_ends_at_once(session: AsyncSession, state: MatchState) -> None:
    commissioner = await add_commissioner(session)
    plan, intake = await add_plan(session, commissioner), await add_intake(session)
    family, other = [await add_family(session, commissioner) for _ in range(2)]
    match = await add_match(session, plan, family, intake, state=state)
    others = await add_match(session, plan, other, intake, state=state)
    intake.held = 2 * (state not in (MatchState.PROPOSED, MatchState.AGREED))
    await session.flush()
    outcome = await bring(session, commissioner, family.ref.upper())
    assert outcome == stops.Stopped(added=1, standing=0, ended=1)
    assert (match.state, others.state) == (MatchState.WITHDRAWN, state)
    assert (await session.get_one(Need, match.need_id)).state == NeedState.PUBLISHED
    assert await recount_places(session) == []


async def test_help_that_has_begun_goes_on(session: AsyncSession) -> None:
    commissioner = await add_commissioner(session)
    plan, intake = await add_plan(session, commissioner), await add_intake(session)
    family = await add_family(session, commissioner)
    match = await add_match(session, plan, family, intake, state=MatchState.UNDER_WAY)
    intake.used = 1
    await session.flush()
    assert (await bring(session, commissioner, family.ref)).ended == 0
    assert match.state == MatchState.UNDER_WAY


async def test_begun_help_that_is_on_hold_goes_on_too(session: AsyncSession) -> None:
    commissioner = await add_commissioner(session)
    plan, intake = await add_plan(session, commissioner), await add_intake(session)
    family = await add_family(session, commissioner)
    match = await add_match(session, plan, family, intake, state=MatchState.ACCEPTED)
    intake.held = 1
    await session.flush()
    for state in (MatchState.UNDER_WAY, MatchState.ON_HOLD):
        await move_match(session, match.id, to=state, actor=SYSTEM)
    assert (await bring(session, commissioner, family.ref)).ended == 0
    assert match.state == MatchState.ON_HOLD


async def test_its_messages_are_refused_and_nobody_rings(session: AsyncSession) -> None:
    commissioner, match = await offered(session)
    offer = (await session.scalars(select(Offer))).one()
    await ask_for_call(session, offer)
    await bring(session, commissioner, await ref_of(session, match))
    message = await the_message(session)
    assert (message.state, message.refusal) == ("refused", "on the stop list")
    still_to_call = select(func.count()).select_from(Call).where(Call.done_at.is_(None))
    assert await session.scalar(still_to_call) == 0


async def test_a_message_on_its_way_is_looked_at_once_more(session: AsyncSession) -> None:
    commissioner, match = await offered(session)
    session.add(
        StopEntry(
            commissioner_id=commissioner.id, family_ref=await ref_of(session, match), reason="died"
        )
    )
    await session.flush()
    assert await compose_now(session, await the_message(session)) == Refusal("on the stop list")


OLD = Refusal("the stop list is too old", state="stopped")


@pytest.mark.parametrize(("hours", "told"), [(23, None), (25, OLD), (None, OLD)])
async def test_no_message_leaves_on_an_old_list(
    session: AsyncSession, hours: int | None, told: Refusal | None
) -> None:
    commissioner, _ = await offered(session)
    now = (await session.execute(select(func.now()))).scalar_one()
    commissioner.stop_list_at = now - dt.timedelta(hours=hours) if hours else None
    await session.flush()
    outcome = await compose_now(session, await the_message(session))
    assert (outcome if isinstance(outcome, Refusal) else None) == told


async def test_a_council_may_ask_for_a_fresher_list(session: AsyncSession) -> None:
    commissioner, _ = await offered(session)
    commissioner.policy = {"contact": {"stop_list_hours": 2}}
    commissioner.stop_list_at = dt.datetime.now(dt.UTC) - dt.timedelta(hours=3)
    await session.flush()
    assert isinstance(await compose_now(session, await the_message(session)), Refusal)


async def test_what_was_stopped_for_an_old_list_leaves_on_a_fresh_one(
    session: AsyncSession,
) -> None:
    commissioner, _ = await offered(session)
    await session.execute(update(Commissioner).values(stop_list_at=None))
    await session.refresh(commissioner)
    message = await the_message(session)
    outcome = await compose_now(session, message)
    assert isinstance(outcome, Refusal)
    await note_refused(session, message, outcome)
    await bring(session, commissioner)
    assert (await the_message(session)).state == "queued"
    assert not isinstance(await compose_now(session, await the_message(session)), Refusal)


async def test_a_list_with_gaps_stops_whom_it_names_and_is_not_fresh(
    session: AsyncSession,
) -> None:
    commissioner, match = await offered(session)
    await session.execute(update(Commissioner).values(stop_list_at=None))
    await session.refresh(commissioner)
    rows = [StopRow(family_ref=await ref_of(session, match), reason="moved")]
    actor = council_actor(commissioner)
    await stops.store_stops(session, rows, actor=actor, is_whole=False)
    assert match.state == MatchState.WITHDRAWN
    assert commissioner.stop_list_at is None


async def test_a_new_list_lifts_nobody_and_repeats_nothing(session: AsyncSession) -> None:
    commissioner = await add_commissioner(session)
    assert (await bring(session, commissioner, "F-1", "F-1")).added == 1
    assert await bring(session, commissioner, "F-2") == stops.Stopped(1, 0, 0)
    assert await bring(session, commissioner, "F-1") == stops.Stopped(0, 1, 0)
    refs = await session.scalars(select(StopEntry.family_ref).order_by(StopEntry.id))
    assert refs.all() == ["F-1", "F-2"]


async def test_a_family_not_known_yet_is_on_the_list_when_it_comes(session: AsyncSession) -> None:
    await add_postcode(session)
    commissioner = await add_commissioner(session)
    await bring(session, commissioner, "f-1")
    await publish_needs(session, [row()], actor=council_actor(commissioner))
    listed = await session.scalars(select(Family.ref).where(stops.on_stop_list()))
    assert listed.all() == ["F-1"]


async def test_it_is_lifted_one_by_one_by_its_own_council(session: AsyncSession) -> None:
    commissioner = await add_commissioner(session)
    other = await add_commissioner(session, "Other Council")
    await bring(session, commissioner, "F-1")
    entry = (await session.scalars(select(StopEntry))).one()
    with pytest.raises(NotFoundError):
        await stops.lift_entry(session, entry.id, reason="by mistake", actor=council_actor(other))
    actor = council_actor(commissioner)
    assert await stops.lift_entry(session, entry.id, reason="by mistake", actor=actor) == "F-1"
    assert (await session.scalars(stops.open_entries(actor))).all() == []
    assert (await bring(session, commissioner, "F-1")).added == 1


async def test_no_other_councils_family_is_stopped(session: AsyncSession) -> None:
    _, match = await offered(session)
    other = await add_commissioner(session, "Other Council")
    assert (await bring(session, other, await ref_of(session, match))).ended == 0
    assert match.state == MatchState.AWAITING_FAMILY


async def test_whoever_is_listed_is_neither_released_nor_asked_for(session: AsyncSession) -> None:
    """A plan that was being reckoned meanwhile has matches that the list never saw."""
    commissioner = await add_commissioner(session)
    family = await add_family(session, commissioner)
    await bring(session, commissioner, family.ref)
    plan, intake = await add_plan(session, commissioner), await add_intake(session)
    match = await add_match(session, plan, family, intake, state=MatchState.AGREED, approved=True)
    await release_families(session, [family.id], actor=SYSTEM)
    assert match.state == MatchState.AGREED
    assert await approved_families(session, actor=council_actor(commissioner)) == {}
    assert await stops.keep_stopped(session, commissioner.id, actor=SYSTEM) == 1


async def test_a_claim_at_the_same_moment_does_not_get_past_the_list(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session)
        plan, intake = await add_plan(session, commissioner), await add_intake(session, places=9)
        families = [await add_family(session, commissioner) for _ in range(6)]
        for family in families:
            await add_match(session, plan, family, intake, state=MatchState.AGREED, approved=True)

    async def release(family: Family) -> None:
        # Whoever comes second finds the match withdrawn, as the worker's next try would.
        with suppress(MovedOnError):
            async with transaction(sessions, EXCHANGE) as session:
                await release_families(session, [family.id], actor=SYSTEM)

    async def stop() -> None:
        async with transaction(sessions, EXCHANGE) as session:
            await bring(session, commissioner, *(family.ref for family in families))

    await asyncio.gather(*(release(family) for family in families), stop())
    async with transaction(sessions, EXCHANGE) as session:
        assert set(await session.scalars(select(Match.state))) == {MatchState.WITHDRAWN}
        assert await recount_places(session) == []
