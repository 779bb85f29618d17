"""The linear relaxation over all pairs, from a few of them: what is missing is brought in.

Pairs come in where their reduced cost says that they would help, links where they are broken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from matching.network import pair_costs
from matching.problem import Problem
from matching.sides.model import Floats, Model, build_model, usable_pairs
from matching.sides.relaxation import Relaxed, bids_of, relax
from matching.tables import Ints

#: A pair that would help by less than this many pence is let be.
_HELPS = 0.01
#: Pairs brought in, a need a round.
_MOST = 3
_ROUNDS = 30


@dataclass(frozen=True, eq=False)
class Relaxation:
    """A relaxation over some of the pairs, with the reduced cost of all.

    Parameters
    ----------
    model : Model
    solved : Relaxed
    reduced : ndarray, shape (pairs,)
        What taking a pair costs at least, in the relaxation.
    """

    model: Model
    solved: Relaxed
    reduced: Floats


def relax_by_columns(
    problem: Problem,
    pairs: Ints,
    left: Callable[[], float | None],
    is_near: Callable[[Relaxation], bool],
) -> Relaxation | None:
    """Solve the relaxation with pairs and links brought in as they are missed.

    Parameters
    ----------
    problem : Problem
    pairs : ndarray
        Positions to begin with.
    left : callable
        Seconds that are left, or None.
    is_near : callable
        Says whether what a relaxation proves over all pairs is near enough to its value.

    Returns
    -------
    Relaxation or None
        The last that was solved; None where there was none.
    """
    usable = usable_pairs(problem)
    best = None
    linked = usable[problem.opening_cost[problem.pair_support[usable]] > 0]
    for _ in range(_ROUNDS):
        model = build_model(problem, pairs, linked=linked)
        solved = relax(model, seconds=left())
        if solved is None and best is None and len(pairs) < len(usable):
            pairs = usable
            continue
        if solved is None:
            return best
        reduced = reduced_costs(problem, model, solved.duals)
        best = Relaxation(model, solved, reduced)
        broken = _broken_links(problem, best)
        near = is_near(best)
        if near and not broken.size:
            return best
        more = _helpful(problem, reduced, usable, pairs)
        if not more.size + broken.size:
            return best
        pairs, linked = np.union1d(pairs, more), np.union1d(linked, broken)
    return best


def _broken_links(problem: Problem, relaxation: Relaxation) -> Ints:
    """Find pairs taken by more than the part in which their support runs."""
    model, x = relaxation.model, relaxation.solved.x
    runs = np.full(len(problem.support_ids), np.inf)
    runs[model.opened] = x[len(model.pair) : len(model.pair) + len(model.opened)]
    broken: Ints = model.pair[x[: len(model.pair)] > runs[problem.pair_support[model.pair]] + 1e-6]
    return broken


def proved_value(problem: Problem, relaxation: Relaxation, usable: Ints) -> float:
    """Bound the relaxation over all pairs: each need takes at most one of those left out."""
    outside = np.zeros(len(relaxation.reduced), dtype=bool)
    outside[usable] = True
    outside[relaxation.model.pair] = False
    worst = np.zeros(len(problem.need_ids))
    np.minimum.at(worst, problem.pair_need[outside], relaxation.reduced[outside])
    return relaxation.solved.value + float(worst.sum())


def reduced_costs(problem: Problem, model: Model, duals: Floats) -> Floats:
    """Price every pair, shape (pairs,)."""
    support, need = problem.pair_support, problem.pair_need
    cost = (pair_costs(problem) - problem.unmet_cost[need]).astype(float)
    price = _of(model, duals, "supports", len(problem.support_ids))
    least = _of(model, duals, "at_least", len(problem.support_ids))
    provider = _of(model, duals, "providers", len(problem.provider_ids) + 1)
    fund = _of(model, duals, "funds", len(problem.fund_ids) + 1)
    cost += bids_of(problem, model, duals)[need]
    cost -= problem.pair_places * (price[support] + provider[problem.support_provider[support]])
    cost -= least[support]
    cost -= problem.pair_price * fund[problem.support_fund[support]]
    return cost


def _of(model: Model, duals: Floats, kind: str, size: int) -> Floats:
    out = np.zeros(size)
    out[model.row_of[kind]] = duals[model.sections[kind]]
    return out


def _helpful(problem: Problem, reduced: Floats, usable: Ints, pairs: Ints) -> Ints:
    """Give the pairs that would help most, a few a need."""
    outside = np.zeros(len(reduced), dtype=bool)
    outside[usable] = True
    outside[pairs] = False
    more = np.flatnonzero(outside & (reduced < -_HELPS))
    more = more[np.lexsort((reduced[more], problem.pair_need[more]))]
    need = problem.pair_need[more]
    return more[np.arange(len(more)) - np.searchsorted(need, need) < _MOST]
