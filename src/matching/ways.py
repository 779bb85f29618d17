"""The shortest residual way from one node to every other, or back."""

from __future__ import annotations

import numpy as np

from matching.compiled import entrance, inlined
from matching.graph import Graph
from matching.search import FAR, Search, pop, reach, start
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
    """Dijkstra's search over everything, on reduced costs."""
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
    for arc in range(graph.begin[node], graph.end[node]):
        if graph.flow[arc] < graph.capacity[arc]:
            head = graph.head[arc]
            reach(search, head, base + graph.cost[arc] - graph.potential[head], arc)
    first = graph.slot_begin[node]
    for slot in range(first, first + graph.used[node]):
        tail = graph.slot_tail[slot]
        reach(search, tail, base - graph.slot_cost[slot] - graph.potential[tail], 0)


@inlined
def _reach_all_backward(graph: Graph, search: Search, node: int) -> None:
    base = search.distance[node] - graph.potential[node]
    for slot in range(graph.slot_begin[node], graph.slot_end[node]):
        tail = graph.slot_tail[slot]
        near = base + graph.slot_cost[slot] + graph.potential[tail]
        if search.stamp[tail] != search.tally[0] or near < search.distance[tail]:
            arc = graph.slot_arc[slot]
            if graph.flow[arc] < graph.capacity[arc]:
                reach(search, tail, near, arc)
    for arc in range(graph.begin[node], graph.end[node]):
        if graph.flow[arc] > 0:
            head = graph.head[arc]
            reach(search, head, base - graph.cost[arc] + graph.potential[head], arc)
