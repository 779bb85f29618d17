"""The linear relaxation of a model, and prices and bids from its duals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from matching.bids import POUND
from matching.prices import Shared
from matching.problem import Problem
from matching.sides.apart import run_bounded
from matching.sides.model import Floats, Model
from matching.tables import Ints

#: Prices are cut here, so that price times places stays below 2^63; a cut price still proves.
_DEAREST = 2**40


@dataclass(frozen=True, eq=False)
class Relaxed:
    """A solved linear relaxation.

    Parameters
    ----------
    x : ndarray, shape (columns,)
    duals : ndarray, shape (rows,)
        What one more on the right-hand side changes the cost by.
    value : float
    """

    x: Floats
    duals: Floats
    value: float


def relax(model: Model, *, seconds: float | None = None) -> Relaxed | None:
    """Solve the linear relaxation.

    Parameters
    ----------
    model : Model
    seconds : float, optional

    Returns
    -------
    Relaxed or None
        None where there is nothing to solve, no solution, or no time.
    """
    if not len(model.cost):
        return None
    above, below = np.isfinite(model.high), np.isfinite(model.low)
    job = {
        "whole": False,
        "cost": model.cost,
        "rows": sparse.vstack([model.rows[above], -model.rows[below]], format="csr"),
        "high": np.concatenate([model.high[above], -model.low[below]]),
        "least": model.least,
    }
    found = run_bounded(job, seconds)
    if found is None or found["status"] != 0:
        return None
    duals = np.zeros(len(model.low))
    split = int(above.sum())
    duals[above] = found["duals"][:split]
    duals[below] -= found["duals"][split:]
    return Relaxed(found["x"], duals, float(found["fun"]) + model.base)


def shared_prices(problem: Problem, model: Model, duals: Floats, fine: int = 1) -> Shared:
    """Read prices of what families share out of the duals, in whole parts of a penny."""
    return Shared(
        support=_whole(model, fine * duals, "supports", len(problem.support_ids)),
        provider=_whole(model, fine * duals, "providers", len(problem.provider_ids)),
        fund=_whole(model, POUND * fine * duals, "funds", len(problem.fund_ids)),
        floor=_whole(model, fine * duals, "floors", len(problem.group_ids)),
    )


def bids_of(problem: Problem, model: Model, duals: Floats) -> Floats:
    """Read out of the duals at what pence each need is offered to the supports."""
    bid = np.zeros(len(problem.need_ids))
    bid[model.row_of["needs"]] -= duals[model.sections["needs"]]
    family = np.zeros(len(problem.family_ids) + 1)
    family[model.row_of["families"]] -= duals[model.sections["families"]]
    family[model.row_of["surcharges"]] -= duals[model.sections["surcharges"]]
    floor = np.zeros(len(problem.group_ids) + 1)
    floor[model.row_of["floors"]] = duals[model.sections["floors"]]
    bid += family[problem.need_family] - floor[problem.need_group]
    return np.clip(bid, -_DEAREST, _DEAREST)


def _whole(model: Model, duals: Floats, kind: str, size: int) -> Ints:
    out = np.zeros(size, dtype=np.int64)
    out[model.row_of[kind]] = np.minimum(np.rint(np.abs(duals[model.sections[kind]])), _DEAREST)
    return out
