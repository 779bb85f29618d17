"""Lays a network out flat: the arcs of needs that compete lie side by side in memory."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from matching.compiled import entrance, inlined
from matching.graph import EVERYTHING, Graph
from matching.network import Network
from matching.order import group_arcs, order_nodes
from matching.tables import Ints, Shorts

#: What is near, as a share of the usual saving; and how many pairs tell what is usual.
_NEAR = 0.04
_SAMPLE = 10_000
#: So many arcs are sorted by counting which come before which.
_FEW = 64


class _Arcs(NamedTuple):
    head: Any
    tail: Any
    capacity: Any
    cost: Any


class _Room(NamedTuple):
    """For the sorting of one node's arcs."""

    costs: Ints
    few: Shorts
    rank: Shorts


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
    nodes = len(network.supply)
    arcs, at, begin, end = _lay_arcs(network)
    slot_begin, slot_arc, slot_tail, slot_cost, slot_of = _lay_slots(arcs, nodes)
    stops = np.ones(nodes, dtype=bool)
    stops[network.first["family"] : network.first["group"]] = False
    graph = Graph(
        begin=begin,
        end=end,
        head=arcs.head,
        tail=arcs.tail,
        capacity=arcs.capacity,
        flow=np.zeros(len(at), dtype=np.int32),
        cost=arcs.cost,
        slot_begin=slot_begin[:-1].copy(),
        slot_end=slot_begin[1:].copy(),
        used=np.zeros(nodes, dtype=np.int64),
        near=np.diff(slot_begin),
        limit=np.full(nodes, EVERYTHING, dtype=np.int64),
        watch=np.full(nodes, -EVERYTHING, dtype=np.int64),
        slot_arc=slot_arc,
        slot_tail=slot_tail,
        slot_cost=slot_cost,
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


def _lay_arcs(network: Network) -> tuple[_Arcs, Shorts, Ints, Ints]:
    """Sort the arcs: by the nodes they leave, in the order of these, the cheapest first."""
    given = _Arcs(network.head, network.tail, network.capacity, network.cost)
    sizes, listed = group_arcs(given.tail, len(network.supply))
    turn = order_nodes(network, sizes, listed)
    ends = np.cumsum(sizes[turn])
    begin, end = np.empty_like(ends), np.empty_like(ends)
    begin[turn], end[turn] = ends - sizes[turn], ends
    head, tail, capacity, at = (np.empty(len(listed), dtype=np.int32) for _ in range(4))
    laid = _Arcs(head, tail, capacity, np.empty(len(listed), dtype=np.int64))
    most = int(sizes.max(initial=0))
    few, rank = np.empty(most, dtype=np.int32), np.empty(most, dtype=np.int32)
    room = _Room(np.empty(most, dtype=np.int64), few, rank)
    _sort_groups(given, listed, (begin, end), laid, at, room)
    return laid, at, begin, end


@entrance
def _sort_groups(
    given: _Arcs, listed: Shorts, ends: tuple[Ints, Ints], laid: _Arcs, at: Shorts, room: _Room
) -> None:
    """Sort each node's arcs by cost, equal ones as they were."""
    begin, end = ends
    costs, few, rank = room.costs, room.few, room.rank
    read = 0
    for node in range(len(begin)):
        size = end[node] - begin[node]
        for k in range(size):
            costs[k] = given.cost[listed[read + k]]
        if size <= _FEW:
            _rank_few(costs, rank, size)
        else:
            _rank_many(costs, few, rank, size)
        for k in range(size):
            arc, place = listed[read + k], begin[node] + rank[k]
            at[arc] = place
            laid.head[place], laid.tail[place] = given.head[arc], node
            laid.capacity[place], laid.cost[place] = given.capacity[arc], given.cost[arc]
        read += size


@inlined
def _rank_few(costs: Any, rank: Any, size: int) -> None:
    """Count for each how many come before it: many comparisons, but nothing for a CPU to guess."""
    for k in range(size):
        before = 0
        for other in range(k):
            is_before = costs[other] <= costs[k]
            before += is_before
            rank[other] += not is_before
        rank[k] = before


@inlined
def _rank_many(costs: Any, few: Any, rank: Any, size: int) -> None:
    """Shell's sort (1959)."""
    for k in range(size):
        few[k] = k
    gap = 1
    while 3 * gap < size:
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(gap, size):
            _sink_in(few, costs, k, gap)
        gap //= 3
    for k in range(size):
        rank[few[k]] = k


@inlined
def _sink_in(few: Any, costs: Any, k: int, gap: int) -> None:
    one, cost = few[k], costs[k]
    while k >= gap:
        other = costs[k - gap]
        if other < cost or (other == cost and few[k - gap] < one):
            break
        few[k], costs[k] = few[k - gap], other
        k -= gap
    few[k], costs[k] = one, cost


def _lay_slots(arcs: _Arcs, nodes: int) -> tuple[Ints, Shorts, Shorts, Ints, Shorts]:
    sizes, slot_arc = group_arcs(arcs.head, nodes)
    slot_begin = np.concatenate([[0], np.cumsum(sizes)])
    slot_tail, slot_of = np.empty_like(slot_arc), np.empty_like(slot_arc)
    slot_cost = np.empty(len(slot_arc), dtype=np.int64)
    _copy_to_slots(arcs, slot_arc, slot_tail, slot_cost, slot_of)
    return slot_begin, slot_arc, slot_tail, slot_cost, slot_of


@entrance
def _copy_to_slots(
    arcs: _Arcs, slot_arc: Shorts, slot_tail: Shorts, slot_cost: Ints, slot_of: Shorts
) -> None:
    for slot in range(len(slot_arc)):
        arc = slot_arc[slot]
        slot_tail[slot], slot_cost[slot], slot_of[arc] = arcs.tail[arc], arcs.cost[arc], slot
