"""Who is right, field by field, when a source tells something and somebody here corrected it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Merged:
    values: Json
    changed: tuple[str, ...]
    kept: tuple[str, ...]  # corrected here, and the source says something else


def merge(*, ours: Mapping[str, Any], said: Mapping[str, Any], told: Mapping[str, Any]) -> Merged:
    """Follow the source where we still say what it said before; else what is here stands.

    A field that the source did not tell before is ours once somebody filled it in.
    """
    values: Json = {}
    changed, kept = [], []
    for name, new in told.items():
        now = ours[name]
        if now == new:
            values[name] = now
        elif now == said.get(name):
            values[name] = new
            changed.append(name)
        else:
            values[name] = now
            kept.append(name)
    return Merged(values, tuple(changed), tuple(kept))
