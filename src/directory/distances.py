"""How far apart two places are, for people to read and for the engine to count with."""

import numpy as np
from geopy.distance import geodesic
from numpy.typing import NDArray

from directory.geocoding import Place

KILOMETRES_PER_MILE = 1.609344
METRES_PER_MILE = 1609.344
# Upper ends in miles; wide on purpose, for where a volunteer starts from.
BANDS = ((1, "under a mile"), (3, "1 to 3 miles"), (10, "3 to 10 miles"))

Metres = NDArray[np.float64]


def walked_kilometres(here: Place, there: Place) -> float:
    """Measure along the ground in a straight line, which any walk is longer than."""
    return float(geodesic(here.point, there.point).kilometers)


def grid_metres(here: NDArray[np.number], there: NDArray[np.number]) -> Metres:
    """Measure on the flat grid; both end in an axis of (easting, northing) and broadcast."""
    apart = np.subtract(here, there, dtype=np.float64)
    metres: Metres = np.hypot(apart[..., 0], apart[..., 1])
    return metres


def say_miles(kilometres: float) -> str:
    miles = kilometres / KILOMETRES_PER_MILE
    if miles < 1:
        return "under a mile"
    rounded = f"{miles:.1f}".removesuffix(".0")
    return "1 mile" if rounded == "1" else f"{rounded} miles"


def say_band(kilometres: float) -> str:
    miles = kilometres / KILOMETRES_PER_MILE
    return next((words for end, words in BANDS if miles < end), "over 10 miles")
