"""How many supports can run in a better plan: a row that saves branching on which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import ceil, floor

import numpy as np
from scipy import sparse

from matching.sides.model import Model
from matching.sides.relaxation import relax
from matching.tables import Ints

#: What floating point may have lost of a count.
_DOUBT = 1e-3


def count_opened(model: Model, objective: int | None, left: Callable[[], float]) -> Model:
    """State how many of the supports that run as a whole can run where a plan costs no more.

    The fewest and the most are those of the relaxation, so no such plan is lost.

    Parameters
    ----------
    model : Model
    objective : int or None
        Of the best plan so far, pence; None where there is none.
    left : callable
        Seconds that are left.

    Returns
    -------
    Model
        With one row more, or as it was where the relaxation says nothing.
    """
    opened = slice(len(model.pair), len(model.pair) + len(model.opened))
    if objective is None or not model.cost[opened].any():
        return model
    running = np.zeros(len(model.cost), dtype=np.int64)
    running[opened] = 1
    cheap = _with_row(model, model.cost, -np.inf, objective - model.base)
    ends = []
    for sign in (1, -1):
        found = relax(replace(cheap, cost=sign * running, base=0), seconds=left())
        if found is None:
            return model
        ends.append(sign * found.value)
    fewest, most = ceil(ends[0] - _DOUBT), floor(ends[1] + _DOUBT)
    return _with_row(model, running, fewest, most)


def _with_row(model: Model, row: Ints, low: float, high: float) -> Model:
    return replace(
        model,
        rows=sparse.vstack(
            [model.rows, sparse.csr_array(row[None, :].astype(float))], format="csr"
        ),
        low=np.append(model.low, low),
        high=np.append(model.high, high),
    )
