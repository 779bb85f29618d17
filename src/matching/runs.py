"""Needs of one code and level that live close together: they are asked about as one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from matching.circumstances import Families, Floats, Intakes, Needs, Policy, Refusals
from matching.rules import OF_KIND, Block
from matching.tables import Bools, Ints

#: Needs in a run at most. Fewer: smaller boxes; more: fewer lists of intakes to make.
RUN = 32
#: Bits of a curve that leaves no square before it has been through it all (Morton 1966).
_BITS = 16


class Runs(NamedTuple):
    """Needs in the order they are asked about.

    Parameters
    ----------
    need : ndarray, shape (needs,)
        Positions, run after run.
    begin : ndarray, shape (runs + 1,)
        Where each run begins.
    kind : ndarray, shape (runs,)
        Which part of `intake` might suit it.
    west, east, south, north : ndarray of float, shape (runs,)
        The box it lives in; NaN where homes are not known.
    kind_begin : ndarray, shape (kinds + 1,)
    intake : ndarray
        Intakes that a code and level may have at all, in order, kind after kind.
    """

    need: Ints
    begin: Ints
    kind: Ints
    west: Floats
    east: Floats
    south: Floats
    north: Floats
    kind_begin: Ints
    intake: Ints


def cut_into_runs(families: Families, needs: Needs, intakes: Intakes, policy: Policy) -> Runs:
    """Order needs by code, level and place, and cut them into runs.

    Parameters
    ----------
    families : Families
    needs : Needs
    intakes : Intakes
    policy : Policy

    Returns
    -------
    Runs
    """
    east, north = families.easting[needs.family], families.northing[needs.family]
    known = np.isfinite(east) & np.isfinite(north)
    kinds, kind = np.unique(needs.code * 4 + needs.level, return_inverse=True)
    part = 2 * kind + ~known
    order = np.lexsort((_curve(east, north, known), part))
    part = part[order]
    rank = np.arange(len(part)) - np.searchsorted(part, part)
    begin = np.flatnonzero(rank % RUN == 0)
    examples = order[np.searchsorted(part // 2, np.arange(len(kinds)))]
    lists = [_may_have(families, needs, intakes, policy, int(need)) for need in examples]
    east, north = (np.where(known, c, np.nan)[order] for c in (east, north))
    return Runs(
        need=order,
        begin=np.append(begin, len(order)),
        kind=kind[order[begin]],
        west=np.minimum.reduceat(east, begin) if len(begin) else east,
        east=np.maximum.reduceat(east, begin) if len(begin) else east,
        south=np.minimum.reduceat(north, begin) if len(begin) else north,
        north=np.maximum.reduceat(north, begin) if len(begin) else north,
        kind_begin=np.cumsum([0, *(len(few) for few in lists)]),
        intake=np.concatenate([np.array([], np.int64), *lists]),
    )


def _may_have(
    families: Families, needs: Needs, intakes: Intakes, policy: Policy, need: int
) -> Ints:
    """Find the intakes that keep every rule which says the same of all needs of this kind."""
    helps = np.flatnonzero(intakes.effect[:, needs.code[need]] > 0)
    block = Block(families, needs, intakes, policy, Refusals.none(), np.array([need]), helps)
    kept = np.ones(len(helps), dtype=bool)
    for rule in OF_KIND:
        kept &= block.holds(rule)[0]
    return helps[kept]


def _curve(east: Floats, north: Floats, known: Bools) -> Ints:
    """Give each point its place on a curve that visits neighbours one after another."""
    places = np.zeros(len(east), dtype=np.int64)
    for shift, line in enumerate((east, north)):
        if known.any():
            low, high = line[known].min(), line[known].max()
            steps = np.zeros(len(line), dtype=np.int64)
            share = (line[known] - low) / max(high - low, 1.0)
            steps[known] = (share * (2**_BITS - 1)).astype(np.int64)
            for bit in range(_BITS):
                places |= ((steps >> bit) & 1) << (2 * bit + shift)
    return places
