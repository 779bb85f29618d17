"""The shortest residual way from one node to every other, or back."""

from __future__ import annotations

import numpy as np

from matching.compiled import entrance, inlined
from matching.graph import Graph
from matching.search import FAR, Search, pop, reach, start, touch
from matching.tables import Ints


def measure(graph: Graph, search: Search, root: int, *, to_root: bool = False) -> Ints:
    """Measure the shortest residual way from the root to every node, or from every node to it.

    Parameters
    ----------
    graph : Graph
        Settled.
    search : Search
    root : int
    to_root : bool

    Returns
    -------
    ndarray, shape (nodes,)
        Pence; `FAR` where there is no way.
    """
    _spread(graph, search, root, -1 if to_root else 1)
    change = graph.potential - graph.potential[root]
    way = search.distance + (-change if to_root else change)
    return np.where(search.stamp == search.tally[0], way, FAR)


@entrance
def _spread(graph: Graph, search: Search, root: int, sign: int) -> None:
    """Dijkstra's search over everything, on reduced costs.

    A need is looked on from as soon as it is reached, and again where a shorter way is found: it
    has few neighbours, and waits in no heap.
    """
    start(search, root)
    while search.tally[1] > 0:
        node = pop(search)
        if sign < 0:
            _reach_all_backward(graph, search, node)
        else:
            _reach_all_forward(graph, search, node)


@inlined
def _reach_all_forward(graph: Graph, search: Search, node: int) -> None:
    base = search.distance[node] + graph.potential[node]
    _go_on(graph, search, node)
    first = graph.slot_begin[node]
    for slot in range(first, first + graph.used[node]):
        tail = graph.slot_tail[slot]
        near = base - graph.slot_cost[slot] - graph.potential[tail]
        if not graph.is_need[tail]:
            reach(search, tail, near, 0)
        elif touch(search, tail, near, 0):
            _go_on_from_need(graph, search, tail)
            _call_back(graph, search, tail)


@inlined
def _go_on(graph: Graph, search: Search, node: int) -> None:
    """Go on by the arcs that have room."""
    base = search.distance[node] + graph.potential[node]
    for arc in range(graph.begin[node], graph.end[node]):
        if graph.flow[arc] < graph.capacity[arc]:
            head = graph.head[arc]
            near = base + graph.cost[arc] - graph.potential[head]
            if not graph.is_need[head]:
                reach(search, head, near, arc)
            elif touch(search, head, near, arc):
                _go_on_from_need(graph, search, head)


@inlined
def _go_on_from_need(graph: Graph, search: Search, need: int) -> None:
    base = search.distance[need] + graph.potential[need]
    for arc in range(graph.begin[need], graph.end[need]):
        if graph.flow[arc] < graph.capacity[arc]:
            head = graph.head[arc]
            reach(search, head, base + graph.cost[arc] - graph.potential[head], arc)


@inlined
def _call_back(graph: Graph, search: Search, need: int) -> None:
    """Give a need's unit back to its family's node, where it has one."""
    if graph.used[need] > 0:
        slot = graph.slot_begin[need]
        tail = graph.slot_tail[slot]
        near = search.distance[need] + graph.potential[need]
        reach(search, tail, near - graph.slot_cost[slot] - graph.potential[tail], 0)


@inlined
def _reach_all_backward(graph: Graph, search: Search, node: int) -> None:
    base = search.distance[node] - graph.potential[node]
    for slot in range(graph.slot_begin[node], graph.slot_end[node]):
        tail = graph.slot_tail[slot]
        near = base + graph.slot_cost[slot] + graph.potential[tail]
        if search.stamp[tail] != search.tally[0] or near < search.distance[tail]:
            arc = graph.slot_arc[slot]
            if graph.flow[arc] >= graph.capacity[arc]:
                continue
            if not graph.is_need[tail]:
                reach(search, tail, near, arc)
            elif touch(search, tail, near, arc):
                _go_back_from_need(graph, search, tail)
    for arc in range(graph.begin[node], graph.end[node]):
        if graph.flow[arc] > 0:
            head = graph.head[arc]
            near = base - graph.cost[arc] + graph.potential[head]
            if not graph.is_need[head]:
                reach(search, head, near, arc)
            elif touch(search, head, near, arc):
                _go_back_from_need(graph, search, head)


@inlined
def _go_back_from_need(graph: Graph, search: Search, need: int) -> None:
    """Go back to where the need's unit goes now, and to its family's node."""
    base = search.distance[need] - graph.potential[need]
    for slot in range(graph.slot_begin[need], graph.slot_end[need]):
        arc = graph.slot_arc[slot]
        if graph.flow[arc] < graph.capacity[arc]:
            tail = graph.slot_tail[slot]
            reach(search, tail, base + graph.slot_cost[slot] + graph.potential[tail], arc)
    arc = graph.leaves[need]
    if arc >= 0 and graph.flow[arc] > 0:
        head = graph.head[arc]
        reach(search, head, base - graph.cost[arc] + graph.potential[head], arc)
