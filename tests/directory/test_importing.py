from decimal import Decimal

import pytest
from directory_rows import ADVICE_LINE, FOOD_BANK, GRACE, REACH_KM, like
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import Place
from directory.importing import (
    IMPORT_LOCK,
    ImportCounts,
    UnknownHostError,
    UnknownPostcodeError,
    check_places,
    import_evidence,
    import_services,
)
from directory.models import Evidence, Intake, Postcode, Provider, Service
from directory.spreadsheets.evidence import EvidenceRow
from directory.spreadsheets.report import Report
from directory.spreadsheets.services import ServiceRow
from directory.upserts import Changes
from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, make_engine, transaction

pytestmark = pytest.mark.database

NOTHING = Changes(added=0, changed=0)
PLACES = {
    "IP1 2DE": Place(615_933, 244_737, 52.0593, 1.1480, "IP1"),
    "IP4 2AB": Place(617_000, 244_700, 52.0586, 1.1635, "IP4"),
}


async def bring(session: AsyncSession, *rows: ServiceRow) -> ImportCounts:
    return await import_services(session, rows, reach_km=REACH_KM, places=PLACES)


async def the_intake(session: AsyncSession) -> Intake:
    found = await session.scalars(select(Intake).execution_options(populate_existing=True))
    return found.one()


async def test_a_file_becomes_providers_services_and_intakes(session: AsyncSession) -> None:
    counts = await bring(session, FOOD_BANK, GRACE, ADVICE_LINE)
    three = Changes(added=3, changed=0)
    assert counts == ImportCounts(three, three, three)
    larder = (await session.scalars(select(Provider).where(Provider.ref == "larder"))).one()
    meals = (await session.scalars(select(Service).where(Service.ref == "meals"))).one()
    intake = (await session.scalars(select(Intake).where(Intake.service_id == meals.id))).one()
    assert (larder.name, larder.charity_number) == ("The Riverside Larder", "1123456")
    assert meals.provider_id == larder.id
    assert (meals.easting, meals.latitude) == (615_933, 52.0593)
    assert (meals.needs, meals.days) == (["meals"], ["tue-am", "thu-eve"])
    assert (meals.effect, meals.max_age) == (Decimal("0.35"), 17)
    assert (intake.places, intake.price_pence, intake.held, intake.used) == (10, 1250, 0, 0)


async def test_a_volunteer_may_stand_above_its_host(session: AsyncSession) -> None:
    await bring(session, GRACE, FOOD_BANK)
    grace = (await session.scalars(select(Provider).where(Provider.ref == "grace"))).one()
    larder = (await session.scalars(select(Provider).where(Provider.ref == "larder"))).one()
    assert grace.hosted_by_id == larder.id


async def test_a_host_may_stand_in_the_directory_already(session: AsyncSession) -> None:
    await bring(session, FOOD_BANK)
    assert (await bring(session, GRACE)).providers == Changes(added=1, changed=0)


@pytest.mark.parametrize("host", ["nobody", "grace"])
async def test_a_host_that_cannot_answer_is_refused(session: AsyncSession, host: str) -> None:
    await bring(session, FOOD_BANK, GRACE)
    with pytest.raises(UnknownHostError, match=host):
        await bring(session, like(GRACE, provider_ref="other", hosted_by=host))


async def test_the_same_file_again_changes_nothing(session: AsyncSession) -> None:
    course = like(ADVICE_LINE, service_ref="course", places=5)
    await bring(session, FOOD_BANK, GRACE, ADVICE_LINE, course)
    before = list(await session.scalars(select(Provider.confirmed_at)))
    counts = await bring(session, FOOD_BANK, GRACE, ADVICE_LINE, course)
    assert counts == ImportCounts(NOTHING, NOTHING, NOTHING)
    assert list(await session.scalars(select(Provider.confirmed_at))) == before


async def test_a_later_file_changes_what_it_says_otherwise(session: AsyncSession) -> None:
    await bring(session, FOOD_BANK, GRACE)
    renamed = like(FOOD_BANK, provider_name="The Larder", service_name="Suppers", effect=None)
    counts = await bring(session, renamed, GRACE)
    assert counts == ImportCounts(Changes(0, 1), Changes(0, 1), NOTHING)
    assert set(await session.scalars(select(Provider.name))) == {"The Larder", "Grace Invented"}


async def test_each_start_of_a_service_is_an_intake(session: AsyncSession) -> None:
    monday, friday = (like(FOOD_BANK, starts_on=GRACE.recheck_by), like(FOOD_BANK, places=4))
    counts = await bring(session, monday, friday)
    assert counts.services == Changes(added=1, changed=0)
    assert counts.intakes == Changes(added=2, changed=0)


