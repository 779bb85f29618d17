"""A network, its flow and its potentials as flat arrays that compiled code walks."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.compiled import compiled, entrance, inlined
from matching.network import Network
from matching.tables import Bools, Ints

#: The limit of a node to which everything is near.
EVERYTHING = 2**62
#: What is near, as a share of the usual saving; and how many pairs tell what is usual.
_NEAR = 0.04
_SAMPLE = 10_000

Shorts = npt.NDArray[np.int32]


class Graph(NamedTuple):
    """A network with a flow.

    The arcs out of a node lie side by side, the cheapest first; the arcs into a node lie in slots
    side by side: those that carry flow, then the near ones, then the far. So a walk reads memory
    in order, and may stop early.

    Parameters
    ----------
    begin, end : ndarray, shape (nodes,)
        Where the arcs out of each node begin and end.
    head, tail, capacity, flow : ndarray, shape (arcs,)
    cost : ndarray, shape (arcs,)
    slot_begin, slot_end : ndarray, shape (nodes,)
        Where the slots of the arcs into each node begin and end.
    used, near : ndarray, shape (nodes,)
        How many slots from the first carry flow; how many from the first are used or near.
    limit : ndarray, shape (nodes,)
        On what is not near, `cost + potential[tail]` is at least this.
    watch : ndarray, shape (nodes,)
        While a need's potential is at least this, none of its far arcs has come near.
    slot_arc, slot_tail, slot_cost : ndarray, shape (slots,)
    slot_of : ndarray, shape (arcs,)
    potential : ndarray, shape (nodes,)
        Proves the flow: `cost + potential[tail] - potential[head]` is at least 0 on arcs with
        room, at most 0 on arcs with flow.
    excess : ndarray, shape (nodes,)
        Units that have come to a node and not gone on; negative: that are missing.
    leaves : ndarray, shape (nodes,)
        The arc that last took flow out of each node; of a need, which has one unit, *the* arc.
    is_need : ndarray of bool, shape (nodes,)
    stops : ndarray of bool, shape (nodes,)
        The heads of this node's arcs never have a potential above 0, so the dear ones need not
        be looked at.
    sink : int
    reach : int
        How far beyond a node's own potential what is near to it lies, pence.
    """

    begin: Ints
    end: Ints
    head: Shorts
    tail: Shorts
    capacity: Shorts
    flow: Shorts
    cost: Ints
    slot_begin: Ints
    slot_end: Ints
    used: Ints
    near: Ints
    limit: Ints
    watch: Ints
    slot_arc: Shorts
    slot_tail: Shorts
    slot_cost: Ints
    slot_of: Shorts
    potential: Ints
    excess: Ints
    leaves: Shorts
    is_need: Bools
    stops: Bools
    sink: int
    reach: int


def graph_of(network: Network) -> tuple[Graph, Shorts]:
    """Lay a network out flat, without flow.

    Parameters
    ----------
    network : Network

    Returns
    -------
    graph : Graph
    at : ndarray, shape (arcs,)
        Where each of the network's arcs stands in the graph.
    """
    nodes, arcs = len(network.supply), len(network.tail)
    begin, at = _sort_by_tail(network.tail, network.cost, nodes)
    head, tail, capacity = (np.empty(arcs, dtype=np.int32) for _ in range(3))
    cost = np.empty(arcs, dtype=np.int64)
    head[at], tail[at], capacity[at], cost[at] = (
        network.head,
        network.tail,
        network.capacity,
        network.cost,
    )
    slot_begin, slot_arc, slot_of = _sort_by_head(head, nodes)
    stops = np.ones(nodes, dtype=bool)
    stops[network.first["family"] : network.first["group"]] = False
    graph = Graph(
        begin=begin[:-1].copy(),
        end=begin[1:].copy(),
        head=head,
        tail=tail,
        capacity=capacity,
        flow=np.zeros(arcs, dtype=np.int32),
        cost=cost,
        slot_begin=slot_begin[:-1].copy(),
        slot_end=slot_begin[1:].copy(),
        used=np.zeros(nodes, dtype=np.int64),
        near=np.diff(slot_begin),
        limit=np.full(nodes, EVERYTHING, dtype=np.int64),
        watch=np.full(nodes, -EVERYTHING, dtype=np.int64),
        slot_arc=slot_arc,
        slot_tail=tail[slot_arc],
        slot_cost=cost[slot_arc],
        slot_of=slot_of,
        potential=np.zeros(nodes, dtype=np.int64),
        excess=np.zeros(nodes, dtype=np.int64),
        leaves=np.full(nodes, -1, dtype=np.int32),
        is_need=np.arange(nodes) < network.first["support"],
        stops=stops,
        sink=network.first["sink"],
        reach=_usual_reach(network),
    )
    return graph, at


def _usual_reach(network: Network) -> int:
    """Give a few hundredths of what a pair usually saves against being left unmet."""
    sample = network.cost[network.sections["pairs"]][:: 1 + len(network.pair) // _SAMPLE]
    unmet = network.cost[network.sections["unmet"]]
    alone = -network.cost[network.sections["hub_needs"]]
    spread = np.concatenate([unmet, alone]) if len(unmet) + len(alone) else np.zeros(1)
    scale = abs(float(np.median(spread)) - float(np.median(sample))) if len(sample) else 0.0
    return max(1, int(_NEAR * scale))


def _sort_by_tail(tail: Ints, cost: Ints, nodes: int) -> tuple[Ints, Shorts]:
    """Find where the arcs out of each node begin, and each arc's place: the cheapest first."""
    begin = _begins(tail, nodes)
    order = np.empty(len(tail), dtype=np.int32)
    at = np.empty(len(tail), dtype=np.int32)
    _fill(tail, begin[:-1].copy(), order)
    _sort_groups(begin, order, cost, at)
    return begin, at


