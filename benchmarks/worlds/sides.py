"""Towns with groups that must fill, funds that run out, and a floor for every town."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from worlds.towns import Tables, Towns, name_rows, pick

FUNDS = 3
MUST_FILL = 0.3
#: Of what all places of a fund's supports would cost together.
BUDGET_SHARE = 0.6
FLOOR_SHARE = 0.2


def make_sided_tables(needs: int, supports: int, *, seed: int = 1) -> Tables:
    """Three of ten supports run only at least half full (two needs at least); three budgets."""
    towns = Towns(needs, supports, seed=seed)
    pairs = towns.pairs_near()
    tables = towns.tables(pairs)
    rng, places = towns.rng, towns.places.astype(np.int64)
    must_fill = (rng.random(supports) < MUST_FILL) & (places >= 2)
    fund = rng.integers(0, FUNDS, supports)
    spent = np.bincount(fund, weights=towns.price * places, minlength=FUNDS)
    funds = name_rows("f", FUNDS)
    tables["supports"]["at_least"] = np.where(must_fill, np.maximum(2, places // 2), 0)
    tables["supports"]["fund"] = pick(funds, fund)
    tables["candidates"]["price"] = towns.price[tables["candidates"]["support"].indices.to_numpy()]
    tables["funds"] = {"id": funds, "budget": (BUDGET_SHARE * spent).astype(np.int64)}
    people = np.bincount(towns.town)
    wards = name_rows("w", len(people))
    tables["needs"]["group"] = pick(wards, towns.town)
    floor = (FLOOR_SHARE * people).astype(np.int64)
    tables["floors"] = {"group": wards, "at_least": pa.array(floor)}
    return tables
