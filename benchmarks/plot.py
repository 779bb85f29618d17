"""Time against size as a small SVG, both axes logarithmic, with its figures and exponent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor, log10

from report import Point, write_seconds

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 720, 440, 70, 60, 50, 130
SERIES: tuple[tuple[str, str, Callable[[Point], float]], ...] = (
    ("bare flow", "#8a8a8a", lambda point: point.bare),
    ("matching.solve", "#00625f", lambda point: point.ours),
)


def fit_exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Fit seconds = constant × size^exponent by least squares of the logarithms."""
    x, y = [log10(size) for size in sizes], [log10(s) for s in seconds]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    top = sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True))
    return top / sum((a - middle_x) ** 2 for a in x)


def draw_growth(points: Sequence[Point], title: str) -> str:
    """Draw both series as an SVG text."""
    sizes = [point.needs for point in points]
    times = [s for point in points for s in (point.ours, point.bare)]
    x_range = floor(log10(min(sizes))), ceil(log10(max(sizes)))
    y_range = floor(log10(min(times))), ceil(log10(max(times)))
    across = _scale(x_range, LEFT, WIDTH - RIGHT)
    up = _scale(y_range, HEIGHT - BOTTOM, TOP)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        ' font-family="sans-serif" font-size="13" fill="#222">',
        f"<title>{title}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="28" font-size="16">{title}</text>',
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 14}">needs</text>',
        *_grid(x_range, y_range, across, up),
    ]
    for name, colour, of in SERIES:
        seconds = [of(point) for point in points]
        places = [(across(p.needs), up(s)) for p, s in zip(points, seconds, strict=True)]
        lines += _curve(name, colour, places, [write_seconds(s) for s in seconds])
    return "\n".join([*lines, "</svg>", ""])


def _scale(span: tuple[int, int], start: float, end: float) -> Callable[[float], float]:
    low, high = span
    return lambda value: round(start + (end - start) * (log10(value) - low) / (high - low), 1)


def _grid(
    x_range: tuple[int, int],
    y_range: tuple[int, int],
    across: Callable[[float], float],
    up: Callable[[float], float],
) -> list[str]:
    lines = []
    for power in range(x_range[0], x_range[1] + 1):
        x = across(10.0**power)
        lines.append(f'<path d="M{x} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        label = f"{10**power:,}"
        lines.append(f'<text x="{x}" y="{HEIGHT - 38}" text-anchor="middle">{label}</text>')
    for power in range(y_range[0], y_range[1] + 1):
        y = up(10.0**power)
        lines.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{10.0**power:g} s</text>')
    return lines


def _curve(
    name: str, colour: str, places: list[tuple[float, float]], labels: list[str]
) -> list[str]:
    path = " ".join(f"{x},{y}" for x, y in places)
    x, y = places[-1]
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>',
        *(f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>' for x, y in places),
        f'<text x="{x + 10}" y="{y + 4}" fill="{colour}">{name}</text>',
        *(
            f'<text x="{x + 6}" y="{y + 18}" font-size="11" fill="{colour}">{label}</text>'
            for (x, y), label in zip(places, labels, strict=True)
        ),
    ]