def _sort_by_head(head: Shorts, nodes: int) -> tuple[Ints, Shorts, Shorts]:
    begin = _begins(head, nodes)
    slot_arc = np.empty(len(head), dtype=np.int32)
    _fill(head, begin[:-1].copy(), slot_arc)
    slot_of = np.empty(len(head), dtype=np.int32)
    slot_of[slot_arc] = np.arange(len(head), dtype=np.int32)
    return begin, slot_arc, slot_of


def _begins(node: Any, nodes: int) -> Ints:
    begin = np.zeros(nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(node, minlength=nodes), out=begin[1:])
    return begin


@entrance
def _fill(node: Any, place: Ints, order: Shorts) -> None:
    """Order arcs by a node of theirs, those of one node as they were."""
    for arc in range(len(node)):
        order[place[node[arc]]] = arc
        place[node[arc]] += 1


@entrance
def _sort_groups(begin: Ints, order: Shorts, cost: Ints, at: Shorts) -> None:
    """Sort each node's arcs by cost (Shell 1959, in place), equal ones as they were."""
    for node in range(len(begin) - 1):
        few = order[begin[node] : begin[node + 1]]
        gap = 1
        while 3 * gap < len(few):
            gap = 3 * gap + 1
        while gap > 0:
            for k in range(gap, len(few)):
                _sink_in(few, cost, k, gap)
            gap //= 3
        for k in range(len(few)):
            at[few[k]] = begin[node] + k


@inlined
def _sink_in(few: Any, cost: Any, k: int, gap: int) -> None:
    arc, price = few[k], cost[few[k]]
    while k >= gap:
        other = few[k - gap]
        if cost[other] < price or (cost[other] == price and other < arc):
            break
        few[k] = other
        k -= gap
    few[k] = arc


@inlined
def put_flow(graph: Graph, arc: int, flow: int) -> None:
    """Set an arc's flow, and keep the used slots of its head in front."""
    old = graph.flow[arc]
    graph.flow[arc] = flow
    if flow > old:
        graph.leaves[graph.tail[arc]] = arc
    node = graph.head[arc]
    if old == 0 and flow > 0:
        bring_near(graph, arc)
        _swap_slots(graph, graph.slot_of[arc], graph.slot_begin[node] + graph.used[node])
        graph.used[node] += 1
    elif old > 0 and flow == 0:
        graph.used[node] -= 1
        _swap_slots(graph, graph.slot_of[arc], graph.slot_begin[node] + graph.used[node])


@inlined
def bring_near(graph: Graph, arc: int) -> None:
    """Move an arc's slot to the near ones of its head, if it is far."""
    node = graph.head[arc]
    first_far = graph.slot_begin[node] + graph.near[node]
    if graph.slot_of[arc] >= first_far:
        _swap_slots(graph, graph.slot_of[arc], first_far)
        graph.near[node] += 1


@compiled
def part_slots(graph: Graph, node: int, limit: int) -> None:
    """Part the unused slots of a node anew into near and far."""
    graph.limit[node] = limit
    first = graph.slot_begin[node]
    graph.near[node] = graph.used[node]
    for slot in range(first + graph.used[node], graph.slot_end[node]):
        tail = graph.slot_tail[slot]
        if graph.slot_cost[slot] + graph.potential[tail] < limit:
            _swap_slots(graph, slot, first + graph.near[node])
            graph.near[node] += 1
        else:
            graph.watch[tail] = max(graph.watch[tail], limit - graph.slot_cost[slot])


@entrance
def part_all_slots(graph: Graph, first: int, end: int) -> None:
    """Part the slots of the supports; the tails of theirs are needs."""
    for node in range(first, end):
        part_slots(graph, node, graph.potential[node] + graph.reach)


@inlined
def _swap_slots(graph: Graph, one: int, other: int) -> None:
    if one == other:
        return
    a, b = graph.slot_arc[one], graph.slot_arc[other]
    graph.slot_arc[one], graph.slot_arc[other] = b, a
    graph.slot_of[a], graph.slot_of[b] = other, one
    graph.slot_tail[one], graph.slot_tail[other] = graph.tail[b], graph.tail[a]
    graph.slot_cost[one], graph.slot_cost[other] = graph.cost[b], graph.cost[a]


@inlined
def reduced(graph: Graph, arc: int) -> Any:
    """Give an arc's reduced cost."""
    tail, head = graph.tail[arc], graph.head[arc]
    return graph.cost[arc] + graph.potential[tail] - graph.potential[head]
