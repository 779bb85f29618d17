"""Prices from the linear relaxation of a model."""

from __future__ import annotations

import numpy as np
from scipy import optimize, sparse

from matching.prices import POUND, Shared
from matching.problem import Problem
from matching.sides.model import Floats, Model
from matching.tables import Ints

#: Prices are cut here, so that price times places stays below 2^63; a cut price still proves.
_DEAREST = 2**40


def relax(model: Model) -> tuple[Floats, float] | None:
    """Solve the linear relaxation.

    Parameters
    ----------
    model : Model

    Returns
    -------
    duals : ndarray, shape (rows,)
        What one more on the right-hand side changes the cost by.
    bound : float

    None comes back where there is nothing to solve, or no solution.
    """
    if not len(model.cost):
        return None
    above, below = np.isfinite(model.high), np.isfinite(model.low)
    matrix = sparse.vstack([model.rows[above], -model.rows[below]], format="csr")
    found = optimize.linprog(
        model.cost,
        A_ub=matrix,
        b_ub=np.concatenate([model.high[above], -model.low[below]]),
        bounds=np.stack([model.least, np.ones(len(model.cost))], axis=1),
        method="highs",
    )
    if found.x is None or found.status != 0:
        return None
    duals = np.zeros(len(model.low))
    split = int(above.sum())
    duals[above] = found.ineqlin.marginals[:split]
    duals[below] -= found.ineqlin.marginals[split:]
    return duals, float(found.fun) + model.base


def shared_prices(problem: Problem, model: Model, duals: Floats) -> Shared:
    """Read whole prices of what families share out of the duals."""
    return Shared(
        support=_whole(model, duals, "supports", len(problem.support_ids)),
        provider=_whole(model, duals, "providers", len(problem.provider_ids)),
        fund=_whole(model, POUND * duals, "funds", len(problem.fund_ids)),
        floor=_whole(model, duals, "floors", len(problem.group_ids)),
    )


def _whole(model: Model, duals: Floats, kind: str, size: int) -> Ints:
    out = np.zeros(size, dtype=np.int64)
    out[model.row_of[kind]] = np.minimum(np.rint(np.abs(duals[model.sections[kind]])), _DEAREST)
    return out
