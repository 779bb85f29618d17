"""The parts of a directed graph within which every node can reach every other."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from matching.compiled import entrance
from matching.order import group_arcs
from matching.tables import Ints, Shorts


class _Walk(NamedTuple):
    """For a walk in depth: the next arc to look at, and the nodes on the way and set aside."""

    look: Ints
    end: Ints
    path: Shorts
    aside: Shorts
    came: Shorts


def strong_components(tail: Any, head: Any, nodes: int) -> Shorts:
    """Number the strongly connected components (Tarjan 1972; Pearce 2016, with one stack less).

    Parameters
    ----------
    tail, head : ndarray, shape (arcs,)
    nodes : int

    Returns
    -------
    ndarray of int32, shape (nodes,)
        The same number for nodes that can reach each other.
    """
    sizes, listed = group_arcs(tail, nodes)
    end = np.cumsum(sizes)
    path, aside, came, part = (np.zeros(nodes, dtype=np.int32) for _ in range(4))
    _number(head[listed], _Walk(end - sizes, end, path, aside, came), part)
    return part


@entrance
def _number(head: Any, walk: _Walk, part: Shorts) -> None:
    """Let `part` be the earliest node reached so far, and a number beyond all those when done."""
    next_part, count, waiting = 2 * len(part) + 1, 0, 0
    for root in range(len(part)):
        depth = -1
        if part[root] == 0:
            depth, count = 0, count + 1
            walk.path[0], walk.came[root], part[root] = root, count, count
        while depth >= 0:
            node = walk.path[depth]
            if walk.look[node] < walk.end[node]:
                other = head[walk.look[node]]
                walk.look[node] += 1
                if part[other] == 0:
                    depth, count = depth + 1, count + 1
                    walk.path[depth], walk.came[other], part[other] = other, count, count
                else:
                    part[node] = min(part[node], part[other])
                continue
            depth -= 1
            if depth >= 0:
                before = walk.path[depth]
                part[before] = min(part[before], part[node])
            if part[node] < walk.came[node]:
                walk.aside[waiting] = node
                waiting += 1
                continue
            while waiting > 0 and part[walk.aside[waiting - 1]] >= walk.came[node]:
                waiting -= 1
                part[walk.aside[waiting]] = next_part
            part[node] = next_part
            next_part -= 1
