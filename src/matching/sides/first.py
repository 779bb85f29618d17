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
        When to solve no further flow, on the clock of `time.perf_counter`; what breaks a rule is
        then left out.

    Returns
    -------
    ndarray or None
        Positions of pairs, sorted; None where no plan came of it, which a later stage may find.
    """
    if len(priced.floors):
        return None
    problem = priced.problem
    closed = np.zeros(len(problem.support_ids), dtype=bool)
    rates, pairs = _rates_that_last(priced, tried), tried[-1].pairs
    for _ in range(_ROUNDS):
        found = priced.evaluate(rates, _without(priced.priced(rates), closed))
        if found is None:
            return None
        pairs = found.pairs
        small = _too_small(problem, pairs)
        overdrawn = found.use > priced.limits
        if not small.any() and not overdrawn.any():
            return np.sort(pairs)
        if perf_counter() > end:
            break
        closed |= small
        dearer = np.maximum(rates + 1, (rates * _DEARER).astype(np.int64))
        rates = np.where(overdrawn, dearer, rates)
    return _trim(priced, pairs)


def _trim(priced: PricedFlow, pairs: Ints) -> Ints | None:
    """Leave out what breaks a rule: all of a group too small, what saves least for its price.

    None where that would not do, or would leave out what must stand.
    """
    problem = priced.problem
    met = np.bincount(problem.pair_support[pairs], minlength=len(problem.support_ids))
    support = problem.pair_support[pairs]
    kept = pairs[met[support] >= problem.support_at_least[support]]
    need = problem.pair_need[kept]
    saved = problem.unmet_cost[need] - problem.pair_cost[kept]
    # A group that lost one could lose all, so groups are paid first.
    alone = problem.support_at_least[problem.pair_support[kept]] <= 1
    order = np.lexsort((-saved / np.maximum(1, problem.pair_price[kept]), alone))
    fund = problem.support_fund[problem.pair_support[kept]]
    left_out = np.zeros(len(kept), dtype=bool)
    for at in priced.funds.tolist():
        paid = order[fund[order] == at]
        spent = np.cumsum(problem.pair_price[kept[paid]])
        left_out[paid[spent > problem.fund_budget[at]]] = True
    kept = np.sort(kept[~left_out])
    gone = np.setdiff1d(pairs, kept)
    after = np.bincount(problem.pair_support[kept], minlength=len(problem.support_ids))
    breaks = ((after > 0) & (after < problem.support_at_least)).any()
    must = (
        problem.must_meet[problem.pair_need[gone]].any() or np.isin(gone, problem.fixed_pairs).any()
    )
    return None if breaks or must else kept


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
