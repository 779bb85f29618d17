"""Services and intakes: what is stored, what is refused, and what the engine makes of it."""

import datetime as dt
import uuid
from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest
from families_at_hand import TODAY, add_commissioner, add_intake, add_plan
from provider_people import add_person, add_postcode, families_at_each_step, provider_of
from sqlalchemy import func, select

from directory.models import Evidence, Intake, Provider, Service
from directory.visibility import is_offered
from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.history import Event
from marketplace.db.session import Sessions, transaction
from marketplace.errors import BadFormError, NotFoundError, OnlyLookError
from marketplace.services.providers import agreements, listings
from marketplace.services.providers.listings import IntakeValues, ServiceValues
from marketplace.web import listing_views
from marketplace.worker import planning
from marketplace.worker.rows import read_rows

MEALS = ServiceValues(
    name="Warm meals",
    description="You get a meal.",
    needs=["meals"],
    takes_level=2,
    min_age=None,
    max_age=None,
    days=["tue-eve"],
    languages=["en"],
    access=[],
    postcode="IP1 2DE",
    venue="Hall",
    is_confidential=False,
    reach_metres=None,
    phone=None,
    email=None,
    website=None,
    standing_yes=False,
)
SIX = IntakeValues(
    starts_on=None,
    weeks=None,
    places=6,
    price_pence=1200,
    family_pays_pence=0,
    at_least=None,
    opening_cost_pence=0,
)


@pytest.fixture
async def tom(sessions: Sessions) -> Actor:
    """A provider let in a moment ago: nothing listed, nothing agreed."""
    async with transaction(sessions, EXCHANGE) as session:
        await add_postcode(session)
        provider = Provider(ref="new", name="Harbour", kind="charity", approved_at=func.now())
        session.add_all(
            [
                provider,
                Evidence(
                    need="meals",
                    kind="charity",
                    level=1,
                    effect_low=Decimal("0.2"),
                    effect_central=Decimal("0.3"),
                    effect_high=Decimal("0.4"),
                    source="invented",
                    year=2020,
                ),
            ]
        )
        await session.flush()
        return await add_person(session, provider.id)


async def add_meals(sessions: Sessions, tom: Actor) -> Service:
    async with transaction(sessions, EXCHANGE) as session:
        return await listings.add_service(session, MEALS, actor=tom)


async def why_not(sessions: Sessions, service: Service, tom: Actor) -> list[str]:
    async with transaction(sessions, EXCHANGE) as session:
        shown = await listings.get_service(session, service.id, actor=tom)
        intakes = await listings.intakes_of(session, [service.id])
        return await listing_views.why_not_matched(session, shown, intakes)


async def is_planned_with(sessions: Sessions) -> bool:
    """Whether the engine, asked now, has an open intake of its own tables."""
    async with transaction(sessions, EXCHANGE) as session:
        plan = await add_plan(session, await add_commissioner(session, uuid.uuid4().hex))
        rows = await read_rows(session, plan)
        opened = [one for one in rows.intakes if planning._is_open(one, rows.today)]
        return any(one.places_left != 0 and any(planning._effects(one, rows)) for one in opened)


