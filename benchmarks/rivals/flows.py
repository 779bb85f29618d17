"""Other ways to the same plan: the bare flow that is the unit of all ratios, an LP, two rules."""

from __future__ import annotations

import numpy as np
from ortools.graph.python import min_cost_flow
from scipy import optimize, sparse

from matching import Problem


def solve_bare_flow(problem: Problem) -> int:
    """Build and solve OR-Tools' flow on the pairs; no proof, no prices, no reasons, no ids."""
    needs, supports = len(problem.need_ids), len(problem.support_ids)
    sink = needs + supports
    solver = min_cost_flow.SimpleMinCostFlow()
    need, support = np.arange(needs), np.arange(supports)
    tail = np.concatenate([problem.pair_need, needs + support, need])
    head = np.concatenate([needs + problem.pair_support, np.full(supports + needs, sink)])
    ones = np.ones(len(problem.pair_need), dtype=np.int64)
    capacity = np.concatenate([ones, problem.support_places, np.ones_like(need)])
    cost = np.concatenate([problem.pair_cost, np.zeros_like(support), problem.unmet_cost])
    solver.add_arcs_with_capacity_and_unit_cost(
        tail.astype(np.int32), head.astype(np.int32), capacity, cost
    )
    solver.set_nodes_supplies(
        np.arange(sink + 1, dtype=np.int32), np.r_[np.ones_like(need), 0 * support, -needs]
    )
    assert solver.solve() == solver.OPTIMAL
    return int(solver.optimal_cost())


def solve_linear_program(problem: Problem) -> int:
    """Solve the same by scipy's HiGHS; the optimum of this LP is whole."""
    pairs = np.arange(len(problem.pair_need))
    ones = np.ones(len(pairs))
    rows = sparse.vstack(
        [
            sparse.csr_array((ones, (problem.pair_need, pairs))),
            sparse.csr_array((ones, (problem.pair_support, pairs))),
        ]
    )
    limits = np.concatenate(
        [
            np.ones(int(problem.pair_need.max()) + 1),
            problem.support_places[: int(problem.pair_support.max()) + 1],
        ]
    )
    saving = problem.unmet_cost[problem.pair_need] - problem.pair_cost
    solved = optimize.linprog(-saving, A_ub=rows, b_ub=limits, bounds=(0, 1), method="highs")
    assert solved.status == 0, solved.message
    return int(problem.unmet_cost.sum()) + round(solved.fun)


def best_saving_first(problem: Problem) -> int:
    """Take the pair that saves most while it is free, then the next: no plan weighs anything."""
    return _take_in_order(problem, np.argsort(-_savings(problem), kind="stable"))


def first_come_first_served(problem: Problem, seed: int = 1) -> int:
    """Let needs come in a drawn order, each taking the best place left."""
    turn = np.random.default_rng(seed).permutation(len(problem.need_ids))
    return _take_in_order(problem, np.lexsort((-_savings(problem), turn[problem.pair_need])))


def _savings(problem: Problem) -> np.ndarray:
    return problem.unmet_cost[problem.pair_need] - problem.pair_cost


def _take_in_order(problem: Problem, order: np.ndarray) -> int:
    left, free = problem.support_places.tolist(), [True] * len(problem.need_ids)
    savings = _savings(problem)
    total = int(problem.unmet_cost.sum())
    columns = (problem.pair_need[order], problem.pair_support[order], savings[order])
    for need, support, saving in zip(*(c.tolist() for c in columns), strict=True):
        if saving > 0 and free[need] and left[support]:
            free[need] = False
            left[support] -= 1
            total -= saving
    return total
