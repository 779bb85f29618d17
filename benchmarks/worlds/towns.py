"""Families in towns and the services near them, as tables of matching-problem/1."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.spatial import cKDTree

Tables = dict[str, dict[str, Any]]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

CODES = 8
PLACES_A_NEED = 0.8
VALUE_PENCE = np.array([60_000, 250_000, 900_000])
PENCE_A_METRE = 0.05
#: Of the nearest that help with the code, so many pass all other rules: 26 of 30.
SUITABLE = 0.87
NEAREST = 30


class Towns:
    """Needs and services on a map, drawn from a seed.

    A town for about 2,500 needs, of lognormal size, 3 km wide, in a square that grows with them.
    Capacities are lognormal, 0.8 places a need in all; a service helps with one of eight codes.
    """

    def __init__(self, needs: int, supports: int, *, seed: int = 1) -> None:
        rng = np.random.default_rng(seed)
        self.needs, self.supports, self.rng = needs, supports, rng
        count = max(3, needs // 2_500)
        self._centres = rng.uniform(0, 14_000 * count**0.5, (count, 2))
        sizes = rng.lognormal(0, 0.8, count)
        self._shares = sizes / sizes.sum()
        self.town, self.home = self._settle(needs)
        self.support_town, self.venue = self._settle(supports)
        self.code = rng.integers(CODES, size=needs)
        self.support_code = rng.integers(CODES, size=supports)
        level = rng.choice(3, size=needs, p=[0.5, 0.35, 0.15])
        self.stake = (VALUE_PENCE[level] * rng.uniform(0.05, 0.6, needs)).astype(np.int64)
        self.effect = rng.uniform(0.2, 0.7, supports)
        self.price = (1_500 * rng.lognormal(0, 0.8, supports)).astype(np.int64)
        drawn = rng.lognormal(0, 0.8, supports)
        self.places = np.maximum(1, np.rint(drawn * PLACES_A_NEED * needs / drawn.sum()))

    def _settle(self, people: int) -> tuple[Ints, Floats]:
        town = self.rng.choice(len(self._centres), size=people, p=self._shares)
        return town, self._centres[town] + self.rng.normal(0, 3_000, (people, 2))

    def pairs_near(self, nearest: int = NEAREST) -> tuple[Ints, Ints, Ints]:
        """Give need, support and cost of the suitable among each need's nearest services."""
        need, support, metres = self._near(nearest)
        kept = self.rng.random(len(need)) < SUITABLE
        need, support, metres = need[kept], support[kept], metres[kept]
        return need, support, self._cost(need, support, metres)

    def pairs_worth_most(self, among: int, most: int = NEAREST) -> tuple[Ints, Ints, Ints]:
        """Give each need's best services by value, among many: everyone wants the same few."""
        need, support, metres = self._near(among)
        cost = self._cost(need, support, metres)
        order = np.lexsort((cost, need))
        need, support, cost = need[order], support[order], cost[order]
        begins = np.searchsorted(need, np.arange(self.needs))
        kept = np.arange(len(need)) - begins[need] < most
        return need[kept], support[kept], cost[kept]

    def pairs_worth_the_same(self) -> tuple[Ints, Ints, Ints]:
        """Let all of a need's pairs cost the same: nothing but scarcity tells them apart."""
        need, support, _ = self.pairs_near()
        return need, support, self.stake[need] // 2

    def _near(self, nearest: int) -> tuple[Ints, Ints, Floats]:
        found = []
        for code in range(CODES):
            needs = np.flatnonzero(self.code == code)
            supports = np.flatnonzero(self.support_code == code)
            if not len(supports):
                continue
            some = min(nearest, len(supports))
            metres, close = cKDTree(self.venue[supports]).query(self.home[needs], k=some)
            found.append((np.repeat(needs, some), supports[close.ravel()], metres.ravel()))
        need, support, metres = (np.concatenate(part) for part in zip(*found, strict=True))
        return need, support, metres

    def _cost(self, need: Ints, support: Ints, metres: Floats) -> Ints:
        kept = (1 - self.effect[support]) * self.stake[need]
        cost: Ints = (self.price[support] + PENCE_A_METRE * metres + kept).astype(np.int64)
        return cost

    def tables(self, pairs: tuple[Ints, Ints, Ints]) -> Tables:
        """Write needs, supports and candidates, pairs in the order suitability gives them."""
        order = np.lexsort((pairs[1], pairs[0]))
        need, support, cost = (part[order] for part in pairs)
        need_ids, support_ids = name_rows("n", self.needs), name_rows("s", self.supports)
        return {
            "needs": {"id": need_ids, "unmet_cost": self.stake},
            "supports": {"id": support_ids, "places": self.places.astype(np.int64)},
            "candidates": {
                "need": pick(need_ids, need),
                "support": pick(support_ids, support),
                "cost": cost,
            },
        }


def name_rows(letter: str, count: int) -> Any:
    """Give ids whose order is their number's."""
    return pa.array([f"{letter}{number:07d}" for number in range(count)])


def pick(ids: Any, positions: Ints) -> Any:
    """Name rows by their positions, as a pyarrow dictionary."""
    return pa.DictionaryArray.from_arrays(pa.array(positions.astype(np.int32)), ids)


def make_tables(kind: str, needs: int, supports: int, *, seed: int = 1) -> Tables:
    """Make a world of one kind: `near`, `wide` or `equal`."""
    towns = Towns(needs, supports, seed=seed)
    pairs = {
        "near": towns.pairs_near,
        "wide": lambda: towns.pairs_worth_most(5 * NEAREST),
        "equal": towns.pairs_worth_the_same,
    }[kind]()
    return towns.tables(pairs)
