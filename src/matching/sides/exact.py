"""An integer programme solved by HiGHS, with what its bound is worth in whole pence."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf

import numpy as np

from matching.sides.apart import START, is_small, run_bounded
from matching.sides.model import Floats, Model
from matching.tables import Ints


@dataclass(frozen=True, eq=False)
class Answer:
    """What a search found.

    Parameters
    ----------
    pairs : ndarray or None
        Positions of the chosen pairs in the problem, sorted; None where none was found.
    bound : float
        No plan of the model costs less; minus infinity where nothing is known.
    infeasible : bool
        There is no plan.
    """

    pairs: Ints | None
    bound: float
    infeasible: bool


#: What scipy calls its outcomes.
_INFEASIBLE = 2


def solve_model(model: Model, *, seconds: float | None = None, gap: float = 0.0) -> Answer:
    """Search for the cheapest plan of a model.

    Parameters
    ----------
    model : Model
    seconds : float, optional
    gap : float
        Good enough, relative to the objective.

    Returns
    -------
    Answer
    """
    if not len(model.cost):
        held = bool((model.low <= 0).all() and (model.high >= 0).all())
        return Answer(np.array([], dtype=np.int64) if held else None, model.base, not held)
    if (model.low > model.high).any():
        return Answer(None, -inf, infeasible=True)
    options = {"mip_rel_gap": gap}
    if seconds is not None:
        options["time_limit"] = max(0.1, seconds - (0 if is_small(model.least) else START))
    job = {
        "whole": True,
        "cost": model.cost,
        "rows": model.rows,
        "low": model.low,
        "high": model.high,
        "least": model.least,
        "options": options,
    }
    found = run_bounded(job, seconds)
    if found is None:
        return Answer(None, -inf, infeasible=False)
    if found["status"] == _INFEASIBLE:
        return Answer(None, -inf, infeasible=True)
    bound = -inf if found["bound"] is None else found["bound"] + model.base
    return Answer(_chosen(model, found["x"]), bound, infeasible=False)


def _chosen(model: Model, x: Floats | None) -> Ints | None:
    if x is None:
        return None
    chosen: Ints = model.pair[np.flatnonzero(x[: len(model.pair)] > 0.5)]  # noqa: PLR2004 - whole
    return chosen


def whole_bound(bound: float, model: Model) -> int | None:
    """Round a bound up to whole pence, less what floating point may have lost on the way.

    Parameters
    ----------
    bound : float
    model : Model

    Returns
    -------
    int or None
        None where nothing is known.
    """
    if bound == -inf:
        return None
    doubt = 1e-5 + 1e-12 * (float(np.abs(model.cost).sum()) + abs(model.base))
    return ceil(bound - doubt)
