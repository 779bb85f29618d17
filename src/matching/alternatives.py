"""What else a need could have: its next best choices with places free."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.explain import count_use
from matching.network import limited_supports, pair_costs
from matching.problem import Ids, Problem
from matching.result import Plan
from matching.tables import Bools, Ints


@dataclass(frozen=True, eq=False)
class Alternatives:
    """Next best choices, sorted by need, the best first.

    Parameters
    ----------
    need, support : ndarray of str
    extra_pence : ndarray
        By how much at least the whole plan gets dearer, by the proof's prices.
    """

    need: Ids
    support: Ids
    extra_pence: Ints


def find_alternatives(problem: Problem, plan: Plan, *, most: int = 3) -> Alternatives:
    """Find each need's next best choices that have places free.

    Parameters
    ----------
    problem : Problem
    plan : Plan
        Proved by prices.
    most : int
        How many a need.

    Returns
    -------
    Alternatives
    """
    chosen = _is_chosen(problem, plan)
    use = count_use(problem, np.flatnonzero(chosen))
    support = problem.pair_support
    room = use.support_free[support] >= problem.pair_places
    limited = limited_supports(problem)[support]
    provider = problem.support_provider[support[limited]]
    room[limited] &= use.provider_free[provider] >= problem.pair_places[limited]
    standing = np.isin(problem.pair_need, problem.pair_need[problem.fixed_pairs])
    pairs = np.flatnonzero(room & ~chosen & ~standing)
    extra = _extra(problem, plan)
    order = pairs[np.lexsort((support[pairs], extra[pairs], problem.pair_need[pairs]))]
    need = problem.pair_need[order]
    order = order[np.arange(len(order)) - np.searchsorted(need, need) < most]
    return Alternatives(
        problem.need_ids[problem.pair_need[order]],
        problem.support_ids[support[order]],
        np.maximum(0, extra[order]),
    )


def _is_chosen(problem: Problem, plan: Plan) -> Bools:
    support = {name: row for row, name in enumerate(problem.support_ids)}
    mine = np.full(len(problem.need_ids), -1, dtype=np.int64)
    rows = np.searchsorted(problem.need_ids.astype(str), plan.matches.need.astype(str))
    mine[rows] = [support[name] for name in plan.matches.support]
    is_chosen: Bools = mine[problem.pair_need] == problem.pair_support
    return is_chosen


def _extra(problem: Problem, plan: Plan) -> Ints:
    """Give each pair's reduced cost; free places have no price, so only the need's side counts.

    A family's surcharge is left out: it lowers all of a family's pairs alike.
    """
    need = problem.pair_need
    saving = problem.unmet_cost[need] - pair_costs(problem)
    worth = plan.need_values.pence[need] - saving
    chosen = _is_chosen(problem, plan)
    now = np.zeros(len(problem.need_ids), dtype=np.int64)
    price = _place_prices(problem, plan)
    now[need[chosen]] = worth[chosen] + price[problem.pair_support[chosen]]
    return worth + price[problem.pair_support] - now[need]


def _place_prices(problem: Problem, plan: Plan) -> Ints:
    def by_id(kind: str) -> dict[str, int]:
        rows = plan.prices.kind == kind
        return dict(zip(plan.prices.id[rows], plan.prices.price[rows], strict=True))

    support, provider = by_id("support"), by_id("provider")
    price = np.array([support.get(name, 0) for name in problem.support_ids], dtype=np.int64)
    limited = limited_supports(problem)
    names = problem.provider_ids[problem.support_provider[limited]]
    price[limited] += np.array([provider.get(name, 0) for name in names], dtype=np.int64)
    return price
