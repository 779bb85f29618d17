"""Which pairs are worth trying."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matching.problem import Problem
from matching.sides.model import Floats
from matching.tables import Ints

#: What floating point may have lost of a bound, relatively.
_DOUBT = 1e-9


def worth_trying(
    pairs: Ints, objective: int | None, proofs: Sequence[tuple[float, Floats]]
) -> Ints:
    """Leave out pairs whose cost in some bound exceeds its gap: no better plan has them.

    Parameters
    ----------
    pairs : ndarray
    objective : int or None
        Of the best plan so far, pence; None where there is none.
    proofs : sequence of (float, ndarray)
        Bounds, and by how much each pair would lift them at least if it had to be chosen.

    Returns
    -------
    ndarray
    """
    if objective is None:
        return pairs
    for bound, forcing in proofs:
        gap = objective - bound - 1 + _DOUBT * (1 + abs(bound))
        pairs = pairs[forcing[pairs] <= gap]
    return pairs


def cheapest_pairs(problem: Problem, usable: Ints, reduced: Floats, count: int) -> Ints:
    """Give each need its best pairs by reduced cost, sorted."""
    order = usable[np.lexsort((reduced[usable], problem.pair_need[usable]))]
    need = problem.pair_need[order]
    return np.sort(order[np.arange(len(order)) - np.searchsorted(need, need) < count])
