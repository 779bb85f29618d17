"""Draws the order in which a search meets the rows, so that nobody's id favours them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matching.problem import Problem
from matching.tables import Ints


def shuffle_problem(problem: Problem, seed: int) -> tuple[Problem, Ints]:
    """Renumber everything by lot.

    A search breaks ties by position. After a draw that treats all positions alike, two needs
    that differ only in their id stand equally often in either's place.

    Parameters
    ----------
    problem : Problem
    seed : int

    Returns
    -------
    shuffled : Problem
        Its ids are not sorted; all else is as in any problem.
    pair : ndarray, shape (pairs,)
        The original position of each of its pairs.
    """
    rng = np.random.default_rng(seed)
    need, support = (
        rng.permutation(len(problem.need_ids)),
        rng.permutation(len(problem.support_ids)),
    )
    family, group = (
        rng.permutation(len(problem.family_ids)),
        rng.permutation(len(problem.group_ids)),
    )
    provider = rng.permutation(len(problem.provider_ids))
    fund = rng.permutation(len(problem.fund_ids))
    pair_need = _places(need)[problem.pair_need]
    pair_support = _places(support)[problem.pair_support]
    pair = np.lexsort((pair_support, pair_need))
    place = _places(pair)
    shuffled = replace(
        problem,
        need_ids=problem.need_ids[need],
        unmet_cost=problem.unmet_cost[need],
        must_meet=problem.must_meet[need],
        need_family=_renamed(problem.need_family[need], family),
        need_group=_renamed(problem.need_group[need], group),
        support_ids=problem.support_ids[support],
        support_places=problem.support_places[support],
        support_provider=_renamed(problem.support_provider[support], provider),
        support_fund=_renamed(problem.support_fund[support], fund),
        support_at_least=problem.support_at_least[support],
        opening_cost=problem.opening_cost[support],
        pair_need=pair_need[pair],
        pair_support=pair_support[pair],
        pair_cost=problem.pair_cost[pair],
        pair_places=problem.pair_places[pair],
        pair_price=problem.pair_price[pair],
        provider_ids=problem.provider_ids[provider],
        provider_places=problem.provider_places[provider],
        family_ids=problem.family_ids[family],
        family_at_most=problem.family_at_most[family],
        none_met_cost=problem.none_met_cost[family],
        fund_ids=problem.fund_ids[fund],
        fund_budget=problem.fund_budget[fund],
        group_ids=problem.group_ids[group],
        group_at_least=problem.group_at_least[group],
        group_has_floor=problem.group_has_floor[group],
        fixed_pairs=np.sort(place[problem.fixed_pairs]),
        previous_pairs=np.sort(place[problem.previous_pairs]),
    )
    return shuffled, pair


def _places(order: Ints) -> Ints:
    """Give the new place of each old position."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return place


def _renamed(reference: Ints, order: Ints) -> Ints:
    return np.append(_places(order), -1)[reference]
