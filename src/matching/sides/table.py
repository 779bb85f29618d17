"""The price table where plans are searched for: what the proof's prices say, called estimates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matching.bids import Bids
from matching.ids import Ids
from matching.prices import Duals
from matching.problem import NO_LIMIT, Problem
from matching.result import Prices
from matching.tables import Bools, Ints


def estimate_prices(problem: Problem, duals: Duals, bids: Bids | None) -> Prices:
    """Give every limit its price in the proof.

    Prices of a relaxation say what one more is worth to it, not to whole plans, so `exact` is
    false everywhere.

    Parameters
    ----------
    problem : Problem
    duals : Duals
    bids : Bids or None

    Returns
    -------
    Prices
        Sorted by kind and id.
    """
    everyone = np.ones(len(problem.support_ids), dtype=bool)
    parts = [
        _rows("family", problem.family_ids, duals.family, problem.family_at_most < NO_LIMIT),
        _rows("floor", problem.group_ids, duals.floor, problem.group_has_floor),
        _rows("fund", problem.fund_ids, duals.fund, problem.fund_budget < NO_LIMIT),
        _rows("provider", problem.provider_ids, duals.provider, problem.provider_places < NO_LIMIT),
        _rows("support", problem.support_ids, duals.support, everyone),
    ]
    prices = Prices(
        *(np.concatenate([getattr(part, column) for part in parts]) for column in vars(parts[0]))
    )
    return prices if bids is None else replace(prices, fine=_fine(problem, prices, bids))


def _fine(problem: Problem, prices: Prices, bids: Bids) -> Ints:
    """Give the prices that stand beside the bids, row by row."""
    fine = np.zeros(len(prices.id), dtype=np.int64)
    kinds = {
        "floor": (bids.floor, problem.group_has_floor),
        "fund": (bids.fund, problem.fund_budget < NO_LIMIT),
        "provider": (bids.provider, problem.provider_places < NO_LIMIT),
    }
    for kind, (price, keep) in kinds.items():
        fine[prices.kind == kind] = price[keep]
    return fine


def _rows(kind: str, ids: Ids, price: Ints, keep: Bools) -> Prices:
    size = int(keep.sum())
    kinds = np.full(size, kind, dtype=object)
    low = price[keep]
    return Prices(kinds, ids[keep], low, low, np.zeros(size, dtype=bool), low)
