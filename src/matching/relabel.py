"""Shortest ways over all pairs, from the shortest ways over those of a short list."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from matching.compiled import entrance, inlined
from matching.graph import Graph
from matching.search import FAR
from matching.shortlist import Choices
from matching.tables import Bools, Ints


class _Queue(NamedTuple):
    """Nodes whose label was lowered and whose neighbours were not told; where it begins, how many.

    A ring, in which each node waits once.
    """

    node: Ints
    waits: Bools
    tally: Ints


def relabel(graph: Graph, choices: Choices, label: Ints, *, to_root: bool) -> None:
    """Lower labels until no pair, listed or not, and no arc makes a way shorter.

    Bellman and Ford's corrections, only where something has become shorter.

    Parameters
    ----------
    graph : Graph
        Settled, with the pairs of the list; the others would cost more than they bring.
    choices : Choices
    label : ndarray, shape (nodes,)
        Shortest ways from a root over the list, or back to it; `FAR` where there is none. Changed.
    to_root : bool
    """
    nodes = len(label)
    tally = np.zeros(2, dtype=np.int64)
    queue = _Queue(np.zeros(nodes, dtype=np.int64), np.zeros(nodes, dtype=bool), tally)
    shorten = _shorten_back if to_root else _shorten
    shorten(choices, label, queue)
    while tally[1] > 0:
        _walk_on(graph, label, queue, to_root)
        shorten(choices, label, queue)


@inlined
def _lower(label: Ints, queue: _Queue, node: int, way: int) -> None:
    if way >= label[node]:
        return
    label[node] = way
    if not queue.waits[node]:
        queue.waits[node] = True
        queue.node[(queue.tally[0] + queue.tally[1]) % len(label)] = node
        queue.tally[1] += 1


@entrance
def _shorten(choices: Choices, label: Ints, queue: _Queue) -> None:
    """Walk each pair beside the list from its need to its support."""
    longest = label[choices.first_support]
    for support in range(choices.first_support, choices.end_support):
        longest = max(longest, label[support])
    for need in range(choices.first_support):
        if label[need] == FAR:
            continue
        for k in range(choices.begin[need], choices.begin[need + 1]):
            way = label[need] + choices.cost[k]
            if way >= longest:
                break
            if not choices.listed[k]:
                _lower(label, queue, choices.first_support + choices.support[k], way)


@entrance
def _shorten_back(choices: Choices, label: Ints, queue: _Queue) -> None:
    """Walk each pair beside the list from its need to its support, on the way to the root."""
    shortest = label[choices.first_support]
    for support in range(choices.first_support, choices.end_support):
        shortest = min(shortest, label[support])
    for need in range(choices.first_support):
        for k in range(choices.begin[need], choices.begin[need + 1]):
            if shortest + choices.cost[k] >= label[need]:
                break
            here = label[choices.first_support + choices.support[k]]
            if here < FAR and not choices.listed[k]:
                _lower(label, queue, need, here + choices.cost[k])


@entrance
def _walk_on(graph: Graph, label: Ints, queue: _Queue, to_root: bool) -> None:  # noqa: FBT001 - compiled code takes no keywords
    while queue.tally[1] > 0:
        node = queue.node[queue.tally[0]]
        queue.tally[0] = (queue.tally[0] + 1) % len(label)
        queue.tally[1] -= 1
        queue.waits[node] = False
        if to_root:
            _tell_back(graph, label, queue, node)
        else:
            _tell(graph, label, queue, node)


@inlined
def _tell(graph: Graph, label: Ints, queue: _Queue, node: int) -> None:
    """Tell those who can be reached from a node."""
    for arc in range(graph.begin[node], graph.end[node]):
        if graph.flow[arc] < graph.capacity[arc]:
            _lower(label, queue, graph.head[arc], label[node] + graph.cost[arc])
    first = graph.slot_begin[node]
    for slot in range(first, first + graph.used[node]):
        way = label[node] - graph.slot_cost[slot]
        _lower(label, queue, graph.slot_tail[slot], way)


@inlined
def _tell_back(graph: Graph, label: Ints, queue: _Queue, node: int) -> None:
    """Tell those who can reach a node."""
    for slot in range(graph.slot_begin[node], graph.slot_end[node]):
        arc = graph.slot_arc[slot]
        if graph.flow[arc] < graph.capacity[arc]:
            _lower(label, queue, graph.slot_tail[slot], label[node] + graph.slot_cost[slot])
    for arc in range(graph.begin[node], graph.end[node]):
        if graph.flow[arc] > 0:
            _lower(label, queue, graph.head[arc], label[node] - graph.cost[arc])