async def test_details_given_in_one_row_of_a_provider_are_kept(session: AsyncSession) -> None:
    without = like(FOOD_BANK, service_ref="b", contact_email=None, contact_phone="+441473000001")
    await bring(session, without, FOOD_BANK)
    larder = (await session.scalars(select(Provider))).one()
    assert larder.contact_email == "larder@example.org"
    assert larder.contact_phone == "+441473000001"


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [("charity", None, 15_000), ("charity", 2500, 2500), ("digital", None, None)],
)
async def test_reach_left_blank_is_that_of_the_kind(
    session: AsyncSession, kind: str, given: int | None, kept: int | None
) -> None:
    await bring(session, like(FOOD_BANK, kind=kind, reach_metres=given))
    assert await session.scalar(select(Service.reach_metres)) == kept


async def test_a_correction_stands_while_the_file_says_the_same(session: AsyncSession) -> None:
    await bring(session, FOOD_BANK)
    await session.execute(update(Intake).values(places=7))
    await bring(session, like(FOOD_BANK, price_pence=1))
    assert (await the_intake(session)).places == 7
    await bring(session, like(FOOD_BANK, places=12))
    assert (await the_intake(session)).places == 12


async def test_places_never_fall_below_what_is_promised(session: AsyncSession) -> None:
    await bring(session, FOOD_BANK)
    await session.execute(update(Intake).values(held=3, used=2))
    await bring(session, like(FOOD_BANK, places=4))
    intake = await the_intake(session)
    assert (intake.places, intake.imported_places, intake.held, intake.used) == (5, 4, 3, 2)


async def test_places_may_become_unlimited_and_limited_again(session: AsyncSession) -> None:
    await bring(session, ADVICE_LINE)
    assert (await the_intake(session)).places is None
    await bring(session, like(ADVICE_LINE, places=3))
    assert (await the_intake(session)).places == 3
    await bring(session, ADVICE_LINE)
    assert (await the_intake(session)).places is None


async def test_a_row_without_a_place_stores_nothing(session: AsyncSession) -> None:
    with pytest.raises(UnknownPostcodeError, match="IP9 9ZZ"):
        await bring(session, like(FOOD_BANK, postcode="IP9 9ZZ"))


async def test_a_postcode_that_nobody_knows_is_a_fault_in_its_row(session: AsyncSession) -> None:
    session.add(Postcode(code="IP1 2DE", outward="IP1", easting=1, northing=1, district="X"))
    await session.flush()
    rows = {2: FOOD_BANK, 3: like(FOOD_BANK, postcode="ZZ99 3VZ"), 4: GRACE, 5: ADVICE_LINE}
    report = Report(header=("postcode",), cells={}, good=rows)
    checked = await check_places(session, report)
    assert [(fault.row, fault.column, fault.value) for fault in checked.faults] == [
        (3, "postcode", "ZZ99 3VZ"),
        (4, "postcode", "IP4 2AB"),
    ]
    assert set(checked.good) == {2, 5}


async def test_ten_thousand_rows_are_stored(session: AsyncSession) -> None:
    rows = [
        like(FOOD_BANK, provider_ref=f"p{number // 2}", service_ref=f"s{number}")
        for number in range(10_000)
    ]
    counts = await bring(session, *rows)
    assert counts.providers == Changes(added=5_000, changed=0)
    assert counts.intakes == Changes(added=10_000, changed=0)


async def test_evidence_replaces_what_stood_for_the_same(session: AsyncSession) -> None:
    guess = EvidenceRow(
        need="meals",
        kind="charity",
        level=1,
        effect_low=Decimal("0.1"),
        effect_central=Decimal("0.2"),
        effect_high=Decimal("0.3"),
        source="a guess",
        year=2026,
    )
    other = like(guess, level=2)
    assert await import_evidence(session, [guess, other]) == Changes(added=2, changed=0)
    better = like(guess, effect_low=Decimal("0.15"), source="an invented study")
    assert await import_evidence(session, [better, other]) == Changes(added=0, changed=1)
    stored = await session.get_one(Evidence, ("meals", "charity", 1))
    assert (stored.effect_low, stored.source) == (Decimal("0.15"), "an invented study")


async def test_a_second_import_waits_for_the_first(
    session: AsyncSession, database_url: str
) -> None:
    await bring(session, FOOD_BANK)
    engine = make_engine(database_url)
    async with engine.connect() as other:
        assert not await other.scalar(select(func.pg_try_advisory_xact_lock(IMPORT_LOCK)))
        await session.rollback()
        assert await other.scalar(select(func.pg_try_advisory_xact_lock(IMPORT_LOCK)))
    await engine.dispose()


@pytest.mark.parametrize("table", [Provider, Service, Intake])
async def test_the_database_dates_a_change_and_only_a_change(
    sessions: Sessions, table: type[Provider | Service | Intake]
) -> None:
    same = table.places if table is Intake else table.name
    changes = [{same: same}, {same: 9 if table is Intake else "New"}]
    modified_at = []
    async with transaction(sessions, EXCHANGE) as session:
        await bring(session, FOOD_BANK)
    for change in ({}, *changes):
        async with transaction(sessions, EXCHANGE) as session:
            if change:
                await session.execute(update(table).values(change))
        async with transaction(sessions, EXCHANGE) as session:
            modified_at.append(await session.scalar(select(table.modified_at)))
    assert modified_at[0] == modified_at[1] < modified_at[2]
