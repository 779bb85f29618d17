"""Draws where help is, as figures for an SVG: no tiles, no outside server, no script."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from directory.distances import METRES_PER_MILE
from directory.found import Found
from directory.geocoding import Place

SIZE = 320
MARGIN = 22
RINGS_MILES = (0.5, 1, 3, 6, 15, 40)
# Closer than this on paper, two places are one mark with both numbers.
TOUCHING = 18
MOST_RUNS = 2


@dataclass(frozen=True, slots=True)
class Mark:
    x: float
    y: float
    numbers: str


@dataclass(frozen=True, slots=True)
class Ring:
    radius: float
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    size: int
    middle: float
    rings: Sequence[Ring]
    marks: Sequence[Mark]
    scale_width: float
    scale_text: str


def draw_map(results: Sequence[Found], *, near: Place, first_number: int = 1) -> Drawing | None:
    """Put the person in the middle, north up; None where nothing found has a place."""
    placed = [
        (number, one.easting - near.easting, one.northing - near.northing)
        for number, one in enumerate(results, start=first_number)
        if one.easting is not None and one.northing is not None
    ]
    if not placed:
        return None
    farthest = max(hypot(east, north) for _, east, north in placed) / METRES_PER_MILE
    outer = next((miles for miles in RINGS_MILES if miles >= farthest), RINGS_MILES[-1])
    rings = [miles for miles in RINGS_MILES if miles <= outer][-2:]
    pixels_a_mile = (SIZE / 2 - MARGIN) / outer
    marks: list[tuple[float, float, list[int]]] = []
    for number, east, north in placed:
        x = SIZE / 2 + east / METRES_PER_MILE * pixels_a_mile
        y = SIZE / 2 - north / METRES_PER_MILE * pixels_a_mile
        if hypot(x - SIZE / 2, y - SIZE / 2) < TOUCHING:
            x, y = SIZE / 2, SIZE / 2 - TOUCHING  # beside the cross, not on it
        _add(marks, number, at=(_inside(x), _inside(y)))
    return Drawing(
        size=SIZE,
        middle=SIZE / 2,
        rings=[Ring(round(miles * pixels_a_mile, 1), _say(miles)) for miles in rings],
        marks=[Mark(round(x, 1), round(y, 1), _say_numbers(all_)) for x, y, all_ in marks],
        scale_width=round(rings[0] * pixels_a_mile, 1),
        scale_text=_say(rings[0]),
    )


def _add(
    marks: list[tuple[float, float, list[int]]], number: int, *, at: tuple[float, float]
) -> None:
    for x, y, numbers in marks:
        if hypot(x - at[0], y - at[1]) < TOUCHING:
            numbers.append(number)
            return
    marks.append((*at, [number]))


def _inside(pixel: float) -> float:
    return min(max(pixel, MARGIN / 2), SIZE - MARGIN / 2)


def _say(miles: float) -> str:
    if miles < 1:
        return "½ mile"
    return "1 mile" if miles == 1 else f"{miles:g} miles"


def _say_numbers(numbers: Sequence[int]) -> str:
    """Write 1, 2, 3 and 5 as “1–3, 5”; the list says the rest."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]
    return ", ".join(told[:MOST_RUNS]) + ("…" if len(told) > MOST_RUNS else "")
