"""What is owed: a place once help has started, in the month in which it did."""

import datetime as dt

from families_at_hand import add_commissioner, add_intake, council_actor, provider_actor
from history_at_hand import FORWARD, NOON, add_helped, add_steps
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider, Service
from marketplace.access import Actor
from marketplace.services.figures.months import Month
from marketplace.services.figures.statements import list_statements, months_with_help
from marketplace.states import MatchState as S

MARCH, APRIL = Month(2026, 3), Month(2026, 4)


async def owner_of(session: AsyncSession, intake: Intake) -> Actor:
    service = await session.get_one(Service, intake.service_id)
    return provider_actor(service.provider_id)


async def test_owed_once_help_has_started(session: AsyncSession) -> None:
    council, intake = await add_commissioner(session), await add_intake(session, places=None)
    await add_helped(session, council, 2, intake=intake, price_pence=1_250)
    await add_helped(session, council, 3, intake=intake, price_pence=1_250, states=FORWARD[:4])
    found = await list_statements(session, month=MARCH, actor=council_actor(council))
    assert [(line.service_name, line.places, line.place_pence) for line in found[0].lines] == [
        ("Warm meals", 2, 1_250)
    ]
    assert found[0].total_pence == 2_500
    assert not await list_statements(session, month=APRIL, actor=council_actor(council))


async def test_council_and_provider_read_the_same(session: AsyncSession) -> None:
    council, intake = await add_commissioner(session), await add_intake(session, places=None)
    await add_helped(session, council, 2, intake=intake, price_pence=900)
    tom = await owner_of(session, intake)
    own = await list_statements(session, month=MARCH, actor=tom)
    assert own == await list_statements(session, month=MARCH, actor=council_actor(council))
    assert await months_with_help(session, actor=tom) == [MARCH]


async def test_nobody_else_reads_it(session: AsyncSession) -> None:
    council, intake = await add_commissioner(session), await add_intake(session, places=None)
    await add_helped(session, council, 2, intake=intake, price_pence=900)
    other = await owner_of(session, await add_intake(session))
    another = council_actor(await add_commissioner(session, "Another Council"))
    for stranger in (other, another):
        assert await list_statements(session, month=MARCH, actor=stranger) == []
        assert await months_with_help(session, actor=stranger) == []


async def test_each_council_gets_its_own(session: AsyncSession) -> None:
    first, second = await add_commissioner(session), await add_commissioner(session, "Second")
    intake = await add_intake(session, places=None)
    await add_helped(session, first, 1, intake=intake, price_pence=100)
    await add_helped(session, second, 2, intake=intake, price_pence=100)
    found = await list_statements(session, month=MARCH, actor=await owner_of(session, intake))
    assert [(one.council_name, one.total_pence) for one in found] == [
        ("Invented Council", 100),
        ("Second", 200),
    ]
    assert len({one.number for one in found}) == 2


async def test_a_hold_is_not_owed_twice_and_an_early_end_is_owed(session: AsyncSession) -> None:
    council, intake = await add_commissioner(session), await add_intake(session, places=None)
    [match] = await add_helped(session, council, 1, intake=intake, price_pence=700)
    steps = (S.UNDER_WAY, S.ON_HOLD, S.UNDER_WAY, S.ENDED_EARLY)
    await add_steps(session, match, steps, begin=NOON + dt.timedelta(days=6))
    found = await list_statements(session, month=MARCH, actor=council_actor(council))
    assert [one.total_pence for one in found] == [700]


async def test_several_places_are_told_with_the_price_of_one(session: AsyncSession) -> None:
    council, intake = await add_commissioner(session), await add_intake(session, places=None)
    [match] = await add_helped(session, council, 1, intake=intake, price_pence=900)
    match.places = 3
    await session.flush()
    found = await list_statements(session, month=MARCH, actor=council_actor(council))
    line = found[0].lines[0]
    assert (line.places, line.place_pence, line.total_pence) == (3, 300, 900)


async def test_the_host_is_paid_for_its_volunteer(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    service = await session.get_one(Service, (await add_intake(session)).service_id)
    host = await session.get_one(Provider, service.provider_id)
    intake = await add_intake(session, places=None, host=host)
    await add_helped(session, council, 1, intake=intake, price_pence=300)
    found = await list_statements(session, month=MARCH, actor=council_actor(council))
    assert [one.provider_name for one in found] == [host.name]
    assert found == await list_statements(session, month=MARCH, actor=provider_actor(host.id))
