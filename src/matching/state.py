"""A standing plan that events repair: exact after each, and never solved anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from matching.engine import find_optimum
from matching.errors import NoPlanLeft, NotYet
from matching.graph import Shorts
from matching.households import Households
from matching.network import build_network
from matching.problem import NO_LIMIT, Problem
from matching.repair import Repair
from matching.roster import Mark, Roster
from matching.rows import is_among
from matching.sides.search import leaves_flow
from matching.tables import Ints

_SIDES = "opening costs, minimum sizes, budgets, unequal places or floors that divide a family"


class Standing:
    """A cheapest plan together with its duals, kept cheapest through events.

    An event changes a capacity of the network; the units this moves find their shortest ways
    on reduced costs (`matching.paths`). Provider totals, family limits, shared surcharges, floors
    and stability are part of the network, so events hold to them. Needs, supports, providers and
    pairs are named by their positions in the problem; needs that arrive are numbered on.

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

    Examples
    --------
    >>> problem = Problem.from_tables({
    ...     "needs": {"id": ["ann", "bob"], "unmet_cost": [900, 500]},
    ...     "supports": {"id": ["lunch"], "places": [1]},
    ...     "candidates": {"need": ["ann", "bob"], "support": ["lunch"] * 2, "cost": [300, 100]},
    ... })
    >>> standing = Standing(problem)
    >>> standing.objective, standing.supports.tolist()
    (800, [0, -1])
    >>> with standing.what_if():
    ...     standing.set_places(0, 2)
    ...     standing.objective
    400
    >>> standing.withdraw(0)
    >>> standing.objective, standing.supports.tolist()
    (100, [-1, 0])
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
        """Sweep over every pair once more, and give the objective that the duals prove.

        Raises
        ------
        ProofFailed
            If anything is not as it must be: a fault in this package.
        """
        self._repair.prove()
        return self.objective

    def decline(self, pairs: int | Ints) -> None:
        """Take pairs out: this need and this support will not come together.

        A need whose fixed pair is declined may then have any other of its pairs.

        Parameters
        ----------
        pairs : int or ndarray of int
            Positions of pairs; see `find_pair`.

        Raises
        ------
        NoPlanLeft
            If a need that must be met would have nothing.
        """
        some = np.unique(np.asarray(pairs, dtype=np.int64))
        fixed = some[is_among(self._problem.fixed_pairs, some)]
        with self._event():
            self._drop_pairs(some)
            for need in self._problem.pair_need[fixed].tolist():
                if self._roster.needs["fixed"][need] and not self._roster.needs["gone"][need]:
                    with self._homes.recounted(need):
                        self._roster.needs.put("fixed", need, 0)
                        self._homes.place(need)

    def _drop_pairs(self, some: Ints) -> None:
        pairs = self._roster.pairs
        some = some[pairs["gone"][some] == 0]
        for pair in some.tolist():
            pairs.put("gone", pair, 1)
        standing = is_among(self._problem.previous_pairs, some)
        self._roster.base -= self._problem.stability_cost * int(standing.sum())
        arcs = pairs["arc"][some]
        self._repair.close(arcs[arcs >= 0])

    def withdraw(self, need: int) -> None:
        """Take a need out: it no longer counts, met or unmet.

        Parameters
        ----------
        need : int

        Raises
        ------
        NoPlanLeft
            If its group's floor could not be kept.
        """
        if self._roster.needs["gone"][need]:
            return
        with self._event(), self._homes.recounted(need):
            self._drop_pairs(self._roster.pairs_of(need))
            self._homes.retire(need)
            self._roster.needs.put("gone", need, 1)

    def set_places(self, support: int, places: int) -> None:
        """Give a support more places or fewer; 0 closes it.

        Parameters
        ----------
        support, places : int

        Raises
        ------
        NoPlanLeft
            If needs that must be met would lose their places.
        """
        with self._event():
            self._roster.supports.put("places", support, places)
            self._homes.fit_support(support)

    def set_total(self, provider: int, places: int) -> None:
        """Give a provider more places or fewer over all of its supports.

        Parameters
        ----------
        provider, places : int

        Raises
        ------
        NoPlanLeft
            If needs that must be met would lose their places.
        NotYet
            For a provider that had no total.
        """
        if self._problem.provider_places[provider] >= NO_LIMIT:
            name = self._problem.provider_ids[provider]
            raise NotYet("a total for a provider that had none", f"table providers, id {name!r}")
        with self._event():
            self._roster.providers.put("places", provider, places)
            self._homes.fit_provider(provider)

    def add_family(self, *, at_most: int | None = None, none_met_cost: int = 0) -> int:
        """Bring in a family, whose needs then arrive one after the other.

        Parameters
        ----------
        at_most : int, optional
            How many matches at once; None: no limit.
        none_met_cost : int
            Pence, once while none of its needs is met.

        Returns
        -------
        int
            Its number: families of the problem come first.
        """
        with self._event():
            self._roster.base += none_met_cost
            limit = NO_LIMIT if at_most is None else at_most
            return self._roster.families.add(room=0, at_most=limit, none_met_cost=none_met_cost)

    def arrive(
        self,
        unmet_cost: int | None,
        supports: Ints,
        costs: Ints,
        *,
        family: int | None = None,
        group: int | None = None,
    ) -> int:
        """Bring in a need.

        Parameters
        ----------
        unmet_cost : int or None
            Pence; None: it must be met.
        supports : ndarray of int
            Positions, each once.
        costs : ndarray of int
            Pence of each pair.
        family, group : int, optional
            Positions; of a standing family, or one of `add_family`. None: none.

        Returns
        -------
        int
            Its place in `supports`.

        Raises
        ------
        NoPlanLeft
            If it must be met and cannot be.
        NotYet
            If a floor would then count only some needs of a family with a limit or surcharge.
        """
        with self._event():
            need = self._roster.add_need(
                unmet_cost=unmet_cost,
                family=-1 if family is None else family,
                group=self._with_floor(group),
            )
            self._roster.needs.put("gone", need, 1)
            with self._homes.recounted(need):
                self._roster.needs.put("gone", need, 0)
                for support, cost in zip(np.asarray(supports), np.asarray(costs), strict=True):
                    self._roster.add_pair(need, int(support), int(cost))
                self._homes.place(need)
        return need

    def _with_floor(self, group: int | None) -> int:
        if group is None or not self._problem.group_has_floor[group]:
            return -1
        return group

    def add_support(
        self, places: int, needs: Ints, costs: Ints, *, provider: int | None = None
    ) -> int:
        """Open a support, and place those anew who could have it.

        Parameters
        ----------
        places : int
        needs : ndarray of int
            Whom it could help, each once; a need whose pair is fixed stays where it stands.
        costs : ndarray of int
            Pence of each pair.
        provider : int, optional
            None: none with a total.

        Returns
        -------
        int
            Its number: supports of the problem come first.
        """
        roster, repair = self._roster, self._repair
        limited = provider is not None and self._problem.provider_places[provider] < NO_LIMIT
        owner = int(provider) if limited and provider is not None else -1
        head = self._network.first["provider"] + owner if limited else repair.graph.sink
        with self._event():
            one = np.ones(1, dtype=np.int64)
            node = repair.add_node(head * one, 0 * one, 0 * one, supply=0, is_need=False)
            arc = int(repair.graph.begin[node])
            support = roster.supports.add(node=node, arc=arc, places=places, provider=owner)
            for need, cost in zip(np.asarray(needs), np.asarray(costs), strict=True):
                if roster.needs["gone"][need]:
                    continue
                roster.add_pair(int(need), support, int(cost))
                if not roster.needs["fixed"][need]:
                    with self._homes.recounted(int(need)):
                        self._homes.place(int(need))
        return support

    @contextmanager
    def what_if(self) -> Iterator[Standing]:
        """Try events: whatever happens within is undone at the end.

        Raises
        ------
        ProofFailed
            If so much was tried that it cannot be undone: some four million changes.
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
