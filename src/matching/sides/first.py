"""A first whole plan from flows: groups that stay too small are closed, the emptiest first."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np

from matching.network import Network
from matching.problem import Problem
from matching.sides.priced import Evaluation, PricedFlow
from matching.tables import Bools, Ints

#: Of the groups too small, so large a part is closed before the next flow.
_CLOSED_A_ROUND = 0.3
#: By how much all prices of funds rise where too much was spent.
_DEARER = 1.05
_ROUNDS = 40


def plan_by_flows(priced: PricedFlow, tried: list[Evaluation], end: float) -> Ints | None:
    """Round what flows say to a plan that keeps every rule.

    Each round solves a flow with the groups closed so far, at prices at which the funds last.
    Then of the groups that are too small the emptiest are closed; where all are large enough
    and a fund is overdrawn, its price rises.

    Parameters
    ----------
    priced : PricedFlow
        Without floors that cut families: these are left to the search.
    tried : list of Evaluation
        What `find_rates` found.
    end : float
        When to stop, on the clock of `time.perf_counter`.

    Returns
    -------
    ndarray or None
        Positions of pairs, sorted; None where no plan came of it.
    """
    if len(priced.floors):
        return None
    problem = priced.problem
    closed = np.zeros(len(problem.support_ids), dtype=bool)
    rates = _rates_that_last(priced, tried)
    for _ in range(_ROUNDS):
        if perf_counter() > end:
            return None
        found = priced.evaluate(rates, _without(priced.priced(rates), closed))
        if found is None:
            return None
        small = _too_small(problem, found.pairs)
        overdrawn = found.use > priced.limits
        if not small.any() and not overdrawn.any():
            return np.sort(found.pairs)
        closed |= small
        rates = np.where(
            overdrawn, np.maximum(rates + 1, (rates * _DEARER).astype(np.int64)), rates
        )
    return None


def _rates_that_last(priced: PricedFlow, tried: list[Evaluation]) -> Ints:
    """The lowest prices at which no fund was overdrawn; where there are none, the highest."""
    kept = [one for one in tried if (one.use <= priced.limits).all()]
    if kept:
        return min(kept, key=lambda one: int(one.rates.sum())).rates
    return max(tried, key=lambda one: int(one.rates.sum())).rates


def _without(network: Network, closed: Bools) -> Network:
    capacity = network.capacity.copy()
    arcs = network.sections["supports"]
    capacity[arcs][closed] = 0
    return replace(network, capacity=capacity)


def _too_small(problem: Problem, pairs: Ints) -> Bools:
    """Say which groups to close now: the emptiest of those that are too small."""
    met = np.bincount(problem.pair_support[pairs], minlength=len(problem.support_ids))
    lack = (met > 0) & (met < problem.support_at_least)
    small = np.flatnonzero(lack)
    share = met[small] / problem.support_at_least[small]
    first = small[np.argsort(share, kind="stable")][: int(np.ceil(_CLOSED_A_ROUND * len(small)))]
    now = np.zeros(len(lack), dtype=bool)
    now[first] = True
    return now
