"""Exact duals from any cheapest flow, and the bound they prove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from matching.bids import POUND
from matching.compiled import entrance
from matching.network import Households, Network, limited_supports, pair_costs
from matching.problem import NO_LIMIT, Problem
from matching.search import FAR
from matching.tables import Ints

#: Gain of a need that has no pair.
_NOTHING = -(2**60)


@dataclass(frozen=True, eq=False)
class Duals:
    """Prices that prove a bound, pence.

    On every pair: need + places * (support + provider) + price * fund + family - floor - relief
    >= saving, where the saving is `unmet_cost - cost` and the relief, between 0 and the family's
    surcharge, is the part of the surcharge that is not certain to be saved.

    Parameters
    ----------
    need : ndarray, shape (needs,)
        Utilities: at least 0 but where a need must be met.
    support, provider, family, fund, floor : ndarray
        Prices of a place, a place of the provider's, a match the family is allowed, a pound of
        the fund's, a need the group must have met; at least 0.
    bound : int
        No plan can cost less.
    """

    need: Ints
    support: Ints
    provider: Ints
    family: Ints
    fund: Ints
    floor: Ints
    bound: int


@dataclass(frozen=True, eq=False)
class Shared:
    """Prices of what families share, whole pence and at least 0; a fund's is a pound's."""

    support: Ints
    provider: Ints
    fund: Ints
    floor: Ints


def read_duals(problem: Problem, network: Network, potential: Ints) -> Duals:
    """Turn potentials into prices, utilities and the bound they prove.

    Parameters
    ----------
    problem : Problem
    network : Network
    potential : ndarray, shape (nodes,)
        Distances from the sink, `FAR` where there is no way.

    Returns
    -------
    Duals
    """
    shared = _shared_prices(problem, network, potential)
    return price_families(problem, network.households, network.every, shared)


def price_families(problem: Problem, homes: Households, pair: Ints, shared: Shared) -> Duals:
    """Complete the prices of what families share.

    Each family chooses best for itself at these prices, which has a closed form, and what it
    gains is its part of the bound.

    Parameters
    ----------
    problem : Problem
    homes : Households
    pair : ndarray
        Positions of the pairs that a plan can choose.
    shared : Shared

    Returns
    -------
    Duals
    """
    best = _best_gains(problem, pair, shared)
    is_open = (problem.need_family >= 0) & ~homes.must
    relief = _relief(problem, homes, np.where(is_open, best, _NOTHING))
    family = _family_prices(problem, homes, best, relief)
    utility = best + _of_family(problem, relief - family)
    utility = np.where(homes.must, utility, np.maximum(0, utility))
    bound = (
        int(problem.unmet_cost.sum())
        + problem.stability_cost * len(problem.previous_pairs)
        - int(utility.sum())
        - _worth(shared.support, problem.support_places)
        - _worth(shared.provider, problem.provider_places)
        - _worth(family, problem.family_at_most)
        - _worth(shared.fund, problem.fund_budget) // POUND
        + _worth(shared.floor, problem.group_at_least)
        + int(relief.sum())
    )
    return Duals(utility, shared.support, shared.provider, family, shared.fund, shared.floor, bound)


def _worth(price: Ints, amount: Ints) -> int:
    paid = price > 0
    return sum(int(p) * int(a) for p, a in zip(price[paid], amount[paid], strict=True))


def _shared_prices(problem: Problem, network: Network, potential: Ints) -> Shared:
    first = network.first
    at_support = potential[first["support"] : first["provider"]]
    at_provider = potential[first["provider"] : first["family"]]
    at_group = potential[first["group"] : first["sink"]]
    limited = limited_supports(problem)
    after = np.zeros_like(at_support)
    reached = np.where(at_provider < FAR, at_provider, 0)
    after[limited] = reached[problem.support_provider[limited]]
    has_total = problem.provider_places < NO_LIMIT
    return Shared(
        support=np.maximum(0, after - at_support),
        provider=np.where(has_total, np.maximum(0, -at_provider), 0),
        fund=np.zeros(len(problem.fund_ids), dtype=np.int64),
        floor=np.where(problem.group_has_floor, np.maximum(0, -at_group), 0),
    )


def pair_charges(
    problem: Problem, shared: Shared | Duals, pairs: Ints | slice = slice(None)
) -> Ints:
    """Give what pairs, all or some, pay for their places and their fund at these prices."""
    place, fund = _support_prices(problem, shared)
    support = problem.pair_support[pairs]
    charges: Ints = place[support] * problem.pair_places[pairs]
    if fund.any():
        charges += problem.pair_price[pairs] * fund[support] // POUND
    return charges


def _support_prices(problem: Problem, shared: Shared | Duals) -> tuple[Ints, Ints]:
    """Give what a place at each support costs in all, and a pound of its fund's."""
    place = shared.support.copy()
    limited = limited_supports(problem)
    place[limited] += shared.provider[problem.support_provider[limited]]
    return place, np.append(shared.fund, 0)[problem.support_fund]


def _best_gains(problem: Problem, pair: Ints, shared: Shared) -> Ints:
    """Give the most each need gains at these prices, before its family's rules."""
    best = np.full(len(problem.need_ids), _NOTHING, dtype=np.int64)
    _keep_best(
        pair,
        (problem.pair_need, problem.pair_support, problem.pair_places, problem.pair_price),
        pair_costs(problem),
        *_support_prices(problem, shared),
        best,
    )
    grouped = problem.need_group >= 0
    best[grouped] += shared.floor[problem.need_group[grouped]]
    return best + problem.unmet_cost


@entrance
def _keep_best(pair: Any, pairs: Any, cost: Any, place: Any, fund: Any, best: Any) -> None:
    need, support, places, price = pairs
    for k in range(len(pair)):
        one = pair[k]
        at = support[one]
        gain = -cost[one] - place[at] * places[one]
        if fund[at] > 0:
            gain -= price[one] * fund[at] // POUND
        best[need[one]] = max(best[need[one]], gain)


def _relief(problem: Problem, homes: Households, best: Ints) -> Ints:
    """Give the part of each family's surcharge that it would rather pay, or cannot save."""
    top = np.full(len(problem.family_ids), _NOTHING, dtype=np.int64)
    named = problem.need_family >= 0
    np.maximum.at(top, problem.need_family[named], best[named])
    surcharge = homes.surcharge
    barred = problem.family_at_most == 0
    return np.where(barred, surcharge, np.clip(-top, 0, surcharge))


def _family_prices(problem: Problem, homes: Households, best: Ints, relief: Ints) -> Ints:
    """Price the last match a family is allowed at the best one it must forgo."""
    must = homes.must
    price = np.zeros(len(problem.family_ids), dtype=np.int64)
    needs = np.flatnonzero((problem.need_family >= 0) & ~must)
    needs = needs[np.lexsort((-best[needs], problem.need_family[needs]))]
    family = problem.need_family[needs]
    rank = np.arange(len(needs)) - np.searchsorted(family, family)
    forced = problem.need_family[must & (problem.need_family >= 0)]
    room = problem.family_at_most - np.bincount(forced, minlength=len(price))
    forgone = rank == room[family]
    price[family[forgone]] = np.maximum(0, best[needs[forgone]] + relief[family[forgone]])
    return price


def _of_family(problem: Problem, amount: Ints) -> Ints:
    """Give each need its family's amount, 0 where it has none."""
    out = np.zeros(len(problem.need_ids), dtype=np.int64)
    named = problem.need_family >= 0
    out[named] = amount[problem.need_family[named]]
    return out