async def test_from_nothing_to_matched_each_step_says_what_is_missing(
    sessions: Sessions, tom: Actor
) -> None:
    service = await add_meals(sessions, tom)
    assert [why.partition(":")[0] for why in await why_not(sessions, service, tom)] == [
        "It has no intake yet",
        "You have not accepted the agreement, so you cannot say yes yet",
    ]
    assert not await is_planned_with(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        await listings.add_intake(session, service.id, SIX, actor=tom)
        await agreements.accept_agreement(session, actor=tom)
    assert await why_not(sessions, service, tom) == []
    assert await is_planned_with(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        offered = await session.scalars(select(Service).join(Service.provider).where(is_offered()))
        stored = offered.one()
        assert (stored.easting, stored.reach_metres) == (615599, 15_000)
        await listings.stop_service(session, service.id, actor=tom)
    assert "You stopped this service" in await why_not(sessions, service, tom)
    assert not await is_planned_with(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        await listings.restart_service(session, service.id, actor=tom)
    assert not await is_planned_with(sessions), "its places are still to be confirmed"


CLOSED = {
    "paused_at": (None, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
    "paused_until": (None, TODAY, TODAY + dt.timedelta(days=1)),
    "starts_on": (None, TODAY - dt.timedelta(days=1), TODAY, TODAY + dt.timedelta(days=1)),
    "family_pays_pence": (0, 100),
}


def test_the_page_says_closed_exactly_where_the_engine_does() -> None:
    """The page may not load the engine, so it has words of its own: here they are held together."""
    for values in product(*CLOSED.values()):
        intake = Intake(
            **dict(zip(CLOSED, values, strict=True)),
            places=3,
            held=0,
            used=0,
            at_least=None,
            opening_cost_pence=0,
        )
        is_open = planning._is_open(intake, TODAY)
        assert (listing_views.why_closed(intake, TODAY) is None) == is_open, values


async def test_an_unknown_postcode_and_a_second_start_are_told_at_their_field(
    sessions: Sessions, tom: Actor
) -> None:
    with pytest.raises(BadFormError) as told:
        async with transaction(sessions, EXCHANGE) as session:
            await listings.add_service(session, replace(MEALS, postcode="IP1 9ZZ"), actor=tom)
    assert list(told.value.faults) == ["postcode"]
    service = await add_meals(sessions, tom)
    async with transaction(sessions, EXCHANGE) as session:
        await listings.add_intake(session, service.id, SIX, actor=tom)
    async with transaction(sessions, EXCHANGE) as session:
        with pytest.raises(BadFormError) as told:
            await listings.add_intake(session, service.id, SIX, actor=tom)
    assert list(told.value.faults) == ["starts_on"]
    async with transaction(sessions, EXCHANGE) as session:
        assert await session.scalar(select(func.count(Intake.id))) == 1


async def test_an_edit_says_what_changed_and_confirms(sessions: Sessions, tom: Actor) -> None:
    service = await add_meals(sessions, tom)
    async with transaction(sessions, EXCHANGE) as session:
        provider = await session.get_one(Provider, tom.provider_id)
        provider.confirmed_at = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    changed = replace(MEALS, name="Hot meals", reach_metres=15_000)
    async with transaction(sessions, EXCHANGE) as session:
        await listings.change_service(session, service.id, changed, actor=tom)
    async with transaction(sessions, EXCHANGE) as session:
        provider = await session.get_one(Provider, tom.provider_id)
        assert provider.confirmed_at.date() == TODAY
        last = select(Event.detail).where(Event.target == "service_changed")
        assert (await session.scalars(last)).all() == [{"fields": ["name"]}]


async def test_places_are_never_set_below_the_promised(sessions: Sessions) -> None:
    standing = await families_at_each_step(sessions)
    few = replace(SIX, places=3, price_pence=0)
    with pytest.raises(BadFormError, match="4 are promised"):
        async with transaction(sessions, EXCHANGE) as session:
            await listings.change_intake(session, standing.intake_id, few, actor=standing.tom)
    async with transaction(sessions, EXCHANGE) as session:
        exact = replace(SIX, places=4)
        await listings.change_intake(session, standing.intake_id, exact, actor=standing.tom)


async def test_a_service_with_families_waiting_is_not_stopped(sessions: Sessions) -> None:
    standing = await families_at_each_step(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        service_id = (await session.get_one(Intake, standing.intake_id)).service_id
        with pytest.raises(BadFormError, match="3 places"):
            await listings.stop_service(session, service_id, actor=standing.tom)
        assert (await session.get_one(Service, service_id)).stopped_at is None


async def test_only_an_editor_and_only_its_own(sessions: Sessions, tom: Actor) -> None:
    service = await add_meals(sessions, tom)
    async with transaction(sessions, EXCHANGE) as session:
        intake = await listings.add_intake(session, service.id, SIX, actor=tom)
        ade = await add_person(session, tom.provider_id, role="viewer", name="Ade")
        wendy = await add_person(
            session, await provider_of(session, await add_intake(session)), name="Wendy"
        )
    for actor, error in ((ade, OnlyLookError), (wendy, NotFoundError)):
        for deed in (
            lambda session, actor: listings.change_service(session, service.id, MEALS, actor=actor),
            lambda session, actor: listings.stop_service(session, service.id, actor=actor),
            lambda session, actor: listings.restart_service(session, service.id, actor=actor),
            lambda session, actor: listings.add_intake(session, service.id, SIX, actor=actor),
            lambda session, actor: listings.change_intake(session, intake.id, SIX, actor=actor),
        ):
            with pytest.raises(error):
                async with transaction(sessions, EXCHANGE) as session:
                    await deed(session, actor)
    with pytest.raises(OnlyLookError):
        async with transaction(sessions, EXCHANGE) as session:
            await listings.add_service(session, MEALS, actor=ade)
