"""Each exception is seen by the council it concerns, and goes when it is dealt with."""

import datetime as dt
import uuid

import pytest
from families_at_hand import (
    add_commissioner,
    add_family,
    add_intake,
    add_match,
    add_plan,
    council_actor,
)
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider, Service
from marketplace.db.families import Family, Need
from marketplace.db.offers import Message, Offer
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match
from marketplace.services.figures.mornings import look_around
from marketplace.states import MatchState as S
from marketplace.states import NeedState

NOW = dt.datetime.now(dt.UTC)
LONG_AGO = NOW - dt.timedelta(days=12)


async def one_match(
    session: AsyncSession, council: Commissioner, *, state: S, places: int = 3
) -> tuple[Match, Family, Intake]:
    plan = await add_plan(session, council)
    family, intake = await add_family(session, council), await add_intake(session, places=places)
    return await add_match(session, plan, family, intake, state=state), family, intake


async def exceptions(session: AsyncSession, council: Commissioner) -> dict[str, int]:
    morning = await look_around(session, actor=council_actor(council))
    return {name: len(rows) for name, rows in morning.rows.items() if rows}


async def test_a_quiet_morning(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    council.stop_list_at = NOW
    await session.flush()
    morning = await look_around(session, actor=council_actor(council))
    assert not any(morning.rows.values())
    assert not morning.stop_list_is_old


@pytest.mark.parametrize("brought_at", [None, NOW - dt.timedelta(hours=25)])
async def test_a_stop_list_that_is_a_day_old(
    session: AsyncSession, brought_at: dt.datetime | None
) -> None:
    council = await add_commissioner(session)
    council.stop_list_at = brought_at
    await session.flush()
    assert (await look_around(session, actor=council_actor(council))).stop_list_is_old


async def test_a_provider_who_does_not_answer(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    match, *_ = await one_match(session, council, state=S.AWAITING_PROVIDER)
    assert await exceptions(session, council) == {}
    match.waits_since = LONG_AGO
    await session.flush()
    assert await exceptions(session, council) == {"no_answer": 1}
    assert await exceptions(session, await add_commissioner(session, "Another")) == {}


async def test_a_family_that_does_not_answer_is_nobodys_task(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    for number, state in enumerate((S.FAMILY_DECLINED, S.FAMILY_EXPIRED, S.NOT_STARTED)):
        plan = await add_plan(session, council, number=number)
        family, intake = await add_family(session, council), await add_intake(session)
        match = await add_match(session, plan, family, intake, state=state)
        match.waits_since = NOW
    await session.flush()
    assert await exceptions(session, council) == {}


async def test_a_message_that_came_back(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    match, family, _ = await one_match(session, council, state=S.AWAITING_FAMILY)
    offer = Offer(
        match_id=match.id,
        family_id=family.id,
        channel="email",
        key_id="k",
        token_hash=uuid.uuid4().bytes,
        expires_at=NOW + dt.timedelta(days=5),
    )
    session.add(offer)
    await session.flush()
    message = Message(event="offer", subject_id=offer.id, state="sent", sent_at=NOW)
    session.add(message)
    await session.flush()
    assert await exceptions(session, council) == {}
    message.delivery = "bounced"
    await session.flush()
    assert await exceptions(session, council) == {"bounced": 1}
    match.state = S.ACCEPTED
    await session.flush()
    assert await exceptions(session, council) == {}


async def test_a_wait_that_ran_out_this_week(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    match, *_ = await one_match(session, council, state=S.PROVIDER_EXPIRED)
    assert await exceptions(session, council) == {"expired": 1}
    match.waits_since = LONG_AGO
    await session.flush()
    assert await exceptions(session, council) == {}


async def test_declined_twice_by_providers_and_still_without_help(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    match, family, _ = await one_match(session, council, state=S.PROVIDER_DECLINED)
    plan = await add_plan(session, council, number=2)
    second = await add_match(
        session, plan, family, await add_intake(session), code="parenting", state=S.PROPOSED
    )
    second.need_id, second.state = match.need_id, S.PROVIDER_DECLINED
    need = await session.get_one(Need, match.need_id)
    need.state = NeedState.PUBLISHED
    await session.flush()
    assert await exceptions(session, council) == {"declined_twice": 1}
    need.state = NeedState.PLANNED
    await session.flush()
    assert await exceptions(session, council) == {}


async def test_fewer_places_than_are_promised(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    _, _, intake = await one_match(session, council, state=S.AGREED, places=1)
    assert await exceptions(session, council) == {}
    intake.places = 0
    await session.flush()
    assert await exceptions(session, council) == {"capacity_cut": 1}


async def test_a_check_that_has_run_out(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    _, _, intake = await one_match(session, council, state=S.AGREED)
    service = await session.get_one(Service, intake.service_id)
    provider = await session.get_one(Provider, service.provider_id)
    provider.check_kind, provider.check_seen_by = "enhanced", "the host"
    provider.check_seen_on = (NOW - dt.timedelta(days=400)).date()
    provider.recheck_by = (NOW + dt.timedelta(days=2)).date()
    await session.flush()
    assert await exceptions(session, council) == {}
    provider.recheck_by = (NOW - dt.timedelta(days=2)).date()
    await session.flush()
    assert await exceptions(session, council) == {"check_lapsed": 1}
