"""Plans under rules that leave the flow: exact where small, improving with a bound where large."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from matching.network import split_households
from matching.prices import Duals, Shared, price_families
from matching.problem import NO_LIMIT, Problem
from matching.progress import Progress
from matching.sides.exact import solve_model, whole_bound
from matching.sides.lots import shuffle_problem
from matching.sides.model import build_model
from matching.sides.relaxation import relax, shared_prices
from matching.tables import Ints


@dataclass(frozen=True, eq=False)
class Found:
    """What a search ended with.

    Parameters
    ----------
    pairs : ndarray or None
        The best plan's pairs, sorted; None where none was found.
    bound : int
        No plan costs less.
    duals : Duals
        Prices that prove a bound, as a rule a weaker one.
    infeasible : bool
    """

    pairs: Ints | None
    bound: int
    duals: Duals
    infeasible: bool = False


def leaves_flow(problem: Problem) -> bool:
    """Say whether a problem has a rule that a flow cannot hold."""
    return bool(
        (problem.support_at_least > 1).any()
        or (problem.opening_cost > 0).any()
        or (problem.fund_budget < NO_LIMIT).any()
        or (problem.pair_places > 1).any()
        or floors_cut_families(problem)
    )


def floors_cut_families(problem: Problem) -> bool:
    """Say whether a floor counts only some of the open needs of a family with a node of its own."""
    in_hub = np.flatnonzero(split_households(problem).in_hub)
    group = np.append(problem.group_has_floor, False)[problem.need_group]
    floored = np.where(group, problem.need_group, -1)[in_hub]
    family = problem.need_family[in_hub]
    first = np.full(len(problem.family_ids), -1, dtype=np.int64)
    first[family] = floored
    return bool((first[family] != floored).any())


def search(
    problem: Problem,
    *,
    seed: int,
    seconds: float | None,
    progress: Callable[[Progress], None] | None = None,
) -> Found:
    """Find a plan and a bound.

    Parameters
    ----------
    problem : Problem
    seed : int
        Draws the order in which rows are met, and with it one of the equal plans.
    seconds : float, optional
    progress : callable, optional

    Returns
    -------
    Found
        In positions of the problem as given.
    """
    shuffled, pair = shuffle_problem(problem, seed)
    model = build_model(shuffled)
    answer = solve_model(model, seconds=seconds)
    pairs = None if answer.pairs is None else np.sort(pair[answer.pairs])
    duals = _relaxed_prices(problem)
    bound = whole_bound(answer.bound, model)
    return Found(pairs, duals.bound if bound is None else bound, duals, answer.infeasible)


def _relaxed_prices(problem: Problem) -> Duals:
    """Prove what the linear relaxation can, in whole pence."""
    model = build_model(problem)
    relaxed = relax(model)
    shared = (
        _nothing_shared(problem) if relaxed is None else shared_prices(problem, model, relaxed[0])
    )
    return price_families(problem, split_households(problem), model.pair, shared)


def _nothing_shared(problem: Problem) -> Shared:
    ids = (problem.support_ids, problem.provider_ids, problem.fund_ids, problem.group_ids)
    return Shared(*(np.zeros(len(names), dtype=np.int64) for names in ids))
