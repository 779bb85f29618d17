"""What lies beyond a flow: the rules that need a search, told apart without loading one."""

from __future__ import annotations

import numpy as np

from matching.network import split_households
from matching.problem import NO_LIMIT, Problem
from matching.tables import Bools


def leaves_flow(problem: Problem) -> bool:
    """Say whether a problem has a rule that a flow cannot hold."""
    return bool(
        (problem.support_at_least > 1).any()
        or (problem.opening_cost > 0).any()
        or (problem.fund_budget < NO_LIMIT).any()
        or (problem.pair_places > 1).any()
        or (cut_floors(problem) & problem.group_has_floor).any()
    )


def cut_floors(problem: Problem) -> Bools:
    """Say which groups hold only some of the needs of a family with a node of its own."""
    in_hub = np.flatnonzero(split_households(problem).in_hub)
    group, family = problem.need_group[in_hub], problem.need_family[in_hub]
    first = np.full(len(problem.family_ids), -1, dtype=np.int64)
    first[family] = group
    split = np.zeros(len(problem.family_ids), dtype=bool)
    split[family[first[family] != group]] = True
    cut = np.zeros(len(problem.group_ids) + 1, dtype=bool)
    cut[group[split[family]]] = True
    return cut[:-1]
