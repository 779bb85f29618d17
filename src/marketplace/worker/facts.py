"""What the engine's names and positions stand for, in plain values."""

from typing import Any

import numpy as np

from marketplace.worker.payers import FREE
from marketplace.worker.planning import WHOLE
from marketplace.worker.stating import Stated


def positions(stated: Stated, needs: Any, supports: Any) -> tuple[Any, Any]:
    return (
        np.array([stated.need_at[one] for one in needs.tolist()], dtype=np.int64),
        np.array([stated.support_at[one] for one in supports.tolist()], dtype=np.int64),
    )


def fund_id_of(stated: Stated, purse: int) -> str | None:
    purses = stated.tables.limits.purses
    return (purses[purse].id or None) if purses and purse != FREE else None


def intake_id_of(stated: Stated, support: str | None) -> str | None:
    if support is None:
        return None
    at = int(stated.support_intake[stated.support_at[support]])
    return stated.tables.intake_ids[at]


def facts_of(stated: Stated, rows: Any) -> list[dict[str, Any]]:
    """What pairs cost, and why, by where they stand."""
    pairs, tables = stated.pairs, stated.tables
    effect = tables.intakes.effect[pairs.intake[rows], tables.needs.code[pairs.need[rows]]]
    metres = pairs.metres[rows]
    columns = (
        pairs.places[rows].tolist(),
        pairs.price_pence[rows].tolist(),
        pairs.cost_pence[rows].tolist(),
        (effect / WHOLE).tolist(),
        np.where(np.isnan(metres), -1, np.rint(metres)).astype(np.int64).tolist(),
    )
    return [
        {
            "places": places,
            "price_pence": price,
            "cost_pence": cost,
            "effect": share,
            "travel_metres": None if far < 0 else far,
        }
        for places, price, cost, share, far in zip(*columns, strict=True)
    ]
