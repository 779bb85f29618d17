"""Better plans by solving small parts exactly while the rest stands."""

from __future__ import annotations

import numpy as np

from matching.problem import Problem
from matching.sides.columns import Relaxation
from matching.tables import Bools, Ints

#: Above this a share counts as all, below one less this as nothing.
_WHOLE = 1 - 1e-6


def undecided(problem: Problem, relaxation: Relaxation) -> Bools:
    """Say which needs the relaxation splits, or places where it splits a whole support."""
    model, x = relaxation.model, relaxation.solved.x
    of_pair = x[: len(model.pair)]
    runs = x[len(model.pair) : len(model.pair) + len(model.opened)]
    split = np.zeros(len(problem.support_ids), dtype=bool)
    split[model.opened[(runs > 1 - _WHOLE) & (runs < _WHOLE)]] = True
    part = (of_pair > 1 - _WHOLE) & (of_pair < _WHOLE)
    part |= split[problem.pair_support[model.pair]] & (of_pair > 1 - _WHOLE)
    free = np.zeros(len(problem.need_ids), dtype=bool)
    free[problem.pair_need[model.pair[part]]] = True
    return free


def leaning(relaxation: Relaxation) -> Ints:
    """Give the pairs that the relaxation chooses as a whole."""
    model, x = relaxation.model, relaxation.solved.x
    chosen: Ints = model.pair[x[: len(model.pair)] >= _WHOLE]
    return chosen


def served_otherwise(problem: Problem, lean: Ints, standing: Ints) -> Bools:
    """Say which needs a plan serves otherwise than the relaxation leans."""
    moved = np.zeros(len(problem.need_ids), dtype=bool)
    moved[problem.pair_need[np.setxor1d(lean, standing)]] = True
    return moved


def near(problem: Problem, pairs: Ints, size: int, rng: np.random.Generator) -> Bools:
    """Draw needs that compete for the same supports.

    Parameters
    ----------
    problem : Problem
    pairs : ndarray
        The pairs in play, sorted.
    size : int
        How many needs about.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of bool, shape (needs,)
    """
    need, support = problem.pair_need[pairs], problem.pair_support[pairs]
    free = np.zeros(len(problem.need_ids), dtype=bool)
    reached = np.zeros(len(problem.support_ids), dtype=bool)
    free[rng.integers(len(free))] = True
    while True:
        reached[support[free[need]]] = True
        wider = free.copy()
        wider[need[reached[support]]] = True
        if wider.sum() == free.sum() or wider.sum() > size:
            break
        free = wider
    spare = np.flatnonzero(wider & ~free)
    missing = max(0, size - int(free.sum()))
    free[rng.permutation(spare)[:missing]] = True
    others = rng.permutation(len(free))[: max(0, size - int(free.sum()))]
    free[others] = True
    return free


def restrict(problem: Problem, pairs: Ints, standing: Ints, free: Bools) -> Ints:
    """Leave free needs all their pairs in play, and every other only the one that stands."""
    return np.union1d(pairs[free[problem.pair_need[pairs]]], standing)
