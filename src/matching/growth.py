"""Room in a graph for what arrives later: arrays with rows to spare, slots that can move."""

from __future__ import annotations

from typing import Any

import numpy as np

from matching.graph import Graph
from matching.tables import Ints

#: The share of rows kept to spare, and the least of them.
_SPARE = 4
_LEAST = 64

_NODES = [
    "begin",
    "end",
    "slot_begin",
    "slot_end",
    "used",
    "near",
    "limit",
    "potential",
    "excess",
    "leaves",
    "is_need",
    "stops",
]
_ARCS = ["head", "tail", "capacity", "flow", "cost", "slot_of"]
_SLOTS = ["slot_arc", "slot_tail", "slot_cost"]


class Room:
    """A graph that needs can be added to.

    Parameters
    ----------
    graph : Graph
        Copied into arrays with rows to spare.

    Attributes
    ----------
    graph : Graph
    nodes, arcs, slots : int
        Rows in use.
    """

    def __init__(self, graph: Graph) -> None:
        self.nodes, self.arcs, self.slots = (
            len(graph.begin),
            len(graph.head),
            len(graph.slot_arc),
        )
        self._slot_room = graph.slot_end.copy()
        self.graph = graph
        self._widen(_NODES, self.nodes)
        self._widen(_ARCS, self.arcs)
        self._widen(_SLOTS, self.slots)
        self._slot_room = _longer(self._slot_room, len(self.graph.begin))

    def add_need(self, heads: Ints, costs: Ints) -> int:
        """Add a need with its arcs, the cheapest first; its unit waits as excess.

        Parameters
        ----------
        heads, costs : ndarray, shape (arcs,)

        Returns
        -------
        int
            The node.
        """
        node = self.nodes
        self._make_room(len(heads))
        graph = self.graph
        arcs = np.arange(self.arcs, self.arcs + len(heads), dtype=np.int32)
        self.nodes, self.arcs = node + 1, self.arcs + len(heads)
        graph.begin[node], graph.end[node] = arcs[0], self.arcs
        graph.slot_begin[node] = graph.slot_end[node] = self._slot_room[node] = self.slots
        graph.used[node] = graph.near[node] = 0
        graph.leaves[node], graph.is_need[node], graph.stops[node] = -1, True, True
        graph.head[arcs], graph.tail[arcs], graph.cost[arcs] = heads, node, costs
        graph.capacity[arcs], graph.flow[arcs] = 1, 0
        graph.potential[node] = (graph.potential[heads] - costs).max()
        graph.excess[node] = 1
        for arc, head in zip(arcs, heads, strict=True):
            self._add_slot(int(arc), int(head))
        return node

    def _add_slot(self, arc: int, head: int) -> None:
        """Put an arc among the near slots of its head, which move on if they are cramped."""
        if self.graph.slot_end[head] == self._slot_room[head]:
            self._move_slots(head)
        graph = self.graph
        slot, first_far = graph.slot_end[head], graph.slot_begin[head] + graph.near[head]
        graph.slot_end[head] += 1
        graph.near[head] += 1
        if first_far < slot:
            self._copy_slots(first_far, first_far + 1, slot)
        graph.slot_arc[first_far], graph.slot_of[arc] = arc, first_far
        graph.slot_tail[first_far], graph.slot_cost[first_far] = graph.tail[arc], graph.cost[arc]

    def _move_slots(self, head: int) -> None:
        begin, end = int(self.graph.slot_begin[head]), int(self.graph.slot_end[head])
        wanted = (end - begin) + max(8, (end - begin) // _SPARE)
        if self.slots + wanted > len(self.graph.slot_arc):
            self._widen(_SLOTS, self.slots + wanted)
        self._copy_slots(begin, end, self.slots)
        self.graph.slot_begin[head] = self.slots
        self.graph.slot_end[head] = self.slots + end - begin
        self.slots += wanted
        self._slot_room[head] = self.slots

    def _copy_slots(self, begin: int, end: int, to: int) -> None:
        graph = self.graph
        for column in (graph.slot_arc, graph.slot_tail, graph.slot_cost):
            column[to : to + end - begin] = column[begin:end]
        graph.slot_of[graph.slot_arc[to : to + end - begin]] = np.arange(to, to + end - begin)

    def _make_room(self, arcs: int) -> None:
        if self.nodes == len(self.graph.begin):
            self._widen(_NODES, self.nodes)
            self._slot_room = _longer(self._slot_room, len(self.graph.begin))
        if self.arcs + arcs > len(self.graph.head):
            self._widen(_ARCS, self.arcs + arcs)

    def _widen(self, columns: list[str], rows: int) -> None:
        size = rows + max(_LEAST, rows // _SPARE)
        changed: dict[str, Any] = {
            name: _longer(getattr(self.graph, name), size) for name in columns
        }
        self.graph = self.graph._replace(**changed)


def _longer(column: Any, size: int) -> Any:
    out = np.zeros(size, dtype=column.dtype)
    out[: len(column)] = column
    return out
