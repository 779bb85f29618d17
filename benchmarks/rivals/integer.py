"""The sides as one integer program for scipy's HiGHS: knows nothing of how the engine does it."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from scipy import optimize, sparse

from matching import Problem


@dataclass(frozen=True)
class IntegerRun:
    """What HiGHS found: None where nothing, and its bound."""

    objective: int | None
    bound: float | None
    seconds: float

    @property
    def proved(self) -> bool:
        """Whether nothing cheaper is possible; HiGHS stops at a gap of 10^-9, we count pence."""
        return (
            self.objective is not None
            and self.bound is not None
            and self.objective - self.bound < 1 - 1e-6
        )

    @property
    def gap(self) -> float | None:
        """(objective - bound) / |objective|."""
        if self.objective is None or self.bound is None:
            return None
        return (self.objective - self.bound) / max(1, abs(self.objective))


def solve_by_highs(problem: Problem, seconds: float) -> IntegerRun:
    """Needs, places, minimum sizes, opening costs, budgets, floors; no families, no providers.

    A variable a pair, then one a support that has a minimum or an opening cost.
    """
    begin = perf_counter()
    pairs, supports = len(problem.pair_need), len(problem.support_ids)
    spare = np.where(problem.must_meet, 0, problem.unmet_cost)
    saving = spare[problem.pair_need] - problem.pair_cost
    cost = np.concatenate([-saving, problem.opening_cost])
    solved = optimize.milp(
        cost,
        integrality=np.ones(pairs + supports),
        bounds=optimize.Bounds(0, 1),
        constraints=list(_constraints(problem)),
        options={"time_limit": seconds, "mip_rel_gap": 1e-9},
    )
    base = int(spare.sum())
    found = None if solved.x is None else base + round(float(cost @ np.rint(solved.x)))
    bound = None if solved.mip_dual_bound is None else base + solved.mip_dual_bound
    return IntegerRun(found, bound, perf_counter() - begin)


def _constraints(problem: Problem):  # noqa: ANN202  # scipy ships no types
    pairs, supports = len(problem.pair_need), len(problem.support_ids)
    need, support, places = problem.pair_need, problem.pair_support, problem.pair_places
    ones = np.ones(pairs)

    def rows(row, value, count, opened=None):  # noqa: ANN001, ANN202  # as above
        left = sparse.csr_array((value, (row, np.arange(pairs))), shape=(count, pairs))
        right = (
            sparse.csr_array((count, supports))
            if opened is None
            else sparse.diags_array(opened.astype(float))
        )
        return sparse.hstack([left, right], format="csr")

    least = problem.must_meet.astype(float)
    yield optimize.LinearConstraint(rows(need, ones, len(problem.need_ids)), least, 1)
    room = rows(support, places, supports, -problem.support_places)
    yield optimize.LinearConstraint(room, -np.inf, 0)
    filled = rows(support, ones, supports, -problem.support_at_least)
    yield optimize.LinearConstraint(filled, 0, np.inf)
    linked = sparse.hstack(
        [
            sparse.eye(pairs),
            sparse.csr_array((-ones, (np.arange(pairs), support)), shape=(pairs, supports)),
        ]
    )
    if problem.opening_cost.any():
        yield optimize.LinearConstraint(linked, -np.inf, 0)
    if len(problem.fund_ids):
        spent = rows(problem.support_fund[support], problem.pair_price, len(problem.fund_ids))
        yield optimize.LinearConstraint(spent, -np.inf, problem.fund_budget)
    if len(problem.group_ids):
        met = rows(problem.need_group[need], ones, len(problem.group_ids))
        yield optimize.LinearConstraint(met, problem.group_at_least, np.inf)
