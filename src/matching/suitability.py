"""Who could help whom: every suitable pair of a need and an intake, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass

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
from matching.rules import RuleCounts, blocks, count_rules
from matching.tables import Ints

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

    Exact over all pairs; looked at code by code and in pieces.

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
    found = []
    for block in blocks(families, needs, intakes, policy):
        suits = np.ones((len(block.need), len(block.intake)), dtype=bool)
        for _, holds in block.rules(refusals):
            suits &= holds
        row, column = np.nonzero(suits)
        metres = block.metres()[row, column]
        found.append((block.need[row], block.intake[column], metres))
    if not found:
        return _price(families, needs, intakes, policy, *_no_pairs())
    need, intake, metres = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((intake, need))
    return _price(families, needs, intakes, policy, need[order], intake[order], metres[order])


def _no_pairs() -> tuple[Ints, Ints, Floats]:
    return np.array([], np.int64), np.array([], np.int64), np.array([], np.float64)


def _price(
    families: Families,
    needs: Needs,
    intakes: Intakes,
    policy: Policy,
    need: Ints,
    intake: Ints,
    metres: Floats,
) -> Pairs:
    code, family = needs.code[need], needs.family[need]
    places = np.where(intakes.counts_people[intake], families.places[family], 1)
    goes = intakes.setting[intake] == Setting.VENUE
    travelled = np.where(goes & ~np.isnan(metres), metres, 0.0)
    kept = (WHOLE - intakes.effect[intake, code]) * stakes(needs, policy)[need]
    weeks = np.minimum(needs.waited_days[need] // 7, policy.weeks_most)
    return Pairs(
        need=need,
        intake=intake,
        places=places,
        price_pence=intakes.price_pence[intake] * places,
        travel_pence=np.floor(travelled * policy.travel_pence_per_km / 1000 + 0.5).astype(np.int64),
        remaining_pence=half_up(kept, WHOLE),
        tie_pence=policy.asked_pence * needs.asked[need] + policy.week_pence * weeks,
        metres=metres,
    )


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
