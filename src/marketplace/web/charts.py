"""Bars as figures for an SVG; what is not shown has no bar, so that no length tells it."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 320
NAMES_WIDTH = 96
VALUES_WIDTH = 64
ROW_HEIGHT = 24


@dataclass(frozen=True, slots=True)
class Bar:
    name: str
    y: int
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    width: int
    height: int
    begins: int
    bars: Sequence[Bar]


def draw_bars(
    title: str, rows: Sequence[tuple[str, int | None]], *, not_shown: str
) -> Chart | None:
    """From the left, to one scale; None where there is nothing to draw."""
    most = max((value or 0 for _, value in rows), default=0)
    if most == 0:
        return None
    room = WIDTH - NAMES_WIDTH - VALUES_WIDTH
    bars = [
        Bar(
            name=name,
            y=place * ROW_HEIGHT,
            width=round(room * (value or 0) / most, 1),
            text=not_shown if value is None else f"{value:,}",
        )
        for place, (name, value) in enumerate(rows)
    ]
    return Chart(title, WIDTH, ROW_HEIGHT * len(rows), NAMES_WIDTH, bars)


def share_widths(parts: Sequence[int], *, whole: int, width: int = 120) -> list[float]:
    """How long each part of one bar is; together never longer than the bar."""
    total = max(whole, sum(parts), 1)
    return [round(width * part / total, 1) for part in parts]
