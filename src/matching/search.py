"""Dijkstra's search over a graph's nodes: how far, by which way, and who is next."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from matching.compiled import inlined
from matching.tables import Ints, Shorts

#: Farther than any way.
FAR = 2**62


class Search(NamedTuple):
    """Room for a search; used again and again.

    Parameters
    ----------
    distance : ndarray, shape (nodes,)
    stamp : ndarray, shape (nodes,)
        The number of the search that last reached the node.
    via : ndarray, shape (nodes,)
        The arc by which it was reached; -1 - arc where against its direction.
    heap, place : ndarray, shape (nodes,)
        A binary heap of nodes by distance; each node's place in it, -1 when done.
    done : ndarray, shape (nodes,)
        The nodes that are done, in order.
    tally : ndarray, shape (3,)
        The search's number, nodes in the heap, nodes done.
    ledger : ndarray, shape (2,)
        What all flow put so far has cost, pence; rows in the journal.
    journal : ndarray, shape (rows, 3)
        What was changed, in order: kind, index, old value; what does not fit is not noted.
    """

    distance: Ints
    stamp: Ints
    via: Shorts
    heap: Shorts
    place: Shorts
    done: Shorts
    tally: Ints
    ledger: Ints
    journal: Ints


#: Kinds of change in a journal.
POTENTIAL, FLOW, CAPACITY = 0, 1, 2


def search_of(nodes: int, *, journal_rows: int = 0) -> Search:
    """Make room for searches over so many nodes."""
    via, heap, place, done = (np.zeros(nodes, dtype=np.int32) for _ in range(4))
    distance, stamp = np.zeros(nodes, dtype=np.int64), np.zeros(nodes, dtype=np.int64)
    tally, ledger = np.zeros(3, dtype=np.int64), np.zeros(2, dtype=np.int64)
    journal = np.empty((journal_rows, 3), dtype=np.int64)
    return Search(distance, stamp, via, heap, place, done, tally, ledger, journal)


@inlined
def note(search: Search, kind: int, index: int, old: int) -> None:
    """Note a change, so that it can be undone."""
    row = search.ledger[1]
    search.ledger[1] = row + 1
    if row < len(search.journal):
        search.journal[row, 0], search.journal[row, 1], search.journal[row, 2] = kind, index, old


@inlined
def _rise(search: Search, at: int) -> None:
    heap, place, distance = search.heap, search.place, search.distance
    node = heap[at]
    key = distance[node]
    while at > 0:
        above = (at - 1) >> 1
        if distance[heap[above]] <= key:
            break
        heap[at] = heap[above]
        place[heap[at]] = at
        at = above
    heap[at] = node
    place[node] = at


@inlined
def pop(search: Search) -> Any:
    heap, place, distance, tally = search.heap, search.place, search.distance, search.tally
    top = heap[0]
    place[top] = -1
    tally[1] -= 1
    size = tally[1]
    if size == 0:
        return top
    node = heap[size]
    key = distance[node]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and distance[heap[below + 1]] < distance[heap[below]]:
            below += 1
        if distance[heap[below]] >= key:
            break
        heap[at] = heap[below]
        place[heap[at]] = at
        at = below
    heap[at] = node
    place[node] = at
    return top


@inlined
def reach(search: Search, node: int, distance: int, via: int) -> None:
    """Note a way to a node, if it is the shortest so far."""
    if search.stamp[node] == search.tally[0]:
        if distance >= search.distance[node] or search.place[node] < 0:
            return
        search.distance[node], search.via[node] = distance, via
        _rise(search, search.place[node])
        return
    search.stamp[node] = search.tally[0]
    search.distance[node], search.via[node] = distance, via
    size = search.tally[1]
    search.heap[size] = node
    search.tally[1] = size + 1
    _rise(search, size)


@inlined
def touch(search: Search, node: int, distance: int, via: int) -> bool:
    """Note a way to a need, which is looked on from at once and never waits in the heap."""
    if search.stamp[node] == search.tally[0]:
        if distance >= search.distance[node]:
            return False
    else:
        search.stamp[node] = search.tally[0]
        search.place[node] = -1
        search.done[search.tally[2]] = node
        search.tally[2] += 1
    search.distance[node], search.via[node] = distance, via
    return True


@inlined
def start(search: Search, root: int) -> None:
    search.tally[0] += 1
    search.tally[1] = 0
    search.tally[2] = 0
    reach(search, root, 0, 0)
