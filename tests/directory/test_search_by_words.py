"""What is found by its words, in which order, under which wishes, and what never comes to light."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from directory_rows import ADVICE_LINE, FOOD_BANK, GRACE, REACH_KM, like
from small_town import POSTCODES, bring
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from directory.found import Found
from directory.geocoding import locate_areas
from directory.importing import import_services
from directory.listing import Listing
from directory.models import Intake, Postcode, Provider, Service
from directory.questions import read_question
from directory.search import FoundPage, count_help, find_help
from directory.service_page import ServicePage, find_service
from directory.spreadsheets.services import ServiceRow
from directory.whereabouts import find_whereabouts
from directory.widening import ways_to_widen
from directory.wishes import Wish
from marketplace.db.acting import EXCHANGE, act_as
from marketplace.db.session import make_engine

pytestmark = pytest.mark.database

REFUGE = like(
    FOOD_BANK,
    provider_ref="harbour",
    provider_name="Harbour of Calm",
    service_ref="refuge",
    service_name="Safe rooms",
    needs=("domestic-abuse",),
    postcode="IP4 2AB",
)


async def make_wish(session: AsyncSession, words: str = "", **asked: Any) -> Wish:
    near = (await find_whereabouts(session, asked.pop("where", "IP1 2DE"))).place
    within_metres = asked.pop("within_metres", 15_000)
    question = read_question(words)
    return Wish(near=near, within_metres=within_metres, question=question, **asked)


async def search(session: AsyncSession, words: str = "", **asked: Any) -> FoundPage:
    paging = {name: asked.pop(name) for name in ("page", "size") if name in asked}
    return await find_help(session, await make_wish(session, words, **asked), **paging)


async def names(session: AsyncSession, words: str = "", **asked: Any) -> list[str]:
    return [one.service_name for one in (await search(session, words, **asked)).results]


async def change(session: AsyncSession, ref: str, **values: Any) -> None:
    await session.execute(update(Service).where(Service.ref == ref).values(**values))


def meal(number: int, **changes: Any) -> ServiceRow:
    """Give each a provider of its own, so that each has its own date."""
    return like(
        FOOD_BANK,
        provider_ref=f"p{number}",
        provider_name=f"Kitchen {number}",
        service_ref=f"meal{number}",
        service_name=f"Meal {number}",
        **changes,
    )


@pytest.mark.parametrize(
    "words",
    ["hot meals", "dinner", "riverside", "larder meals", "Rivrside Lardr", "lasagne", "MEÁLS"],
)
async def test_found_by_kind_name_provider_description_and_mistakes(
    town: AsyncSession, words: str
) -> None:
    await bring(town, FOOD_BANK, like(ADVICE_LINE, needs=("debt-advice",)))
    await change(town, "meals", description="Often lasagne, never fish.")
    assert await names(town, words) == ["Hot meals"]


async def test_a_mistake_in_a_name_is_told_as_a_guess(town: AsyncSession) -> None:
    await bring(town, FOOD_BANK)
    assert (await search(town, "Rivrside Lardr")).by_spelling
    assert not (await search(town, "riverside")).by_spelling
    nothing = await search(town, "xylophone zzz")
    assert (nothing.total, nothing.by_spelling) == (0, False)


async def test_words_come_before_distance(town: AsyncSession) -> None:
    swimming = like(meal(1, postcode="IP12 1AA"), service_name="Swimming")
    football = like(meal(2), service_name="Football")
    await bring(town, *[like(row, needs=("activities",)) for row in (swimming, football)])
    assert await names(town, "swiming") == ["Swimming", "Football"]
    assert await names(town, "") == ["Football", "Swimming"]


async def test_within_a_band_the_fresh_come_first_but_no_further_band_does(
    town: AsyncSession,
) -> None:
    near, middle, far = meal(1), meal(2, postcode="IP1 2DE"), meal(3, postcode="IP12 1AA")
    await bring(town, near, middle, far)
    assert await names(town) == ["Meal 1", "Meal 2", "Meal 3"]
    ten_months = datetime.now(UTC) - timedelta(days=305)
    old = update(Provider).where(Provider.ref == "p1").values(confirmed_at=ten_months)
    await town.execute(old)
    assert await names(town) == ["Meal 2", "Meal 1", "Meal 3"]


async def test_then_come_those_with_more_places(town: AsyncSession) -> None:
    await bring(town, meal(1, places=1), meal(2, places=9), meal(3, places=5))
    assert await names(town) == ["Meal 2", "Meal 3", "Meal 1"]


@pytest.mark.parametrize(
    ("asked", "changed"),
    [
        ({"age": 5}, {"min_age": 6}),
        ({"age": 18}, {"max_age": 17}),
        ({"day": "mon"}, {"days": ["tue-am"]}),
        ({"language": "uk"}, {"languages": ["en", "pl"]}),
        ({"access": "quiet"}, {"access": ["step-free"]}),
    ],
)
async def test_what_a_wish_leaves_out(
    town: AsyncSession, asked: dict[str, Any], changed: dict[str, Any]
) -> None:
    fits = {"max_age": None, "days": ["mon-eve"], "languages": ["uk"], "access": ["quiet"]}
    await bring(town, FOOD_BANK)
    await change(town, "meals", **fits)
    assert await names(town, **asked) == ["Hot meals"]
    await change(town, "meals", **changed)
    assert await names(town, **asked) == []


async def test_free_means_that_a_place_is_free_now(town: AsyncSession) -> None:
    await bring(town, meal(1, family_pays_pence=100), meal(2))
    assert await names(town, free=True) == ["Meal 2"]


async def test_pages_follow_each_other_and_count_all(town: AsyncSession) -> None:
    await bring(town, *[meal(number) for number in range(1, 6)])
    pages = [await search(town, size=2, page=page) for page in (1, 2, 3, 4)]
    assert [one.total for one in pages] == [5, 5, 5, 0]
    found = [result.service_name for one in pages for result in one.results]
    assert sorted(found) == [f"Meal {number}" for number in range(1, 6)]


async def test_nothing_found_says_what_to_ask_less_of(town: AsyncSession) -> None:
    await bring(
        town,
        meal(1, postcode="IP12 1AA", reach_metres=500, days=("mon-am",)),
        meal(2, days=("tue-am",)),
    )
    wish = await make_wish(town, "meals", day="mon", language="uk", within_metres=1_000)
    assert await count_help(town, wish) == 0
    one_off = await make_wish(town, "meals", day="mon", within_metres=1_000)
    ways = await ways_to_widen(town, one_off, distances_metres=[1_000, 2_000, 20_000])
    assert [(way.part, way.found, way.within_metres) for way in ways] == [
        ("within_metres", 1, 20_000),
        ("day", 1, None),
    ]
    # Two things at once are in the way: no single one helps.
    assert await ways_to_widen(town, wish, distances_metres=[]) == []


async def places_shown(session: AsyncSession) -> Sequence[Any]:
    query = select(Listing.outward, Listing.easting, Listing.northing).order_by(Listing.service_id)
    return (await session.execute(query)).all()


async def test_a_confidential_place_is_an_area_and_no_more(town: AsyncSession) -> None:
    await bring(town, REFUGE)
    seen = []
    for where in ("IP4 2AB", "IP4 5ZZ"):
        await bring(town, like(REFUGE, postcode=where))
        await change(town, "refuge", is_confidential=True, venue="14 Hidden Lane")
        asked = [await search(town, where=code, within_metres=2_500) for code in POSTCODES]
        seen.append([[hide_date(one) for one in page.results] for page in asked])
        page = await find_service(town, (await town.scalars(select(Service.id))).one())
        assert isinstance(page, ServicePage)
        assert page.where == "In IP4. The address is kept private to keep people safe."
        assert "Hidden" not in str(asdict(page))
        assert where not in str(asdict(page))
    assert seen[0] == seen[1]
    found = (await search(town, "domestic abuse", where="IP4 5ZZ")).results
    assert [one.distance for one in found] == ["in your area"]
    assert (await search(town, "domestic abuse")).results[0].distance == "1 to 3 miles"


def hide_date(found: Found) -> dict[str, Any]:
    return asdict(found) | {"confirmed_on": None}


async def test_a_volunteer_is_never_found_for_a_hard_subject_by_any_word(
    town: AsyncSession,
) -> None:
    kind = like(GRACE, service_name="Bereavement teas", needs=("meals", "bereavement"))
    await bring(town, FOOD_BANK, kind, REFUGE)
    for words in ("bereavement", "my husband hits me", "grief"):
        assert "Bereavement teas" not in await names(town, words, where="IP4 2AB")
    assert "Bereavement teas" in await names(town, "teas", where="IP4 2AB")


async def test_no_word_of_a_volunteer_can_be_searched(town: AsyncSession) -> None:
    await bring(town, FOOD_BANK, like(GRACE, service_name="Grace's portions"))
    await change(town, "portions", description="Ring Grace Invented at the blue door")
    for words in ("grace", "invented", "blue door", "Grce Invnted", "portions"):
        assert all(one.outward != "IP4" for one in (await search(town, words)).results), words
    words, spelling = (
        await town.execute(select(Listing.words, Listing.spelling).where(Listing.is_volunteer))
    ).one()
    assert "grace" not in f"{words} {spelling}"


async def test_a_listing_follows_every_change(town: AsyncSession) -> None:
    await bring(town, FOOD_BANK, GRACE)
    await town.execute(update(Provider).where(Provider.ref == "larder").values(name="Quayside"))
    assert set(await names(town, "quayside", where="IP4 2AB")) == {
        "Hot meals",
        "Two extra portions",
    }
    assert await names(town, "riverside", where="IP4 2AB") == []
    await change(town, "meals", name="Soup at noon")
    assert (await names(town, "soup noon"))[0] == "Soup at noon"
    await town.execute(delete(Intake))
    await town.execute(delete(Service))
    assert not await town.scalar(select(func.count()).select_from(Listing))


async def test_moving_the_map_moves_who_stands_in_the_middle_of_an_area(
    town: AsyncSession,
) -> None:
    await bring(town, FOOD_BANK, GRACE)
    [before] = [one for one in await places_shown(town) if one.outward == "IP4"]
    assert (before.easting, before.northing) == (619_500, 244_500)
    await town.execute(delete(Postcode).where(Postcode.code == "IP4 5ZZ"))
    ids = select(func.array_agg(Listing.service_id)).where(Listing.is_approximate)
    await town.execute(select(func.list_services(ids.scalar_subquery())))
    [after] = [one for one in await places_shown(town) if one.outward == "IP4"]
    assert (after.easting, after.northing) == (618_500, 244_500)


async def test_the_page_of_a_service(town: AsyncSession) -> None:
    await bring(town, like(FOOD_BANK, contact_phone="+441473000000"))
    await change(
        town,
        "meals",
        description="Come hungry.",
        venue="Quay Hall",
        website="https://x.example.org",
    )
    page = await find_service(town, (await town.scalars(select(Service.id))).one())
    assert page
    assert (page.name, page.provider_name) == ("Hot meals", "The Riverside Larder")
    assert [term.code for term in page.terms] == ["meals"]
    assert (page.description, page.where) == ("Come hungry.", "Quay Hall, IP1 2DE")
    assert (page.ages, page.days) == ("Up to age 17", "Tuesday and Thursday")
    assert (page.price, page.places) == ("Free", "10 places left")
    assert (page.languages, page.access) == ("English and Polish", "No steps")
    assert (page.phone, page.email) == ("+441473000000", "larder@example.org")
    assert page.website == "https://x.example.org"
    assert not page.is_sensitive


async def test_an_address_is_told_only_where_there_is_a_venue(town: AsyncSession) -> None:
    await bring(town, like(FOOD_BANK, postcode="IP4 2AB"))
    page = await find_service(town, (await town.scalars(select(Service.id))).one())
    assert page
    assert page.where == "In IP4. Ask for the address."


async def test_the_address_of_a_refuge_in_a_councils_file_is_told_to_nobody(
    town: AsyncSession,
) -> None:
    await bring(town, REFUGE)
    await town.execute(update(Service).values(venue="2 Quiet Road"))
    page = await find_service(town, (await town.scalars(select(Service.id))).one())
    assert page
    assert page.where == "In IP4. The address is kept private to keep people safe."


async def test_a_full_service_keeps_its_page_and_says_so(town: AsyncSession) -> None:
    await bring(town, FOOD_BANK)
    await town.execute(update(Intake).values(held=10))
    assert await names(town) == []
    page = await find_service(town, (await town.scalars(select(Service.id))).one())
    assert page
    assert (page.places, page.price, page.starts_on) == ("Full now", None, None)


async def test_the_page_of_a_volunteer_is_the_hosts(town: AsyncSession) -> None:
    ada = like(GRACE, provider_ref="ada", provider_name="Ada Made-up", days=("mon-am",), places=1)
    await bring(town, FOOD_BANK, GRACE, ada)
    await change(town, "portions", description="Grace is at home", venue="2 Home Road")
    volunteers = select(Service.id).where(Service.ref == "portions")
    pages = [await find_service(town, one) for one in await town.scalars(volunteers)]
    for page in pages:
        assert page
        told = str(asdict(page)).casefold()
        assert not any(word in told for word in ("grace", "ada made", "ip4 2ab", "home road"))
        assert (page.provider_name, page.email) == ("The Riverside Larder", "larder@example.org")
        assert (page.where, page.places) == ("Near you, in IP4", "3 places left")
        assert page.days == "Monday, Tuesday and Thursday"


@pytest.mark.parametrize(
    "changed",
    [
        {"approved_at": None},
        {"paused_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"confirmed_at": datetime.now(UTC) - timedelta(days=370)},
    ],
)
async def test_what_is_not_listed_has_no_page(town: AsyncSession, changed: dict[str, Any]) -> None:
    await bring(town, FOOD_BANK)
    await town.execute(update(Provider).values(**changed))
    assert await find_service(town, (await town.scalars(select(Service.id))).one()) is None
    assert await find_service(town, uuid.uuid4()) is None


async def test_the_oldest_postgresql_searches_too(system_database: Any) -> None:
    engine = make_engine(system_database.application_url)
    async with async_sessionmaker(engine, autoflush=False).begin() as session:
        await act_as(session, EXCHANGE)
        session.add(
            Postcode(code="IP1 2DE", outward="IP1", easting=616_000, northing=244_000, district="E")
        )
        await session.flush()
        places = await locate_areas(session, ["IP1 2DE"])
        await import_services(session, [FOOD_BANK], reach_km=REACH_KM, places=places)
        for words in ("", "hot meals", "Rivrside Lardr"):
            assert await names(session, words, age=3, day="tue", free=True) == ["Hot meals"]
        assert await find_service(session, (await session.scalars(select(Service.id))).one())
    await engine.dispose()
