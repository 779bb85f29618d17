"""Who is asked where a place is: our own tables; another service only for a name, if at all."""

import ast
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx
import pytest
from geopy.geocoders import Nominatim
from geopy.geocoders.base import Geocoder
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

import directory
from directory.geocoders import DirectoryGeocoder, HttpxAdapter, locate_typed, outside_geocoder
from directory.geocoding import UnknownPlaceError, locate_areas
from directory.listing import OutsideAnswer
from directory.models import Postcode
from directory.towns import UnreadableTownsError, load_towns
from directory.whereabouts import DidYouMeanError, find_whereabouts, name_in_words

pytestmark = pytest.mark.database

LONDON = [{"lat": "51.5", "lon": "-0.12", "display_name": "Somewhere, London"}]


class Outside:
    """A service of ours that answers what it is told to, and counts who asks."""

    def __init__(self, status: int = 200, answer: object = LONDON) -> None:
        self.status, self.answer = status, answer
        self.asked: list[httpx.Request] = []

    def geocoder(self) -> Nominatim:
        transport = httpx.MockTransport(self._reply)
        return outside_geocoder("places.example.org", partial(HttpxAdapter, transport=transport))

    def _reply(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.status == 0:
            raise httpx.ConnectTimeout("too slow")
        if isinstance(self.answer, str):
            return httpx.Response(self.status, text=self.answer)
        return httpx.Response(self.status, json=self.answer)


@pytest.fixture
async def suffolk(session: AsyncSession) -> AsyncSession:
    session.add(
        Postcode(code="NR32 1AA", outward="NR32", easting=654_500, northing=293_400, district="E")
    )
    await session.flush()
    await load_towns(session)
    return session


async def test_our_own_is_a_geocoder_of_geopys(suffolk: AsyncSession) -> None:
    geocoder = DirectoryGeocoder(suffolk)
    assert isinstance(geocoder, Geocoder)
    location = await geocoder.geocode("nr32 1aa")
    assert location.address == "NR32 1AA"
    # Lowestoft's beach lies at 52.48 north, 1.75 east.
    assert (location.latitude, location.longitude) == pytest.approx((52.48, 1.75), abs=0.02)
    assert location.raw.place.easting == 654_500


@pytest.mark.parametrize(
    ("typed", "name", "taken_for"),
    [
        ("Lowestoft", "Lowestoft", False),
        (" lowestoft ", "Lowestoft", False),
        ("Lowestof", "Lowestoft", True),
        ("Stowmarkt", "Stowmarket", True),
        ("bury st edmonds", "Bury St Edmunds", True),
    ],
)
async def test_towns_as_people_type_them(
    suffolk: AsyncSession, typed: str, name: str, *, taken_for: bool
) -> None:
    found = await find_whereabouts(suffolk, typed)
    assert (found.name, found.taken_for) == (name, taken_for)


async def test_a_town_has_the_outward_code_of_the_nearest_postcode(suffolk: AsyncSession) -> None:
    assert (await find_whereabouts(suffolk, "Lowestoft")).place.outward == "NR32"
    assert (await find_whereabouts(suffolk, "Haverhill")).place.outward == ""


async def test_where_it_could_be_several_the_person_is_asked(suffolk: AsyncSession) -> None:
    with pytest.raises(DidYouMeanError) as told:
        await find_whereabouts(suffolk, "market")
    assert {"Newmarket", "Stowmarket"} <= set(told.value.names)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("food bank bury st edmunds please", "Bury St Edmunds"),
        ("debt advice in lowestoft", "Lowestoft"),
        ("baby group near NR32 1AA", "NR32 1AA"),
    ],
)
async def test_a_place_among_other_words(suffolk: AsyncSession, words: str, name: str) -> None:
    found = await name_in_words(suffolk, words)
    assert found
    assert found.name == name
    assert await name_in_words(suffolk, "food bank") is None


async def test_nobody_else_is_asked_unless_a_council_wants_it(suffolk: AsyncSession) -> None:
    with pytest.raises(UnknownPlaceError):
        await locate_typed(suffolk, "Brixton")


