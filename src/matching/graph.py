"""A flow and its potentials as flat arrays that compiled code walks and changes."""

from __future__ import annotations

from typing import Any, NamedTuple

from matching.compiled import compiled, entrance, inlined
from matching.tables import Bools, Ints, Shorts

#: The limit of a node to which everything is near.
EVERYTHING = 2**62


class Graph(NamedTuple):
    """A network with a flow.

    The arcs out of a node lie side by side, the cheapest first, beside those of nodes that compete
    with it (`matching.layout`); the arcs into a node lie in slots side by side: those that carry
    flow, then the near ones, then the far. So a walk reads memory in order, and may stop early.

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
