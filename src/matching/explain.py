"""Why this, why not that, and what else there would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from matching.compiled import entrance
from matching.network import pair_costs
from matching.prices import Duals, pair_charges
from matching.problem import NO_LIMIT, Problem
from matching.result import Matches, Texts, Unmet
from matching.tables import Bools, Ints


class MatchReason(StrEnum):
    """Why a need got this support; the first that holds."""

    FIXED = "fixed"
    ONLY_CHOICE = "only_choice"
    CHEAPEST = "cheapest"
    KEPT = "kept"
    CHEAPER_WORTH_MORE_ELSEWHERE = "cheaper_worth_more_elsewhere"


class UnmetReason(StrEnum):
    """Why a need got nothing; the first that holds."""

    NO_CANDIDATE = "no_candidate"
    FAMILY_LIMIT = "family_limit"
    GROUP_TOO_SMALL = "group_too_small"
    BUDGET_SPENT = "budget_spent"
    PROVIDER_FULL = "provider_full"
    PLACES_TAKEN = "places_taken"
    COSTS_MORE_THAN_UNMET = "costs_more_than_unmet"


#: What a need's pairs lack.
_IDLE, _SPENT, _FULL, _TAKEN = 1, 2, 4, 8


@dataclass(frozen=True, eq=False)
class Use:
    """How much of everything a choice of pairs takes.

    Parameters
    ----------
    support_free, provider_free : ndarray
        Places left.
    fund_free : ndarray
        Pence left.
    family_met : ndarray
        Matches a family.
    support_met : ndarray
        Needs at each support.
    """

    support_free: Ints
    provider_free: Ints
    fund_free: Ints
    family_met: Ints
    support_met: Ints


def count_use(problem: Problem, chosen: Ints) -> Use:
    """Count what the chosen pairs take.

    Parameters
    ----------
    problem : Problem
    chosen : ndarray
        Positions of pairs.

    Returns
    -------
    Use
    """
    support, places = problem.pair_support[chosen], problem.pair_places[chosen]
    support_free = problem.support_places.copy()
    np.subtract.at(support_free, support, places)
    provider = problem.support_provider[support]
    provider_free = problem.provider_places.copy()
    np.subtract.at(provider_free, provider[provider >= 0], places[provider >= 0])
    fund = problem.support_fund[support]
    fund_free = problem.fund_budget.copy()
    np.subtract.at(fund_free, fund[fund >= 0], problem.pair_price[chosen][fund >= 0])
    family = problem.need_family[problem.pair_need[chosen]]
    met = np.bincount(family[family >= 0], minlength=len(problem.family_ids))
    at = np.bincount(support, minlength=len(problem.support_ids))
    return Use(support_free, provider_free, fund_free, met.astype(np.int64), at.astype(np.int64))


def explain_matches(problem: Problem, chosen: Ints, duals: Duals) -> Matches:
    """Give each match its reason.

    Parameters
    ----------
    problem : Problem
    chosen : ndarray
        Positions of pairs, sorted.
    duals : Duals

    Returns
    -------
    Matches
    """
    need, support, cost = problem.pair_need[chosen], problem.pair_support, problem.pair_cost
    starts = problem.pair_starts
    cheaper, instead = np.zeros(len(chosen), dtype=np.int64), np.full(len(chosen), -1)
    _count_cheaper(chosen, starts[need], starts[need + 1], cost, cheaper, instead)
    choices = starts[need + 1] - starts[need]
    rules = [
        (np.isin(chosen, problem.fixed_pairs), MatchReason.FIXED),
        (choices == 1, MatchReason.ONLY_CHOICE),
        (cheaper == 0, MatchReason.CHEAPEST),
        (_kept(problem, chosen, instead), MatchReason.KEPT),
        (cheaper > 0, MatchReason.CHEAPER_WORTH_MORE_ELSEWHERE),
    ]
    names = np.array([*problem.support_ids, None], dtype=object)
    extra = pair_charges(problem, duals, instead) - pair_charges(problem, duals, chosen)
    extra -= cost[chosen] - cost[instead]
    return Matches(
        need=problem.need_ids[need],
        support=problem.support_ids[support[chosen]],
        cost=cost[chosen],
        reason=_first_that_holds(rules, len(chosen)),
        cheaper=cheaper,
        instead=names[np.where(instead >= 0, support[instead], -1)],
        worth_elsewhere=np.where(instead >= 0, np.maximum(0, extra), 0),
    )


@entrance
def _count_cheaper(
    chosen: Ints, begin: Ints, end: Ints, cost: Any, cheaper: Ints, instead: Ints
) -> None:
    """Count the pairs of the same need that cost less, and keep the cheapest of them."""
    for k in range(len(chosen)):
        least = cost[chosen[k]]
        for pair in range(begin[k], end[k]):
            if cost[pair] < cost[chosen[k]]:
                cheaper[k] += 1
                if cost[pair] < least:
                    instead[k], least = pair, cost[pair]


def _kept(problem: Problem, chosen: Ints, instead: Ints) -> Bools:
    """Say which would not be the cheapest but for what keeping them saves."""
    cost = pair_costs(problem)
    previous = np.isin(chosen, problem.previous_pairs)
    return previous & (instead >= 0) & (cost[chosen] <= cost[instead])


def _first_that_holds(rules: Sequence[tuple[Bools, StrEnum]], size: int) -> Texts:
    reason = np.full(size, None, dtype=object)
    for holds, name in reversed(rules):
        reason[holds] = name.value
    return reason


def explain_unmet(problem: Problem, chosen: Ints) -> Unmet:
    """Give each unmet need the first reason that holds.

    What is taken or full counts as a reason only where having it would save something.

    Parameters
    ----------
    problem : Problem
    chosen : ndarray
        Positions of pairs.

    Returns
    -------
    Unmet
    """
    met = np.zeros(len(problem.need_ids), dtype=bool)
    met[problem.pair_need[chosen]] = True
    unmet = np.flatnonzero(~met)
    use = count_use(problem, chosen)
    starts = problem.pair_starts
    lacks = np.zeros(len(unmet), dtype=np.int64)
    _find_lacks(
        (unmet, starts[unmet], starts[unmet + 1]),
        (problem.pair_support, problem.pair_places, problem.pair_price),
        (pair_costs(problem), _cost_unmet(problem, use)),
        (problem.support_at_least > 1) & (use.support_met == 0),
        _left(use.fund_free, problem.support_fund),
        _left(use.provider_free, problem.support_provider),
        use.support_free,
        lacks,
    )
    rules = [
        (starts[unmet] == starts[unmet + 1], UnmetReason.NO_CANDIDATE),
        (_family_spent(problem, use)[unmet], UnmetReason.FAMILY_LIMIT),
        ((lacks & _IDLE) > 0, UnmetReason.GROUP_TOO_SMALL),
        ((lacks & _SPENT) > 0, UnmetReason.BUDGET_SPENT),
        ((lacks & _FULL) > 0, UnmetReason.PROVIDER_FULL),
        ((lacks & _TAKEN) > 0, UnmetReason.PLACES_TAKEN),
        (np.ones(len(unmet), dtype=bool), UnmetReason.COSTS_MORE_THAN_UNMET),
    ]
    return Unmet(problem.need_ids[unmet], _first_that_holds(rules, len(unmet)))


@entrance
def _find_lacks(
    spans: Any, pairs: Any, costs: Any, idle: Any, fund: Any, provider: Any, free: Any, lacks: Any
) -> None:
    """Find what the pairs that would save something lack."""
    need, begin, end = spans
    support, places, price = pairs
    cost, unmet_cost = costs
    for k in range(len(lacks)):
        for pair in range(begin[k], end[k]):
            if cost[pair] >= unmet_cost[need[k]]:
                continue
            at = support[pair]
            if idle[at]:
                lacks[k] |= _IDLE
            if price[pair] > fund[at]:
                lacks[k] |= _SPENT
            if places[pair] > provider[at]:
                lacks[k] |= _FULL
            if places[pair] > free[at]:
                lacks[k] |= _TAKEN


def _left(free: Ints, where: Ints) -> Ints:
    """Give what is left of each support's provider or fund; without one, no limit."""
    return np.append(free, NO_LIMIT)[where]


def _cost_unmet(problem: Problem, use: Use) -> Ints:
    """Cost each need left unmet, the surcharge within where its family has nothing."""
    cost = problem.unmet_cost.copy()
    named = np.flatnonzero(problem.need_family >= 0)
    family = problem.need_family[named]
    cost[named] += np.where(use.family_met[family] == 0, problem.none_met_cost[family], 0)
    return cost


def _family_spent(problem: Problem, use: Use) -> Bools:
    spent = np.zeros(len(problem.need_ids), dtype=bool)
    named = problem.need_family >= 0
    at_limit = use.family_met >= problem.family_at_most
    spent[named] = at_limit[problem.need_family[named]]
    return spent
