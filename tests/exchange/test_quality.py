"""What is wrong with the directory: each list holds what it says, and nothing else."""

import datetime as dt
from typing import Any

import pytest
from families_at_hand import add_commissioner, add_family, add_intake, add_match, add_plan
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider, Service
from marketplace.db.families import Family, Need
from marketplace.services.upkeep import quality
from marketplace.states import NeedState

pytestmark = pytest.mark.database

TODAY = dt.datetime.now(dt.UTC).date()
CHECK = {
    "check_kind": "enhanced",
    "check_seen_on": TODAY - dt.timedelta(days=100),
    "check_seen_by": "the host",
}


async def provider_of(session: AsyncSession, intake: Intake) -> Provider:
    owner = select(Service.provider_id).where(Service.id == intake.service_id)
    return await session.get_one(Provider, await session.scalar(owner))


async def change(session: AsyncSession, row: Provider | Intake, **values: Any) -> None:
    await session.execute(update(type(row)).where(type(row).id == row.id).values(values))


async def names(session: AsyncSession, kind: str) -> list[str]:
    rows = await quality.read_list(session, kind, offset=0, limit=50)
    assert len(rows) == await quality.count(session, kind)
    return [row.name for row in rows]


@pytest.mark.parametrize(
    ("months", "kind"), [(5, None), (6, "stale"), (11, "stale"), (12, "hidden")]
)
async def test_silence(session: AsyncSession, months: int, kind: str | None) -> None:
    silent = await provider_of(session, await add_intake(session))
    since = func.now() - func.make_interval(0, months, 0, 1)
    await change(session, silent, confirmed_at=since)
    for one in ("stale", "hidden"):
        assert await names(session, one) == ([silent.name] if one == kind else [])


@pytest.mark.parametrize(
    ("check", "is_shown"),
    [
        ({"check_kind": None}, True),
        (CHECK, True),
        (CHECK | {"recheck_by": TODAY - dt.timedelta(days=1)}, True),
        (CHECK | {"recheck_by": TODAY + dt.timedelta(days=30)}, True),
        (CHECK | {"recheck_by": TODAY + dt.timedelta(days=31)}, False),
    ],
)
async def test_a_volunteers_check_is_shown_under_the_hosts_name(
    session: AsyncSession, check: dict[str, Any], *, is_shown: bool
) -> None:
    host = await provider_of(session, await add_intake(session))
    grace = await provider_of(session, await add_intake(session, host=host))
    await change(session, grace, **check)
    assert await names(session, "unchecked") == ([host.name] if is_shown else [])


async def test_a_charity_that_shows_no_check_needs_none(session: AsyncSession) -> None:
    await add_intake(session)
    assert await names(session, "unchecked") == []


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"places": 2}, None),
        ({"places": 0}, "full"),
        ({"held": 1, "used": 1}, "full"),
        ({"paused_at": func.now()}, "paused"),
        ({"paused_until": TODAY + dt.timedelta(days=3)}, "paused"),
        ({"paused_until": TODAY}, None),
    ],
)
async def test_no_place_to_give(
    session: AsyncSession, values: dict[str, Any], why: str | None
) -> None:
    intake = await add_intake(session)
    await change(session, intake, **values)
    rows = await quality.read_list(session, "empty", offset=0, limit=50)
    assert [row.why for row in rows] == ([why] if why else [])


@pytest.mark.parametrize(
    ("values", "is_missing"),
    [
        ({"needs": ["meals"], "reach_metres": 1_500}, False),
        ({"needs": ["meals"], "reach_metres": 900}, True),
        ({"needs": ["meals"], "reach_metres": None}, False),
        ({"needs": ["meals"], "easting": None, "northing": None}, False),
        ({"needs": ["debt-advice"], "reach_metres": 1_500}, True),
    ],
)
async def test_a_need_that_nobody_near_can_help_with(
    session: AsyncSession, values: dict[str, Any], *, is_missing: bool
) -> None:
    council = await add_commissioner(session)
    intake = await add_intake(session)
    family = await add_family(session, council)
    plan = await add_plan(session, council)
    await add_match(session, plan, family, intake)
    await session.execute(update(Need).values(state=NeedState.PUBLISHED))
    await session.execute(update(Family).values(easting=616_000, northing=244_000))
    where = {"easting": 617_000, "northing": 244_000}
    await session.execute(update(Service).values(where | values))
    found = await quality.find_missing(session, council.id, offset=0, limit=5)
    assert [(row.code, row.outward, row.families) for row in found] == (
        [("meals", "IP1", 1)] if is_missing else []
    )
    assert await quality.count_missing(session, council.id) == len(found)
    other = await add_commissioner(session, "Another Council")
    assert await quality.find_missing(session, other.id, offset=0, limit=5) == []
