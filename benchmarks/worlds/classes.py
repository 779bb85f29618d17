"""Instances of the classes in the literature, made anew: the published ones are not at hand.

Generalised assignment: classes C, D and E of Chu and Beasley (1997) and Yagiura, Ibaraki and
Glover (2004). Single-source facility location: after Holmberg, Rönnqvist and Yuan (1999).
"""

from __future__ import annotations

import numpy as np
from worlds.towns import Ints, Tables, name_rows, pick


def make_assignment(kind: str, agents: int, jobs: int, *, seed: int = 1) -> Tables:
    """Each job must go to one agent and uses up some of its room: 0.8 × the mean load."""
    rng = np.random.default_rng([ord(kind), agents, jobs, seed])
    shape = (jobs, agents)
    if kind == "C":
        use, cost = rng.integers(5, 26, shape), rng.integers(10, 51, shape)
    elif kind == "D":
        use = rng.integers(1, 101, shape)
        cost = 111 - use + rng.integers(-10, 11, shape)
    else:
        use = np.ceil(1 - 10 * np.log(1 - rng.random(shape))).astype(np.int64)
        cost = np.rint(1000 / use - 10 * rng.random(shape)).astype(np.int64)
    room = (0.8 * use.sum(axis=0) / agents).astype(np.int64)
    return _one_each(cost, use, room)


def make_facilities(sites: int, needs: int, *, seed: int = 1) -> Tables:
    """Sites and needs uniform in a square; a site opens at the worth of 5 to 15 needs."""
    rng = np.random.default_rng([sites, needs, seed])
    site, home = rng.uniform(0, 100, (sites, 2)), rng.uniform(0, 100, (needs, 2))
    demand = rng.integers(5, 36, needs)
    metres = np.linalg.norm(home[:, None] - site, axis=2)
    cost = np.rint(metres * demand[:, None]).astype(np.int64)
    use = np.broadcast_to(demand[:, None], cost.shape)
    room = (rng.uniform(2, 5, sites) * demand.sum() / sites).astype(np.int64)
    tables = _one_each(cost, use, room)
    opening = rng.uniform(5, 15, sites) * cost.mean()
    tables["supports"]["opening_cost"] = opening.astype(np.int64)
    return tables


def _one_each(cost: Ints, use: Ints, room: Ints) -> Tables:
    """Every row must be met, by any column."""
    rows, columns = cost.shape
    row_ids, column_ids = name_rows("j", rows), name_rows("a", columns)
    return {
        "needs": {"id": row_ids, "unmet_cost": [None] * rows},
        "supports": {"id": column_ids, "places": room},
        "candidates": {
            "need": pick(row_ids, np.repeat(np.arange(rows), columns)),
            "support": pick(column_ids, np.tile(np.arange(columns), rows)),
            "cost": cost.ravel(),
            "places": np.ascontiguousarray(use).ravel(),
        },
    }
