"""Changes to a settled graph, put right at once, and taken back when they must be."""

from __future__ import annotations

import numpy as np

from matching.errors import NoPlanLeft, ProofFailed
from matching.graph import Graph
from matching.growth import Room
from matching.paths import change_capacity, close_arcs, settle, undo
from matching.search import FLOW, search_of
from matching.tables import Ints

#: Changes that can be undone within one event or what-if.
_JOURNAL_ROWS = 2**22
_NO_LIMIT = 2**62


class Repair:
    """A settled graph that changes and is settled again.

    Parameters
    ----------
    graph : Graph
        Settled.
    cost : int
        What its flow costs.
    """

    def __init__(self, graph: Graph, cost: int) -> None:
        self._room = Room(graph)
        self._search = search_of(len(self.graph.begin), journal_rows=_JOURNAL_ROWS)
        self._search.ledger[0] = cost
        self.graph.excess[:] = 0
        self._touched: list[Ints] = []

    @property
    def graph(self) -> Graph:
        """The graph; its arrays may be replaced when needs arrive."""
        return self._room.graph

    @property
    def nodes(self) -> int:
        """How many nodes are in use."""
        return self._room.nodes

    @property
    def cost(self) -> int:
        """What the flow costs."""
        return int(self._search.ledger[0])

    @property
    def mark(self) -> tuple[int, int]:
        """Where the changes stand; see `take_back`."""
        return int(self._search.ledger[1]), self._room.nodes

    @property
    def moved(self) -> tuple[Ints, Ints]:
        """The arcs whose flow was changed since the journal began, and their flow before."""
        rows = self._search.journal[: int(self._search.ledger[1])]
        rows = rows[rows[:, 0] == FLOW]
        arcs, first = np.unique(rows[:, 1], return_index=True)
        return arcs, rows[first, 2]

    def forget(self) -> None:
        """Begin the journal anew: what was done stays done."""
        self._search.ledger[1] = 0

    def change(self, arc: int, capacity: int) -> None:
        """Give an arc another capacity."""
        if self.graph.capacity[arc] != capacity:
            change_capacity(self.graph, self._search, arc, capacity)
            self._touch(np.array([arc]))

    def close(self, arcs: Ints) -> None:
        """Close arcs that carry a unit at most."""
        close_arcs(self.graph, self._search, arcs)
        self._touch(arcs)

    def add_supply(self, node: int, units: int) -> None:
        """Let a node send more units, or fewer."""
        self.graph.excess[node] += units
        self._touched.append(np.array([node]))

    def add_node(
        self, heads: Ints, costs: Ints, capacities: Ints, *, supply: int, is_need: bool
    ) -> int:
        """Add a node; see `Room.add_node`."""
        node = self._room.add_node(heads, costs, capacities, supply=supply, is_need=is_need)
        if len(self._search.distance) < len(self.graph.begin):
            wider = search_of(len(self.graph.begin))
            old = self._search
            self._search = wider._replace(ledger=old.ledger, journal=old.journal)
        self._touched.append(np.array([node]))
        return node

    def retire(self, node: int, supply: int) -> None:
        """Close every arc out of a node, and take its supply."""
        arcs = np.arange(self.graph.begin[node], self.graph.end[node])
        for arc in arcs[self.graph.capacity[arcs] > 1]:
            self.change(int(arc), 0)
        self.close(arcs)
        self.add_supply(node, -supply)

    def _touch(self, arcs: Ints) -> None:
        ends = (self.graph.head[arcs], self.graph.tail[arcs])
        self._touched += [node.astype(np.int64) for node in ends]

    def settle(self) -> None:
        """Put right what the changes since the last call have moved.

        Raises
        ------
        NoPlanLeft
            If a unit has nowhere to go.
        """
        nodes = np.unique(np.concatenate(self._touched)) if self._touched else np.array([], int)
        self._touched = []
        self.graph.excess[self.graph.sink] = 0
        lost = settle(self.graph, self._search, nodes.astype(np.int64), _NO_LIMIT)
        self.graph.excess[self.graph.sink] = 0
        if lost >= 0:
            raise NoPlanLeft("after this no plan meets every rule; nothing was changed")

    def take_back(self, mark: tuple[int, int]) -> None:
        """Undo everything since a mark; nodes added since stay, without capacity.

        Raises
        ------
        ProofFailed
            If that was more than the journal holds.
        """
        row, nodes = mark
        if self.mark[0] > len(self._search.journal):
            raise ProofFailed("too much was changed to be undone: solve anew")
        undo(self.graph, self._search, row)
        graph, added = self.graph, slice(nodes, self._room.nodes)
        if added.start < added.stop:
            graph.capacity[graph.begin[added.start] : self._room.arcs] = 0
        self._touched = []
        graph.excess[:] = 0

    def prove(self) -> None:
        """Sweep over every arc.

        Raises
        ------
        ProofFailed
            If one does not obey its capacity or its prices, or the flow costs something else.
        """
        graph, arcs = self.graph, slice(0, self._room.arcs)
        flow, capacity = graph.flow[arcs].astype(np.int64), graph.capacity[arcs]
        cost = graph.cost[arcs]
        reduced = cost + graph.potential[graph.tail[arcs]] - graph.potential[graph.head[arcs]]
        wrong = (flow < 0) | (flow > capacity)
        wrong |= ((reduced < 0) & (flow < capacity)) | ((reduced > 0) & (flow > 0))
        if wrong.any() or graph.excess.any():
            raise ProofFailed(f"{wrong.sum()} arcs do not obey their prices")
        if int(cost @ flow) != self.cost:
            raise ProofFailed("the flow does not cost what was counted")
