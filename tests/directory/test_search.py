from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from directory_rows import ADVICE_LINE, FOOD_BANK, GRACE, like
from small_town import POSTCODES, bring
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.found import Found
from directory.geocoding import UnknownPlaceError
from directory.listing import Listing
from directory.models import Intake, Provider, Service
from directory.questions import read_question
from directory.search import find_help
from directory.whereabouts import find_whereabouts
from directory.wishes import Wish

pytestmark = pytest.mark.database


async def find(session: AsyncSession, where: str = "IP1 2DE", **wanted: Any) -> list[Found]:
    near = (await find_whereabouts(session, where)).place
    within_metres = round(wanted.pop("within_km", 15) * 1000)
    question = read_question(wanted.pop("words", ""))
    paging = {name: wanted.pop(name) for name in ("page", "size") if name in wanted}
    wish = Wish(near=near, within_metres=within_metres, question=question, **wanted)
    return list((await find_help(session, wish, **paging)).results)


async def names(session: AsyncSession, where: str = "IP1 2DE", **wanted: Any) -> list[str]:
    return [found.service_name for found in await find(session, where, **wanted)]


async def test_what_a_person_sees(town: AsyncSession) -> None:
    await bring(town, like(FOOD_BANK, postcode="IP4 2AB", family_pays_pence=250))
    last_week = datetime.now(UTC) - timedelta(days=7)
    await town.execute(update(Provider).values(confirmed_at=last_week))
    [found] = await find(town, need="meals")
    assert found == Found(
        service_id=found.service_id,
        provider_name="The Riverside Larder",
        service_name="Hot meals",
        helps_with=("Cooked meals",),
        outward="IP4",
        easting=618_500,
        northing=244_500,
        distance="1.6 miles",
        days="Tuesday and Thursday",
        price="£2.50",
        places="10 places left",
        phone=None,
        email="larder@example.org",
        confirmed_on=last_week.date(),
    )


async def test_a_volunteer_is_asked_for_through_the_host(town: AsyncSession) -> None:
    await bring(town, FOOD_BANK, GRACE)
    grace = next(found for found in await find(town, "IP4 2AB") if "portions" in found.service_name)
    assert (grace.phone, grace.email) == (None, "larder@example.org")


async def test_the_nearest_comes_first_and_digital_help_last(town: AsyncSession) -> None:
    far = like(FOOD_BANK, service_ref="far", service_name="Far", postcode="IP12 1AA")
    near = like(FOOD_BANK, service_ref="near", service_name="Near", postcode="IP1 3XX")
    await bring(town, ADVICE_LINE, far, near)
    assert await names(town) == ["Near", "Far", "Chat about money"]
    assert await names(town, size=2) == ["Near", "Far"]
    last = (await find(town))[-1]
    assert (last.distance, last.outward) == ("online or by phone", None)
    assert (last.places, last.days, last.price) == ("Open to everyone", "Any day", "Free")


async def test_only_help_with_that_need(town: AsyncSession) -> None:
    await bring(town, FOOD_BANK, ADVICE_LINE)
    assert await names(town, need="debt-advice") == ["Chat about money"]
    assert await names(town, need="sleep") == []


@pytest.mark.parametrize(
    ("reach_metres", "within_km", "is_found"),
    [(1_000, 15, True), (1_000, 5, False), (15_000, 5, True), (12_000, 12, False)],
)
async def test_near_enough_or_reaching_far_enough(
    town: AsyncSession, reach_metres: int, within_km: float, *, is_found: bool
) -> None:
    await bring(town, like(FOOD_BANK, postcode="IP12 1AA", reach_metres=reach_metres))
    assert bool(await find(town, within_km=within_km)) is is_found


@pytest.mark.parametrize(
    "change",
    [
        {"held": 4, "used": 6},
        {"paused_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"paused_until": datetime.now(UTC).date() + timedelta(days=2)},
        {"places": 0},
    ],
)
async def test_what_has_no_place_to_give_is_not_shown(
    town: AsyncSession, change: dict[str, Any]
) -> None:
    await bring(town, FOOD_BANK)
    assert await find(town)
    await town.execute(update(Intake).values(**change))
    assert await find(town) == []


async def test_a_course_that_is_over_is_not_shown(town: AsyncSession) -> None:
    today = datetime.now(UTC).date()
    over = like(FOOD_BANK, starts_on=today - timedelta(weeks=7), weeks=6)
    coming = like(FOOD_BANK, service_ref="next", starts_on=today + timedelta(weeks=1), weeks=6)
    await bring(town, over, like(coming, service_name="Next course"))
    assert await names(town) == ["Next course"]


async def test_places_of_several_starts_are_added_and_prices_told_apart(
    town: AsyncSession,
) -> None:
    later = like(FOOD_BANK, starts_on=date(2099, 1, 1), places=1, family_pays_pence=300)
    await bring(town, like(FOOD_BANK, family_pays_pence=200), later)
    [found] = await find(town)
    assert (found.places, found.price) == ("11 places left", "From £2")


async def test_the_last_place_and_the_free_ones_are_told(town: AsyncSession) -> None:
    paid = like(FOOD_BANK, starts_on=date(2099, 1, 1), places=2, family_pays_pence=300)
    await bring(town, like(FOOD_BANK, places=1), paid)
    assert (await find(town))[0].price == "Some places are free"
    await town.execute(update(Intake).where(Intake.places == 2).values(held=2))
    [found] = await find(town)
    assert (found.places, found.price) == ("1 place left", "Free")


@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        ({}, True),
        ({"recheck_by": date(2020, 1, 1)}, False),
        ({"check_seen_by": None}, False),
    ],
)
async def test_a_volunteer_is_shown_while_the_check_holds(
    town: AsyncSession, changes: dict[str, Any], *, is_found: bool
) -> None:
    await bring(town, FOOD_BANK, like(GRACE, **changes))
    assert ("Two extra portions" in await names(town)) is is_found


