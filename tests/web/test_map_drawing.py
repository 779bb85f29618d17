from dataclasses import replace
from datetime import date
from math import hypot
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from directory.distances import METRES_PER_MILE
from directory.found import Found
from directory.geocoding import Place
from marketplace.web.map_drawing import MARGIN, SIZE, draw_map

HERE = Place(600_000, 250_000, 52.1, 1.0, "IP1")
FOUND = Found(
    service_id=UUID(int=1),
    provider_name="Harbour Kitchen",
    service_name="Soup",
    helps_with=(),
    outward="IP1",
    easting=600_000.0,
    northing=250_000.0,
    distance="under a mile",
    days="Monday",
    price="Free",
    places="1 place left",
    phone=None,
    email=None,
    confirmed_on=date(2026, 11, 22),
)
METRES = st.floats(-100_000, 100_000)


def at(east: float, north: float) -> Found:
    return replace(FOUND, easting=HERE.easting + east, northing=HERE.northing + north)


def test_nothing_with_a_place_has_no_map() -> None:
    online = replace(FOUND, easting=None, northing=None)
    assert draw_map([], near=HERE) is None
    assert draw_map([online], near=HERE) is None


def test_north_is_up_and_the_scale_is_true() -> None:
    mile = METRES_PER_MILE
    online = replace(FOUND, easting=None, northing=None)
    drawing = draw_map([at(0, 2 * mile), online, at(2 * mile, 0)], near=HERE, first_number=21)
    assert drawing
    assert [ring.text for ring in drawing.rings] == ["1 mile", "3 miles"]
    inner, outer = (ring.radius for ring in drawing.rings)
    assert abs(outer - 3 * inner) < 0.2
    assert (drawing.scale_text, drawing.scale_width) == ("1 mile", inner)
    north, east = drawing.marks
    assert (north.numbers, east.numbers) == ("21", "23")
    assert north.x == SIZE / 2 and abs(SIZE / 2 - north.y - 2 * inner) < 0.2  # noqa: PT018 - one point
    assert east.y == SIZE / 2 and abs(east.x - SIZE / 2 - 2 * inner) < 0.2  # noqa: PT018 - as above


def test_what_stands_together_is_one_mark_beside_the_cross() -> None:
    far = at(0, 9_000)
    drawing = draw_map([at(0, 0), at(10, 10), far, at(0, 5)], near=HERE)
    assert drawing
    together, alone = drawing.marks
    assert (together.numbers, alone.numbers) == ("1–2, 4", "3")
    assert hypot(together.x - SIZE / 2, together.y - SIZE / 2) >= 17


@given(st.lists(st.tuples(METRES, METRES), min_size=1, max_size=25))
def test_every_number_stands_once_within_the_paper(places: list[tuple[float, float]]) -> None:
    drawing = draw_map([at(east, north) for east, north in places], near=HERE)
    assert drawing
    assert all(MARGIN / 2 <= mark.x <= SIZE - MARGIN / 2 for mark in drawing.marks)
    assert all(MARGIN / 2 <= mark.y <= SIZE - MARGIN / 2 for mark in drawing.marks)
    assert len(drawing.marks) <= len(places)
