"""Takes over prices, or a flow, into a graph whose potentials prove its flow."""

from __future__ import annotations

from typing import Any

import numpy as np

from matching.auction import Sale
from matching.compiled import compiled, entrance
from matching.errors import ProofFailed
from matching.graph import Graph, part_all_slots, put_flow, reduced
from matching.network import Network
from matching.search import FAR
from matching.tables import Ints, Shorts


def take_sale(graph: Graph, network: Network, sale: Sale, turn: Ints) -> None:
    """Begin from an auction's prices: keep the placements that are tight, set the others aside.

    Every arc then obeys the potentials; what was set aside stands as excess and is settled next.

    Parameters
    ----------
    graph : Graph
        Without flow.
    network : Network
    sale : Sale
    turn : ndarray, shape (needs,)
        The needs in the order in which their arcs lie in memory.
    """
    first = network.first
    graph.excess[:] = network.supply
    graph.excess[graph.sink] = 0
    graph.potential[:] = 0
    graph.potential[first["support"] : first["provider"]] = -sale.price
    _take_needs(graph, turn)
    _take_hubs(graph, first["family"], first["group"], sale.mine)
    _place_needs(graph, turn, sale.mine)
    for kind, after in (("support", "provider"), ("provider", "family"), ("group", "sink")):
        _pass_on(graph, first[kind], first[after])
    graph.excess[graph.sink] = 0
    part_all_slots(graph, first["support"], first["provider"])


@entrance
def _take_needs(graph: Graph, turn: Ints) -> None:
    """Give each need the potential of its best choice."""
    for need in turn:
        best = -FAR
        for arc in range(graph.begin[need], graph.end[need]):
            if best >= -graph.cost[arc]:
                break
            if graph.capacity[arc] > 0:
                best = max(best, graph.potential[graph.head[arc]] - graph.cost[arc])
        graph.potential[need] = best


@entrance
def _take_hubs(graph: Graph, first: int, end: int, mine: Shorts) -> None:
    """Let each family with a node of its own use its matches where they gain most."""
    for hub in range(first, end):
        room = graph.excess[hub]
        lowest = FAR
        while room > 0:
            arc = _best_open(graph, hub, mine)
            if arc < 0:
                break
            units = min(room, graph.capacity[arc])
            lowest = _gain(graph, arc)
            put_flow(graph, arc, units)
            graph.excess[hub] -= units
            graph.excess[graph.head[arc]] += units
            room -= units
        if lowest == FAR:
            arc = _best_open(graph, hub, mine)
            lowest = _gain(graph, arc) if arc >= 0 else 0
        graph.potential[hub] = lowest
        for arc in range(graph.begin[hub], graph.end[hub]):
            head = graph.head[arc]
            if graph.potential[head] == -FAR:
                graph.potential[head] = lowest + graph.cost[arc]


@compiled
def _gain(graph: Graph, arc: int) -> Any:
    return graph.potential[graph.head[arc]] - graph.cost[arc]


@compiled
def _best_open(graph: Graph, hub: int, mine: Shorts) -> Any:
    """Give the arc with the largest gain; among equals one whose need is placed."""
    best = -1
    for arc in range(graph.begin[hub], graph.end[hub]):
        head = graph.head[arc]
        if graph.flow[arc] >= graph.capacity[arc] or graph.potential[head] == -FAR:
            continue
        placed = head < len(mine) and mine[head] >= 0
        more = 1 if best < 0 else _gain(graph, arc) - _gain(graph, best)
        if more > 0 or (more == 0 and placed):
            best = arc
    return best


@entrance
def _place_needs(graph: Graph, turn: Ints, mine: Shorts) -> None:
    for need in turn:
        if graph.potential[need] == -FAR:
            graph.potential[need] = 0
        if graph.excess[need] <= 0:
            continue
        arc = mine[need]
        if arc < 0 or reduced(graph, arc) != 0:
            arc = _tight_way_out(graph, need)
        if arc >= 0:
            put_flow(graph, arc, 1)
            graph.excess[need] -= 1
            graph.excess[graph.head[arc]] += 1


@compiled
def _tight_way_out(graph: Graph, need: int) -> Any:
    """Give the arc by which a need stays unmet, if that is as good as any."""
    for arc in range(graph.begin[need], graph.end[need]):
        unmet = graph.head[arc] == graph.sink or graph.end[graph.head[arc]] == 0
        if unmet and reduced(graph, arc) == 0:
            return arc
    return -1


@entrance
def _pass_on(graph: Graph, first: int, end: int) -> None:
    """Send on what has come to supports, providers and groups; priced places are all taken."""
    for node in range(first, end):
        for arc in range(graph.begin[node], graph.end[node]):
            capacity = graph.capacity[arc]
            units = capacity
            if reduced(graph, arc) >= 0:
                units = min(capacity, graph.excess[node])
            put_flow(graph, arc, units)
            graph.excess[node] -= units
            graph.excess[graph.head[arc]] += units


def take_flow(graph: Graph, network: Network, at: Shorts, flow: Ints) -> None:
    """Begin from a cheapest flow: find potentials that prove it.

    Parameters
    ----------
    graph : Graph
        Without flow.
    network : Network
    at : ndarray, shape (arcs,)
    flow : ndarray, shape (arcs,)
        In the network's order.

    Raises
    ------
    ProofFailed
        If the flow is not a cheapest one.
    """
    first = network.first
    nodes = len(graph.begin)
    queue = np.concatenate([[graph.sink], np.delete(np.arange(nodes), graph.sink)])
    waits, times = np.ones(nodes, dtype=bool), np.zeros(nodes, dtype=np.int64)
    _carry(graph, at, flow)
    graph.potential[:] = 2 * (int(np.abs(graph.cost).max(initial=0)) + 1) * (nodes + 1)
    graph.potential[graph.sink] = 0
    if not _correct_labels(graph, queue, waits, times):
        raise ProofFailed("the flow can still be made cheaper")
    # what nothing flows through is free of charge, so that `Graph.stops` holds
    shared = np.r_[first["support"] : first["family"], first["group"] : first["sink"]]
    graph.potential[shared] = np.minimum(graph.potential[shared], 0)
    part_all_slots(graph, first["support"], first["provider"])


@entrance
def _carry(graph: Graph, at: Shorts, flow: Ints) -> None:
    for k in range(len(at)):
        if flow[k] > 0:
            put_flow(graph, at[k], flow[k])


@entrance
def _correct_labels(graph: Graph, queue: Ints, waits: Any, times: Ints) -> bool:
    """Bellman and Ford with a queue, from the sink and from whatever it does not reach."""
    nodes = len(queue)
    label = graph.potential
    begin, count = 0, nodes
    while count > 0:
        node = queue[begin]
        begin = (begin + 1) % nodes
        count -= 1
        waits[node] = False
        times[node] += 1
        if times[node] > nodes:
            return False
        for arc in range(graph.begin[node], graph.end[node]):
            head = graph.head[arc]
            new = label[node] + graph.cost[arc]
            if graph.flow[arc] < graph.capacity[arc] and new < label[head]:
                label[head] = new
                if not waits[head]:
                    waits[head] = True
                    queue[(begin + count) % nodes] = head
                    count += 1
        for slot in range(graph.slot_begin[node], graph.slot_begin[node] + graph.used[node]):
            tail = graph.slot_tail[slot]
            new = label[node] - graph.slot_cost[slot]
            if new < label[tail]:
                label[tail] = new
                if not waits[tail]:
                    waits[tail] = True
                    queue[(begin + count) % nodes] = tail
                    count += 1
    return True
