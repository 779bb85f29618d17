from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Any

from .ground import Spot

Row = dict[str, object]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HALF_DAYS = tuple(f"{day}-{part}" for day in WEEKDAYS for part in ("am", "pm", "eve"))


@dataclass
class County:
    """What the draws share: the words, the map, the dice and the day."""

    words: dict[str, Any]
    spots: Sequence[Spot]
    near: dict[str, Sequence[Spot]]
    today: date
    dice: Random
    used_names: set[str] = field(default_factory=set)

    def one_of(self, weights: dict[str, float]) -> str:
        return self.dice.choices(list(weights), list(weights.values()))[0]

    def day(self, days_from_now: int) -> str:
        return (self.today + timedelta(days=days_from_now)).isoformat()

    def month(self, months_ago: int) -> str:
        months = self.today.year * 12 + self.today.month - 1 - months_ago
        return f"{months // 12:04d}-{months % 12 + 1:02d}"

    def place(self, column: str, *, share: float | None = None) -> str:
        """Draw a place by its weight; evenly spaced shares from 0 to 1 spread over all of them."""
        position = self.words["places"]["columns"].index(column)
        weights = [self.words["places"][name][position] for name in self.near]
        share = self.dice.random() if share is None else share
        reached = list(accumulate(weights))
        return list(self.near)[bisect(reached, share * reached[-1])]

    def town_of(self, spot: Spot) -> str:
        """The place whose middle is nearest, as a second line of an address."""
        places = self.words["places"]
        return min(self.near, key=lambda name: spot.metres_to(Spot("", *places[name][:2])))

    def home(self) -> Spot:
        if self.dice.random() < self.words["sizes"]["anywhere_share"]:
            return self.dice.choice(self.spots)
        return self.dice.choice(self.near[self.place("families")])
