import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from directory.distances import grid_metres, say_band, say_miles, walked_kilometres
from directory.geocoding import place_on_map

# Great Britain on its grid, from the Hebrides to Lowestoft and from Scilly to Shetland.
POINTS = st.tuples(st.integers(80_000, 656_000), st.integers(5_000, 1_220_000))


@given(here=POINTS, there=POINTS)
def test_the_grid_agrees_with_the_ground(here: tuple[int, int], there: tuple[int, int]) -> None:
    places = place_on_map([("here", "", *here), ("there", "", *there)])
    on_the_ground = walked_kilometres(places["here"], places["there"]) * 1000
    on_the_grid = float(grid_metres(np.array(here), np.array(there)))
    assert on_the_grid == pytest.approx(on_the_ground, rel=0.002, abs=0.01)


@given(points=st.lists(POINTS, min_size=1, max_size=6))
def test_all_pairs_are_measured_both_ways_alike(points: list[tuple[int, int]]) -> None:
    here = np.array(points)
    every_pair = grid_metres(here[:, None], here[None, :])
    assert every_pair.shape == (len(points), len(points))
    assert_allclose(every_pair, every_pair.T)
    assert_allclose(np.diag(every_pair), 0)


def test_three_four_five() -> None:
    assert grid_metres(np.array([0, 0]), np.array([3, 4])) == 5


@pytest.mark.parametrize(
    ("kilometres", "miles", "band"),
    [
        (0, "under a mile", "under a mile"),
        (1.6, "under a mile", "under a mile"),
        (1.61, "1 mile", "1 to 3 miles"),
        (1.931, "1.2 miles", "1 to 3 miles"),
        (4.9, "3 miles", "3 to 10 miles"),
        (16.1, "10 miles", "over 10 miles"),
    ],
)
def test_distances_in_words(kilometres: float, miles: str, band: str) -> None:
    assert say_miles(kilometres) == miles
    assert say_band(kilometres) == band


@given(kilometres=st.floats(0, 2000))
def test_a_band_never_says_how_far_exactly(kilometres: float) -> None:
    assert say_band(kilometres) in {
        "under a mile",
        "1 to 3 miles",
        "3 to 10 miles",
        "over 10 miles",
    }
