"""Shares for everybody to read, that tell about no family. Pure.

Rounded to twentieths, and hidden where either side of the share is small: nobody can look before
and after an answer, or take one figure from another, to learn what one family did.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.defaults import defaults
from marketplace.services.figures.suppression import hide_small

ROUNDED_TO = 20


@dataclass(frozen=True, kw_only=True)
class Share:
    """`percent` None: too few to tell, or it would tell about too few beside it.

    0 and 100 stand for the outermost twentieth: nobody learns whether it was one or none.
    """

    name: str
    percent: int | None


def share_of(name: str, told: Iterable[bool]) -> Share:
    """Of all that is given, how much is so."""
    listed = list(told)
    return Share(name=name, percent=_percent(sum(listed), len(listed)))


def shares_by(rows: Sequence[Mapping[str, Any]], group: str) -> list[Share]:
    """Of each group's rows, how many have `is_so`; never one group alone is hidden."""
    counts: dict[str, list[int]] = {}
    for row in rows:
        both = counts.setdefault(row[group], [0, 0])
        both[not row["is_so"]] += 1
    names = sorted(counts)
    shown = hide_small([min(counts[name]) for name in names], smallest=_smallest())
    return [
        Share(name=name, percent=None if one is None else _rounded(*counts[name]))
        for name, one in zip(names, shown, strict=True)
    ]


def _percent(part: int, whole: int) -> int | None:
    if min(part, whole - part) >= _smallest():
        return _rounded(part, whole - part)
    # Of so many, a few are lost in the rounding.
    if whole >= ROUNDED_TO * _smallest():
        return 0 if part < whole - part else 100
    return None


def _rounded(part: int, other: int) -> int:
    return round(part / (part + other) * ROUNDED_TO) * (100 // ROUNDED_TO)


def _smallest() -> int:
    smallest: int = defaults()["privacy"]["smallest_count"]
    return smallest
