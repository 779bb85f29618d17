"""Puts needs that compete side by side, so that a search finds its neighbours in the cache."""

from __future__ import annotations

from typing import Any

import numpy as np

from matching.compiled import entrance
from matching.network import Network
from matching.tables import Ints, Shorts


def group_arcs(node: Any, nodes: int) -> tuple[Ints, Shorts]:
    """List arcs by a node of theirs, those of one node as they were.

    Parameters
    ----------
    node : ndarray, shape (arcs,)
    nodes : int

    Returns
    -------
    sizes : ndarray, shape (nodes,)
        How many arcs each node has.
    listed : ndarray of int32, shape (arcs,)
    """
    sizes = np.bincount(node, minlength=nodes).astype(np.int64)
    listed = np.empty(len(node), dtype=np.int32)
    _fill(node, np.cumsum(sizes) - sizes, listed)
    return sizes, listed


@entrance
def _fill(node: Any, place: Ints, listed: Shorts) -> None:
    for arc in range(len(node)):
        listed[place[node[arc]]] = arc
        place[node[arc]] += 1


def order_nodes(network: Network, sizes: Ints, listed: Shorts) -> Ints:
    """Put needs that compete side by side, so that a search finds its neighbours in the cache.

    Supports are walked breadth first, from each to those that its needs could have as well; each
    brings along the needs whose cheapest it is.

    Parameters
    ----------
    network : Network
    sizes : ndarray, shape (nodes,)
    listed : ndarray of int32, shape (arcs,)
        The arcs grouped by tail; see `group_arcs`.

    Returns
    -------
    ndarray, shape (nodes,)
        Every node, needs first.
    """
    needs, end = network.first["support"], network.first["provider"]
    begin = np.append(np.cumsum(sizes) - sizes, len(listed))
    favourite = np.full(needs, end, dtype=np.int32)
    _choose_favourites(network.head, network.cost, begin, listed, end, favourite)
    fans_begin = np.concatenate([[0], np.cumsum(np.bincount(favourite, minlength=end + 1))])
    fans = np.argsort(favourite, kind="stable")
    queue, waits = np.empty(end - needs, dtype=np.int64), np.zeros(end, dtype=bool)
    _walk_supports(network.head, begin, listed, fans, fans_begin, queue, waits)
    turn = np.arange(len(sizes))
    _take_turns(queue, fans, fans_begin, turn)
    return turn


@entrance
def _choose_favourites(
    head: Any, cost: Any, begin: Ints, listed: Shorts, end: int, favourite: Shorts
) -> None:
    """Give each need its cheapest support."""
    for need in range(len(favourite)):
        least = 0
        for k in range(begin[need], begin[need + 1]):
            arc = listed[k]
            if head[arc] < end and (favourite[need] == end or cost[arc] < least):
                favourite[need], least = head[arc], cost[arc]


@entrance
def _walk_supports(
    head: Any, begin: Ints, listed: Shorts, fans: Ints, fans_begin: Ints, queue: Ints, waits: Any
) -> None:
    """Walk over the supports, breadth first."""
    end = len(waits)
    found = 0
    looked = 0
    for support in range(end - len(queue), end):
        if not waits[support]:
            waits[support] = True
            queue[found] = support
            found += 1
        while looked < found:
            here = queue[looked]
            looked += 1
            for fan in range(fans_begin[here], fans_begin[here + 1]):
                for k in range(begin[fans[fan]], begin[fans[fan] + 1]):
                    other = head[listed[k]]
                    if other < end and not waits[other]:
                        waits[other] = True
                        queue[found] = other
                        found += 1


@entrance
def _take_turns(queue: Ints, fans: Ints, fans_begin: Ints, turn: Ints) -> None:
    """Let each support's fans follow those of the support before; who has no pair comes last."""
    k = 0
    for place in range(len(queue) + 1):
        support = queue[place] if place < len(queue) else len(fans_begin) - 2
        for fan in range(fans_begin[support], fans_begin[support + 1]):
            turn[k] = fans[fan]
            k += 1
