"""A bar chart as figures for an SVG; the table beside it says the same."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 320
HEIGHT = 130
FLOOR = 108
TALLEST = 88
GAP = 4


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    middle: float
    name: str
    number: int


@dataclass(frozen=True, slots=True)
class Bars:
    width: int
    height: int
    floor: int
    bars: Sequence[Bar]


def draw_bars(counts: Sequence[tuple[str, int]]) -> Bars | None:
    """One bar a count, the tallest to the top; None where there is nothing to draw."""
    most = max((number for _, number in counts), default=0)
    if not most:
        return None
    step = WIDTH / len(counts)
    drawn = [
        Bar(
            x=round(place * step + GAP / 2, 1),
            y=round(FLOOR - TALLEST * number / most, 1),
            width=round(step - GAP, 1),
            height=round(TALLEST * number / most, 1),
            middle=round((place + 0.5) * step, 1),
            name=name,
            number=number,
        )
        for place, (name, number) in enumerate(counts)
    ]
    return Bars(width=WIDTH, height=HEIGHT, floor=FLOOR, bars=drawn)