async def test_a_provider_that_shows_a_check_must_have_one_that_holds(town: AsyncSession) -> None:
    await bring(town, like(FOOD_BANK, check_kind="enhanced"))
    assert await find(town) == []


async def test_a_volunteer_stays_unknown(town: AsyncSession) -> None:
    await bring(town, FOOD_BANK, like(GRACE, service_name="Grace's portions", reach_metres=5000))
    [portions] = [found for found in await find(town) if found.outward == "IP4"]
    assert portions.provider_name == "The Riverside Larder"
    assert portions.service_name == "Cooked meals"
    assert portions.distance == "1 to 3 miles"
    assert "grace" not in str(asdict(portions)).casefold()
    assert "IP4 2AB" not in str(asdict(portions))


async def test_where_in_the_area_a_volunteer_lives_changes_nothing(town: AsyncSession) -> None:
    seen = []
    for home in ("IP4 2AB", "IP4 5ZZ"):
        await bring(town, FOOD_BANK, like(GRACE, postcode=home))
        asked = [await find(town, code, within_km=2) for code in POSTCODES]
        seen.append([[asdict(found) | {"confirmed_on": None} for found in all_] for all_ in asked])
    assert seen[0] == seen[1]


async def test_a_volunteer_is_found_in_the_area_and_no_further_than_they_go(
    town: AsyncSession,
) -> None:
    await bring(town, FOOD_BANK, like(GRACE, reach_metres=500))
    own_area = [found for found in await find(town, "IP4 5ZZ") if found.outward == "IP4"]
    assert [found.distance for found in own_area] == ["in your area"]
    assert await names(town, "IP1 2DE") == ["Hot meals"]


async def test_volunteers_of_one_host_are_shown_as_one(town: AsyncSession) -> None:
    ada = like(GRACE, provider_ref="ada", provider_name="Ada Made-up", days=("mon-am",), places=1)
    await bring(town, FOOD_BANK, GRACE, ada)
    portions = [found for found in await find(town) if found.outward == "IP4"]
    assert len(portions) == 1
    assert portions[0].places == "3 places left"
    assert portions[0].days == "Monday, Tuesday and Thursday"


async def test_a_volunteer_is_never_shown_for_a_hard_subject(town: AsyncSession) -> None:
    listener = like(GRACE, service_name="A listening ear", needs=("bereavement", "meals"))
    await bring(town, FOOD_BANK, listener)
    assert await find(town, need="bereavement") == []
    [found] = [found for found in await find(town) if found.service_name == "A listening ear"]
    assert found.helps_with == ("Cooked meals",)


@pytest.mark.parametrize(
    ("text", "easting", "outward"),
    [
        ("IP1 2DE", 616_000, "IP1"),
        (" ip12de ", 616_000, "IP1"),
        ("ip 1 2 de", 616_000, "IP1"),
        ("IP1", 616_200, "IP1"),
        ("ip1  2", 616_100, "IP1"),
        ("ip1 2d", 616_100, "IP1"),
        ("ip12d", 616_100, "IP1"),
        # Written together it is another area.
        ("ip12", 627_000, "IP12"),
    ],
)
async def test_postcodes_as_people_type_them(
    town: AsyncSession, text: str, easting: int, outward: str
) -> None:
    place = (await find_whereabouts(town, text)).place
    assert (place.easting, place.outward) == (easting, outward)


@pytest.mark.parametrize("text", ["", "IP1 9", "IP99", "ZZ99 3VZ", "Ipswich", "IP1 2DE; --", "%"])
async def test_a_place_that_cannot_be_found_is_told(town: AsyncSession, text: str) -> None:
    with pytest.raises(UnknownPlaceError, match="We do not know where"):
        await find_whereabouts(town, text)


@pytest.mark.parametrize(
    "change",
    [
        {"approved_at": None},
        {"paused_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"confirmed_at": datetime.now(UTC) - timedelta(days=370)},
    ],
)
async def test_who_is_not_let_in_paused_or_forgotten_is_not_shown_nor_are_the_hosts_volunteers(
    town: AsyncSession, change: dict[str, Any]
) -> None:
    await bring(town, FOOD_BANK, GRACE)
    assert len(await find(town)) == 2
    await town.execute(update(Provider).where(Provider.ref == "larder").values(**change))
    assert await find(town) == []


async def test_help_against_abuse_is_shown_by_its_area_unless_its_provider_says_otherwise(
    town: AsyncSession,
) -> None:
    refuge = like(FOOD_BANK, needs=("domestic-abuse", "meals"), postcode="IP4 2AB")
    await bring(town, refuge)
    own = select(Service.easting, Service.northing)
    shown = select(Listing.is_approximate, Listing.easting, Listing.northing)
    is_approximate, *middle = (await town.execute(shown)).one()
    assert is_approximate
    assert middle != list((await town.execute(own)).one())
    await town.execute(update(Service).values(is_confidential=False))
    await bring(town, like(refuge, service_name="Drop in"))
    assert not (await town.execute(shown)).one().is_approximate
