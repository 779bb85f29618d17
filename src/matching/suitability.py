"""Who could help whom: every suitable pair of a need and an intake, and what it costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from matching.circumstances import (
    WHOLE,
    Families,
    Floats,
    Intakes,
    Needs,
    Policy,
    Refusals,
    Setting,
    Transport,
    age_bits,
)
from matching.compiled import entrance
from matching.rule_counts import RuleCounts, count_rules
from matching.sift import Found, sift
from matching.tables import Bools, Ints
from matching.threads import split

__all__ = [
    "Families",
    "Intakes",
    "Needs",
    "Pairs",
    "Policy",
    "Refusals",
    "RuleCounts",
    "Setting",
    "Transport",
    "age_bits",
    "count_rules",
    "find_pairs",
    "half_up",
    "none_met_costs",
    "stakes",
]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Every suitable pair, in the order (need, intake).

    Parameters
    ----------
    need, intake : ndarray of int, shape (pairs,)
    places : ndarray of int
    price_pence, travel_pence, remaining_pence, tie_pence : ndarray of int
        price * places, the family's travel, (1 - effect) * stake, and the pennies taken off.
    metres : ndarray of float
        Between family and intake; NaN where there is none.
    """

    need: Ints
    intake: Ints
    places: Ints
    price_pence: Ints
    travel_pence: Ints
    remaining_pence: Ints
    tie_pence: Ints
    metres: Floats

    @property
    def cost_pence(self) -> Ints:
        """What the pair costs the plan: `cost` of the candidates."""
        return self.price_pence + self.travel_pence + self.remaining_pence - self.tie_pence


def half_up(numerator: Ints, denominator: int) -> Ints:
    """Divide whole numbers and round half up.

    Examples
    --------
    >>> half_up(np.array([149, 150, -150]), 100).tolist()
    [1, 2, -1]
    """
    return (2 * numerator + denominator) // (2 * denominator)


def stakes(needs: Needs, policy: Policy) -> Ints:
    """Give likelihood * value of the level, pence, shape (needs,): what leaving it unmet costs."""
    return half_up(needs.likelihood * policy.value_pence[needs.level - 1], WHOLE)


def find_pairs(
    families: Families, needs: Needs, intakes: Intakes, policy: Policy, refusals: Refusals
) -> Pairs:
    """Find every suitable pair of need and intake, and what it costs.

    Exact over all pairs; memory grows with what is found, not with needs times intakes.

    Parameters
    ----------
    families : Families
    needs : Needs
    intakes : Intakes
    policy : Policy
    refusals : Refusals

    Returns
    -------
    Pairs
    """
    found = sift(families, needs, intakes, policy, refusals)
    size = len(found.intake)
    columns: list[Any] = [np.empty(size, dtype=np.int64) for _ in range(7)]
    columns.append(np.empty(size))
    terms = _terms(families, needs, intakes, policy)
    into = tuple(columns)
    begin = np.cumsum(found.length) - found.length
    split(len(begin), lambda first, end: _price(terms, found, begin, into, first, end))
    return Pairs(*columns)


class _Terms(NamedTuple):
    """What a pair's cost is made of: columns of needs, of intakes, and of the policy.

    Copies of one type each, so that one compiled function fits whatever was given.
    """

    code: Ints
    easting: Floats
    northing: Floats
    places: Ints
    stake: Ints
    tie: Ints
    effect: Ints
    counts_people: Bools
    is_venue: Bools
    there_easting: Floats
    there_northing: Floats
    price: Ints
    travel_pence_per_km: int


def _terms(families: Families, needs: Needs, intakes: Intakes, policy: Policy) -> _Terms:
    home = needs.family
    weeks = np.minimum(needs.waited_days // 7, policy.weeks_most)
    return _Terms(
        code=needs.code.astype(np.int64),
        easting=families.easting[home].astype(np.float64),
        northing=families.northing[home].astype(np.float64),
        places=families.places[home].astype(np.int64),
        stake=stakes(needs, policy).astype(np.int64),
        tie=(policy.asked_pence * needs.asked + policy.week_pence * weeks).astype(np.int64),
        effect=np.array(intakes.effect, dtype=np.int64),
        counts_people=intakes.counts_people.astype(np.bool_),
        is_venue=intakes.setting == Setting.VENUE,
        there_easting=intakes.easting.astype(np.float64),
        there_northing=intakes.northing.astype(np.float64),
        price=intakes.price_pence.astype(np.int64),
        travel_pence_per_km=int(policy.travel_pence_per_km),
    )


@entrance
def _price(
    terms: _Terms, found: Found, begin: Ints, columns: tuple[Any, ...], first: int, end: int
) -> None:
    """Cost the pairs of some needs, each need's from `begin` on."""
    need_of, intake_of, places_of, price_of, travel_of, remaining_of, tie_of, metres_of = columns
    for need in range(first, end):
        for k in range(found.length[need]):
            intake, row = found.intake[found.begin[need] + k], begin[need] + k
            wide = terms.easting[need] - terms.there_easting[intake]
            high = terms.northing[need] - terms.there_northing[intake]
            metres = math.sqrt(wide * wide + high * high)
            places = terms.places[need] if terms.counts_people[intake] else 1
            travelled = metres if terms.is_venue[intake] and not math.isnan(metres) else 0.0
            kept = (WHOLE - terms.effect[intake, terms.code[need]]) * terms.stake[need]
            need_of[row], intake_of[row], metres_of[row] = need, intake, metres
            places_of[row], price_of[row] = places, terms.price[intake] * places
            travel_of[row] = math.floor(travelled * terms.travel_pence_per_km / 1000 + 0.5)
            remaining_of[row] = (2 * kept + WHOLE) // (2 * WHOLE)
            tie_of[row] = terms.tie[need]


def none_met_costs(families: Families, pairs: Pairs, dearest_opening_pence: int = 0) -> Ints:
    """Give each family's surcharge: so dear that reaching one more family always comes first.

    Parameters
    ----------
    families : Families
    pairs : Pairs
    dearest_opening_pence : int

    Returns
    -------
    ndarray of int, shape (families,)
        (dearest pair + dearest opening cost + 1) * the places the family takes.
    """
    dearest = max(0, int(pairs.cost_pence.max(initial=0)))
    return (dearest + dearest_opening_pence + 1) * families.places
