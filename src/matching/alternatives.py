"""What else a need could have: its next best choices with places free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from matching.beyond import leaves_flow
from matching.compiled import entrance
from matching.explain import count_use
from matching.forcing import price_forced_pairs
from matching.ids import Ids, find_ids
from matching.network import limited_supports, pair_costs
from matching.problem import Problem
from matching.result import Plan, Status
from matching.search import FAR
from matching.tables import Bools, Ints


@dataclass(frozen=True, eq=False)
class Alternatives:
    """Next best choices, sorted by need, the best first.

    Parameters
    ----------
    need, support : ndarray of str
    extra_pence : ndarray
        By how much the whole plan gets dearer: exactly where all rules stay inside a flow, else
        at least so much by the proof's prices.
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
    standing = np.zeros(len(problem.need_ids), dtype=bool)
    standing[problem.pair_need[problem.fixed_pairs]] = True
    room &= ~chosen & ~standing[problem.pair_need]
    if plan.status is Status.OPTIMAL and not leaves_flow(problem):
        extra = price_forced_pairs(problem, chosen)
        room &= extra < FAR
    else:
        extra = _extra(problem, plan, chosen)
    best = np.full((len(problem.need_ids), most), -1, dtype=np.int64)
    _keep_cheapest(problem.pair_starts, room, extra, best)
    pairs = best[best >= 0]
    return Alternatives(
        problem.need_ids[problem.pair_need[pairs]],
        problem.support_ids[support[pairs]],
        np.maximum(0, extra[pairs]),
    )


@entrance
def _keep_cheapest(starts: Ints, room: Bools, extra: Ints, best: Any) -> None:
    """Keep each need's cheapest pairs, the first among equals."""
    most = best.shape[1]
    for need in range(len(best)):
        kept = 0
        for pair in range(starts[need], starts[need + 1]):
            if not room[pair] or (
                kept == most and (kept == 0 or extra[best[need, most - 1]] <= extra[pair])
            ):
                continue
            kept = min(kept + 1, most)
            at = kept - 1
            while at > 0 and extra[best[need, at - 1]] > extra[pair]:
                best[need, at] = best[need, at - 1]
                at -= 1
            best[need, at] = pair


def _is_chosen(problem: Problem, plan: Plan) -> Bools:
    mine = np.full(len(problem.need_ids), -1, dtype=np.int64)
    rows = find_ids(plan.matches.need, problem.need_ids)
    mine[rows] = find_ids(plan.matches.support, problem.support_ids)
    is_chosen: Bools = mine[problem.pair_need] == problem.pair_support
    return is_chosen


def _extra(problem: Problem, plan: Plan, chosen: Bools) -> Ints:
    """Give each pair's reduced cost; free places have no price, so only the need's side counts.

    A family's surcharge is left out: it lowers all of a family's pairs alike.
    """
    need = problem.pair_need
    saving = problem.unmet_cost[need] - pair_costs(problem)
    worth = plan.need_values.pence[need] - saving
    now = np.zeros(len(problem.need_ids), dtype=np.int64)
    price = _place_prices(problem, plan)
    now[need[chosen]] = worth[chosen] + price[problem.pair_support[chosen]]
    return worth + price[problem.pair_support] - now[need]


def _place_prices(problem: Problem, plan: Plan) -> Ints:
    price = _prices_of("support", problem.support_ids, plan)
    limited = limited_supports(problem)
    shared = _prices_of("provider", problem.provider_ids, plan)
    price[limited] += shared[problem.support_provider[limited]]
    return price


def _prices_of(kind: str, ids: Ids, plan: Plan) -> Ints:
    rows = plan.prices.kind == kind
    price = np.zeros(len(ids), dtype=np.int64)
    price[find_ids(plan.prices.id[rows], ids)] = plan.prices.price[rows]
    return price
