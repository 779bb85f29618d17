"""Changes to a settled graph, put right at once, and taken back when they must be."""

from __future__ import annotations

import numpy as np

from matching.errors import NoPlanLeft, ProofFailed
from matching.graph import Graph
from matching.growth import Room
from matching.paths import change_capacity, close_arcs, settle, undo
from matching.search import search_of
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
    def row(self) -> int:
        """Where the journal stands; see `take_back`."""
        return int(self._search.ledger[1])

    def forget(self) -> None:
        """Begin the journal anew: what was done stays done."""
        self._search.ledger[1] = 0

    def change(self, arc: int, capacity: int) -> None:
        """Give an arc another capacity."""
        change_capacity(self.graph, self._search, arc, capacity)
        self._touch(np.array([arc]))

    def close(self, arcs: Ints) -> None:
        """Close arcs that carry a unit at most."""
        close_arcs(self.graph, self._search, arcs)
        self._touch(arcs)

    def take_supply(self, node: int) -> None:
        """Let a node send one unit less."""
        self.graph.excess[node] -= 1
        self._touched.append(np.array([node]))

    def add_need(self, heads: Ints, costs: Ints) -> int:
        """Add a need; see `Room.add_need`."""
        node = self._room.add_need(heads, costs)
        if len(self._search.distance) < len(self.graph.begin):
            wider = search_of(len(self.graph.begin))
            old = self._search
            self._search = wider._replace(ledger=old.ledger, journal=old.journal)
        self._touched.append(np.array([node]))
        return node

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

    def take_back(self, row: int) -> None:
        """Undo everything since the journal stood at a row.

        Raises
        ------
        ProofFailed
            If that was more than the journal holds.
        """
        if self.row > len(self._search.journal):
            raise ProofFailed("too much was changed to be undone: solve anew")
        undo(self.graph, self._search, row)
        self._touched = []
        self.graph.excess[:] = 0

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
