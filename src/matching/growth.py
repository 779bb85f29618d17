"""Room in a graph for what arrives later: arrays with rows to spare, slots that can move."""

from __future__ import annotations

from typing import Any

import numpy as np

from matching.compiled import compiled, entrance
from matching.graph import EVERYTHING, Graph
from matching.rows import lengthen
from matching.tables import Ints

#: The share of slots that a node has to spare, and the least of them.
_SPARE = 4
_LEAST = 8

_NODES = [
    "begin",
    "end",
    "slot_begin",
    "slot_end",
    "used",
    "near",
    "limit",
    "watch",
    "potential",
    "excess",
    "leaves",
    "is_need",
    "stops",
]
_ARCS = ["head", "tail", "capacity", "flow", "cost", "slot_of"]
_SLOTS = ["slot_arc", "slot_tail", "slot_cost"]


class Room:
    """A graph that nodes can be added to.

    Parameters
    ----------
    graph : Graph
        Copied into arrays with rows to spare, for a quarter more families; then all of them are
        copied once more, which takes a hundred times longer than an arrival.

    Attributes
    ----------
    graph : Graph
    nodes, arcs, slots : int
        Rows in use.
    """

    def __init__(self, graph: Graph) -> None:
        self.nodes, self.arcs = len(graph.begin), len(graph.head)
        count = graph.slot_end - graph.slot_begin
        order = np.argsort(graph.slot_begin, kind="stable")
        ends = np.cumsum((count + _spare(count) * (count > 0))[order])
        self.slots = int(ends[-1])
        self.graph = graph
        self._widen(_NODES, self.nodes)
        self._widen(_ARCS, self.arcs)
        self.graph = self.graph._replace(
            **{name: _empty_like(getattr(graph, name), self.slots) for name in _SLOTS}
        )
        self._slot_room = np.zeros(len(self.graph.begin), dtype=np.int64)
        self._slot_room[order] = ends
        spread_slots(graph, self.graph, order, ends)

    def add_node(
        self, heads: Ints, costs: Ints, capacities: Ints, *, supply: int, is_need: bool
    ) -> int:
        """Add a node with its arcs; its supply waits as excess.

        Parameters
        ----------
        heads, costs, capacities : ndarray, shape (arcs,)
            A need's cheapest first.
        supply : int
        is_need : bool
            Whether it is a need, which sends one unit at most, and to no family.

        Returns
        -------
        int
            The node.
        """
        node, first, end = self.nodes, self.arcs, self.arcs + len(heads)
        self._make_rows(len(heads))
        graph = self.graph
        self.nodes, self.arcs = node + 1, end
        graph.begin[node], graph.end[node] = first, end
        graph.slot_begin[node] = graph.slot_end[node] = self._slot_room[node] = self.slots
        graph.used[node] = graph.near[node] = 0
        graph.limit[node], graph.watch[node] = EVERYTHING, -EVERYTHING
        graph.leaves[node], graph.excess[node] = -1, supply
        graph.is_need[node] = graph.stops[node] = is_need
        graph.head[first:end], graph.cost[first:end] = heads, costs
        graph.capacity[first:end], graph.tail[first:end], graph.flow[first:end] = (
            capacities,
            node,
            0,
        )
        graph.potential[node] = (graph.potential[heads] - costs).max(initial=-EVERYTHING)
        if not len(heads):
            graph.potential[node] = 0
        # two arcs of a family's node may share a head
        cramped = self._slot_room[heads] - graph.slot_end[heads] < 2  # noqa: PLR2004 - two, as said above
        self._make_slots(heads[cramped])
        self.slots = add_slots(self.graph, self._slot_room, node, self.slots)
        return node

    def _make_rows(self, arcs: int) -> None:
        if self.nodes == len(self.graph.begin):
            self._widen(_NODES, self.nodes)
            self._slot_room = lengthen(self._slot_room, self.nodes)
        if self.arcs + arcs > len(self.graph.head):
            self._widen(_ARCS, self.arcs + arcs)

    def _make_slots(self, heads: Ints) -> None:
        """Widen the slots, should all of these heads' have to move."""
        count = self.graph.slot_end[heads] - self.graph.slot_begin[heads]
        wanted = self.slots + int((count + _spare(count)).sum())
        if wanted > len(self.graph.slot_arc):
            self._widen(_SLOTS, wanted)

    def _widen(self, columns: list[str], rows: int) -> None:
        changed: dict[str, Any] = {
            name: lengthen(getattr(self.graph, name), rows) for name in columns
        }
        self.graph = self.graph._replace(**changed)


@entrance
def add_slots(graph: Graph, slot_room: Ints, node: int, slots: int) -> int:
    """Put each arc of a node among the near slots of its head, and say how many slots are in use.

    Parameters
    ----------
    graph : Graph
        With room for the slots that must move.
    slot_room : ndarray, shape (nodes,)
        Where the room for each node's slots ends.
    node : int
    slots : int
        In use so far.

    Returns
    -------
    int
    """
    for arc in range(graph.begin[node], graph.end[node]):
        head = graph.head[arc]
        if graph.slot_end[head] == slot_room[head]:
            slots = _move_slots(graph, slot_room, head, slots)
        slot, first_far = graph.slot_end[head], graph.slot_begin[head] + graph.near[head]
        graph.slot_end[head] += 1
        graph.near[head] += 1
        if first_far < slot:
            _copy_slot(graph, first_far, graph, slot)
        graph.slot_arc[first_far], graph.slot_of[arc] = arc, first_far
        graph.slot_tail[first_far], graph.slot_cost[first_far] = node, graph.cost[arc]
    return slots


@entrance
def spread_slots(graph: Graph, wider: Graph, order: Ints, ends: Ints) -> None:
    """Copy each node's slots, in this order, to where it has some to spare before these ends."""
    begin = 0
    for k in range(len(order)):
        node = order[k]
        shift = begin - graph.slot_begin[node]
        for slot in range(graph.slot_begin[node], graph.slot_end[node]):
            _copy_slot(graph, slot, wider, slot + shift)
        wider.slot_begin[node] += shift
        wider.slot_end[node] += shift
        begin = ends[k]


@compiled
def _move_slots(graph: Graph, slot_room: Ints, head: int, slots: int) -> Any:
    begin, end = graph.slot_begin[head], graph.slot_end[head]
    for slot in range(begin, end):
        _copy_slot(graph, slot, graph, slots + slot - begin)
    graph.slot_begin[head], graph.slot_end[head] = slots, slots + end - begin
    slot_room[head] = slots + end - begin + max(_LEAST, (end - begin) // _SPARE)
    return slot_room[head]


@compiled
def _copy_slot(graph: Graph, slot: int, other: Graph, to: int) -> None:
    arc = graph.slot_arc[slot]
    other.slot_arc[to], other.slot_of[arc] = arc, to
    other.slot_tail[to], other.slot_cost[to] = graph.slot_tail[slot], graph.slot_cost[slot]


def _spare(count: Ints) -> Ints:
    return np.maximum(_LEAST, count // _SPARE)


def _empty_like(column: Any, rows: int) -> Any:
    return lengthen(column[:0], rows)
