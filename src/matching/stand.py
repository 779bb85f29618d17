"""A plan that stands with its proof: what it costs, who is where, and how changes are undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import numpy as np

from matching.beyond import leaves_flow
from matching.engine import find_optimum
from matching.errors import NoPlanLeft, NotYet
from matching.households import Households
from matching.network import build_network
from matching.problem import Problem
from matching.repair import Repair
from matching.roster import Mark, Roster
from matching.tables import Ints, Shorts

_SIDES = "opening costs, minimum sizes, budgets, unequal places or floors that divide a family"


class Stand:
    """What `matching.Standing` stands on: a settled graph, and who is who in it.

    Parameters
    ----------
    problem : Problem
        With the rules that stay inside a flow.

    Raises
    ------
    NoPlanLeft
        Where no plan meets every rule.
    NotYet
        Where another rule is in force, or if amounts times nodes leave 64 bits.
    """

    def __init__(self, problem: Problem) -> None:
        if leaves_flow(problem):
            raise NotYet(_SIDES, "events")
        self._problem = problem
        self._network = network = build_network(problem)
        optimum = find_optimum(problem, network)
        if optimum is None:
            raise NoPlanLeft("no plan meets every rule")
        self._repair = Repair(optimum.graph, int(network.cost @ optimum.flow))
        self._roster = Roster(problem, network, optimum.at)
        self._homes = Households(self._roster, self._repair, network.first["group"])
        self._trying = False

    @property
    def objective(self) -> int:
        """What the plan costs now, pence."""
        return self._repair.cost + self._roster.base

    @property
    def supports(self) -> Ints:
        """The support of each need, -1 for none; needs that arrived stand at the end."""
        graph, needs = self._repair.graph, self._roster.needs
        arc = graph.leaves[needs["node"]]
        met = (arc >= 0) & (graph.flow[arc] > 0) & (needs["gone"] == 0)
        return np.where(met, self._support_at(graph.head[arc]), -1).astype(np.int64)

    def _support_at(self, nodes: Shorts) -> Ints:
        support = np.full(self._repair.nodes, -1, dtype=np.int64)
        support[self._roster.supports["node"]] = np.arange(self._roster.supports.count)
        found: Ints = support[nodes]
        return found

    @property
    def moved(self) -> tuple[Ints, Ints, Ints]:
        """What the last event, or all events of this what-if, changed: need, old and new support.

        -1 is none; a need that came or went is among them.
        """
        arcs, flow = self._repair.moved
        graph = self._repair.graph
        node, support = graph.tail[arcs], self._support_at(graph.head[arcs])
        some = (support >= 0) & graph.is_need[node]
        needs = np.array([self._homes.need_at(at) for at in node[some].tolist()], dtype=np.int64)
        need, row = np.unique(needs, return_inverse=True)
        old, new = np.full(len(need), -1), np.full(len(need), -1)
        had, has = flow[some] > 0, graph.flow[arcs[some]] > 0
        old[row[had]], new[row[has]] = support[some][had], support[some][has]
        changed = old != new
        return need[changed], old[changed], new[changed]

    @property
    def prices(self) -> Ints:
        """The price of a place at each support that proves the plan, pence."""
        graph, arc = self._repair.graph, self._roster.supports["arc"]
        here, beyond = graph.potential[graph.tail[arc]], graph.potential[graph.head[arc]]
        price: Ints = np.maximum(0, beyond - here)
        return price

    def find_pair(self, need: int, support: int) -> int:
        """Give the position of a pair; those that came later are numbered on.

        Parameters
        ----------
        need, support : int

        Returns
        -------
        int

        Raises
        ------
        KeyError
            If there is no such pair, or it has been taken out.
        """
        pairs = self._roster.pairs_of(need)
        found = pairs[self._roster.pairs["support"][pairs] == support]
        if not found.size:
            raise KeyError(f"need {need} may not go to support {support}")
        return int(found[0])

    def prove(self) -> int:
        """Sweep over every pair once more.

        Returns
        -------
        int
            The objective, which the duals prove.

        Raises
        ------
        ProofFailed
            If anything is not as it must be: a fault in this package.
        """
        self._repair.prove()
        return self.objective

    @contextmanager
    def what_if(self) -> Iterator[Self]:
        """Try events: whatever happens within is undone at the end.

        Yields
        ------
        Standing
            Itself. Within, `moved` is what all events so far have changed.

        Raises
        ------
        ProofFailed
            If so much was tried that it cannot be undone: some four million changes.
        ValueError
            Within another what-if.
        """
        if self._trying:
            raise ValueError("a what-if within a what-if")
        self._forget()
        before = self._mark
        self._trying = True
        try:
            yield self
        finally:
            self._trying = False
            self._take_back(*before)

    @contextmanager
    def _event(self) -> Iterator[None]:
        """Settle what an event changes; take it back where no plan is left."""
        if not self._trying:
            self._forget()
        before = self._mark
        try:
            yield
            self._repair.settle()
        except (NoPlanLeft, NotYet):
            self._take_back(*before)
            raise

    @property
    def _mark(self) -> tuple[tuple[int, int], Mark]:
        return self._repair.mark, self._roster.mark

    def _forget(self) -> None:
        self._repair.forget()
        self._roster.forget()

    def _take_back(self, repair: tuple[int, int], roster: Mark) -> None:
        self._repair.take_back(repair)
        self._roster.take_back(roster)
