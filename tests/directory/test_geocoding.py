import pytest
from geopy.exc import GeocoderQueryError
from geopy.point import Point
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import (
    UnknownPlaceError,
    locate_area,
    locate_areas,
    place_on_map,
    read_grid_square,
)
from directory.models import Postcode

LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"


@pytest.fixture
async def known(session: AsyncSession) -> AsyncSession:
    for code, easting, northing in [
        ("IP1 2DE", 616_000, 244_000),
        ("IP1 3XX", 617_001, 246_000),
        ("IP4 2AB", 618_500, 244_500),
        ("IP14 1AA", 605_000, 258_000),
    ]:
        outward = code.split()[0]
        session.add(
            Postcode(code=code, outward=outward, easting=easting, northing=northing, district="X")
        )
    await session.flush()
    return session


@pytest.mark.database
@pytest.mark.parametrize(
    ("text", "easting", "northing", "outward"),
    [
        ("IP1 2DE", 616_000, 244_000, "IP1"),
        ("ip12de", 616_000, 244_000, "IP1"),
        ("IP1", 616_500, 245_000, "IP1"),
        ("TM1644", 616_500, 244_500, "IP1"),
        ("TM1844", 618_500, 244_500, "IP4"),
        # No postcode lies in it, but one does in the square to its west.
        ("TM1944", 619_500, 244_500, "IP4"),
    ],
)
async def test_areas_have_places(
    known: AsyncSession, text: str, easting: int, northing: int, outward: str
) -> None:
    place = await locate_area(known, text)
    assert place is not None
    assert (place.easting, place.northing) == (easting, northing)
    assert place.outward == outward
    assert isinstance(place.point, Point)


@pytest.mark.database
async def test_no_fixed_abode_is_no_place(known: AsyncSession) -> None:
    assert await locate_area(known, "zz99 3vz") is None


@pytest.mark.database
@pytest.mark.parametrize("text", ["IP9 9ZZ", "IP33", "NN0000", "somewhere", ""])
async def test_an_unknown_area_is_told_to_the_person(known: AsyncSession, text: str) -> None:
    with pytest.raises(UnknownPlaceError, match="first half of a postcode") as told:
        await locate_area(known, text)
    assert isinstance(told.value, GeocoderQueryError)


@pytest.mark.database
async def test_many_are_found_at_once_and_named_as_they_were_asked(known: AsyncSession) -> None:
    asked = ["IP1 2DE", "ip1 2de", "IP1", "TM1644", "TM1844", "IP33", "ZZ99 3VZ", "nowhere"]
    found = await locate_areas(known, asked)
    assert list(found) == asked[:5]
    assert found["IP1 2DE"] == found["ip1 2de"] == await locate_area(known, "IP1 2DE")


def test_a_known_point_is_where_the_ordnance_survey_says() -> None:
    # The water tower of the worked examples in the Ordnance Survey's guide to coordinates.
    place = place_on_map([("Caister", "NR30", 651_409.903, 313_177.270)])["Caister"]
    assert place.latitude == pytest.approx(52.6580, abs=0.0001)
    assert place.longitude == pytest.approx(1.7161, abs=0.0001)


@pytest.mark.parametrize(
    ("code", "corner"),
    [("TM1644", (616, 244)), ("SV0000", (0, 0)), ("NN1671", (216, 771)), ("HP6010", (460, 1210))],
)
def test_grid_squares_are_read(code: str, corner: tuple[int, int]) -> None:
    assert read_grid_square(code) == corner


@given(
    large=st.sampled_from(LETTERS),
    small=st.sampled_from(LETTERS),
    east=st.integers(0, 98),
    north=st.integers(0, 99),
)
def test_a_square_to_the_east_begins_a_kilometre_on(
    large: str, small: str, east: int, north: int
) -> None:
    here = read_grid_square(f"{large}{small}{east:02}{north:02}")
    beside = read_grid_square(f"{large}{small}{east + 1:02}{north:02}")
    assert beside == (here[0] + 1, here[1])


def test_letters_name_every_large_square_once() -> None:
    corners = {read_grid_square(f"{a}{b}0000") for a in LETTERS for b in LETTERS}
    assert len(corners) == 625