async def test_a_name_that_we_lack_is_asked_once_and_kept(suffolk: AsyncSession) -> None:
    outside = Outside()
    for typed in ("Brixton", "brixton "):
        found = await locate_typed(suffolk, typed, outside=outside.geocoder())
        # The point given is in Lambeth, TQ3079.
        assert (found.place.easting // 1000, found.place.northing // 1000) == (530, 179)
    [asked] = outside.asked
    assert asked.url.host == "places.example.org"
    assert asked.url.params["countrycodes"] == "gb"
    assert asked.headers["user-agent"].startswith("early-help-directory")


@pytest.mark.parametrize(
    "typed", ["NR99 1AA", "IP99", "TM0000", "12 High Street, Brixton", "x" * 61, "Lowestof"]
)
async def test_no_postcode_and_no_address_ever_leaves(suffolk: AsyncSession, typed: str) -> None:
    outside = Outside()
    with suppress(UnknownPlaceError):
        await locate_typed(suffolk, typed, outside=outside.geocoder())
    assert outside.asked == []


@pytest.mark.parametrize(
    ("status", "answer"), [(0, []), (500, []), (429, []), (200, "no json"), (200, [])]
)
async def test_a_service_that_fails_or_knows_nothing_leaves_our_own_answer(
    suffolk: AsyncSession, status: int, answer: object
) -> None:
    outside = Outside(status, answer)
    with pytest.raises(UnknownPlaceError, match="We do not know where"):
        await locate_typed(suffolk, "Brixton", outside=outside.geocoder())
    kept = await suffolk.scalar(select(func.count()).select_from(OutsideAnswer))
    # That nothing is known is an answer; a failure is asked again.
    assert kept == (1 if status == 200 and answer == [] else 0)


async def test_no_more_than_one_question_a_second(suffolk: AsyncSession) -> None:
    outside = Outside()
    await locate_typed(suffolk, "Brixton", outside=outside.geocoder())
    with pytest.raises(UnknownPlaceError):
        await locate_typed(suffolk, "Peckham", outside=outside.geocoder())
    await suffolk.execute(
        update(OutsideAnswer).values(asked_at=func.now() - func.make_interval(0, 0, 0, 1))
    )
    assert await locate_typed(suffolk, "Peckham", outside=outside.geocoder())
    assert len(outside.asked) == 2


async def test_where_families_live_is_looked_up_without_any_geocoder(
    suffolk: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("somebody was asked where a family lives")

    monkeypatch.setattr("directory.geocoders.locate_typed", refuse)
    monkeypatch.setattr(Geocoder, "__init__", refuse)
    assert set(await locate_areas(suffolk, ["NR32 1AA", "Brixton", "NR99 9ZZ"])) == {"NR32 1AA"}


def test_only_the_public_search_knows_the_outside_service() -> None:
    """Whoever else imports it could hand on what must stay here."""
    root = Path(directory.__file__).parents[1]
    importers = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "directory.geocoders"
    }
    assert importers == {"marketplace/web/pages/find.py"}
    assert "directory.geocoders" in sys.modules


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("town,easting\n", "must name the column"),
        ("name,easting,northing,kind\nUlm,1.5,2,town\n", "Line 2: easting and northing"),
        ("name,easting,northing,kind\n ,1,2,town\n", "Line 2: give the name"),
    ],
)
async def test_a_file_of_towns_that_cannot_be_read_is_told(
    session: AsyncSession, text: str, said: str
) -> None:
    with pytest.raises(UnreadableTownsError, match=said):
        await load_towns(session, text)


async def test_another_countys_towns_stand_beside_ours(suffolk: AsyncSession) -> None:
    await load_towns(suffolk, "\ufeffname,easting,northing,kind\nDiss,611700,280000,town\n")
    assert (await find_whereabouts(suffolk, "diss")).place.northing == 280_000
    assert (await find_whereabouts(suffolk, "Eye")).name == "Eye"
