"""What a choice of pairs costs, by the format's formula."""

from __future__ import annotations

import numpy as np

from matching.network import pair_costs
from matching.problem import Problem
from matching.tables import Ints


def count_cost(problem: Problem, chosen: Ints) -> int:
    """Add up what a choice of pairs costs, pence.

    Parameters
    ----------
    problem : Problem
    chosen : ndarray
        Positions of pairs.

    Returns
    -------
    int
    """
    met = np.zeros(len(problem.need_ids), dtype=bool)
    met[problem.pair_need[chosen]] = True
    reached = np.zeros(len(problem.family_ids), dtype=bool)
    family = problem.need_family[met]
    reached[family[family >= 0]] = True
    used = np.unique(problem.pair_support[chosen])
    return (
        int(pair_costs(problem)[chosen].sum())
        + int(problem.opening_cost[used].sum())
        + int(problem.unmet_cost[~met].sum())
        + int(problem.none_met_cost[~reached].sum())
        + problem.stability_cost * len(problem.previous_pairs)
    )
