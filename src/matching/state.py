"""A standing plan that events repair: exact after each, and never solved anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from matching.beyond import leaves_flow
from matching.engine import find_optimum
from matching.errors import NoPlanLeft, NotYet
from matching.network import build_network
from matching.problem import NO_LIMIT, Problem
from matching.repair import Repair
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
        self._base = network.base
        self._arcs = {name: optimum.at[part] for name, part in network.sections.items()}
        self._arc_of_pair = self._arc_of(network.pair, "pairs", len(problem.pair_need))
        homes = network.households
        needs = len(problem.need_ids)
        self._hub_arc = self._arc_of(np.flatnonzero(homes.in_hub), "hub_needs", needs)
        alone = np.flatnonzero(~homes.in_hub & ~homes.must)
        self._unmet_arc = self._arc_of(alone, "unmet", needs)
        self._pair_starts = problem.pair_starts
        self._pair_gone = np.zeros(len(problem.pair_need), dtype=np.int64)
        self._need_gone = np.zeros(needs, dtype=np.int64)
        self._places = problem.support_places.copy()
        self._totals = problem.provider_places.copy()
        self._noted: list[tuple[Ints, int, int]] = []
        self._arrived: list[int] = []
        self._trying = False

    def _arc_of(self, rows: Ints, section: str, size: int) -> Ints:
        arc = np.full(size, -1, dtype=np.int64)
        arc[rows] = self._arcs[section]
        return arc

    @property
    def objective(self) -> int:
        """What the plan costs now, pence."""
        return self._repair.cost + self._base

    @property
    def supports(self) -> Ints:
        """The support of each need, -1 for none; needs that arrived stand at the end."""
        graph, first = self._repair.graph, self._network.first
        needs = np.r_[0 : first["support"], first["sink"] + 1 : self._repair.nodes]
        arc = graph.leaves[needs]
        support = graph.head[arc] - first["support"]
        met = (arc >= 0) & (graph.flow[arc] > 0) & (support < len(self._places)) & (support >= 0)
        return np.where(met, support, -1).astype(np.int64)

    @property
    def prices(self) -> Ints:
        """The price of a place at each support that proves the plan, pence."""
        graph, first = self._repair.graph, self._network.first
        here = graph.potential[first["support"] : first["provider"]]
        beyond = graph.potential[self._network.head[self._network.sections["supports"]]]
        price: Ints = np.maximum(0, beyond - here)
        return price

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

        Parameters
        ----------
        pairs : int or ndarray of int
            Positions of pairs.

        Raises
        ------
        NoPlanLeft
            If a need that must be met would have nothing.
        NotYet
            For a fixed pair: what it held up must be solved anew.
        """
        some = np.unique(np.asarray(pairs, dtype=np.int64))
        fixed = np.intersect1d(some, self._problem.fixed_pairs)
        if fixed.size:
            raise NotYet("a fixed pair that is declined", f"table fixed, pair {fixed[0]}")
        with self._event():
            self._close_pairs(some)

    def withdraw(self, need: int) -> None:
        """Take a need out: it no longer counts, met or unmet.

        Raises
        ------
        NoPlanLeft
            If its group's floor could not be kept.
        NotYet
            For a need that must be met or stands fixed, in a family with a limit or a surcharge.
        """
        if self._need_gone[need]:
            return
        self._refuse_forced(need)
        with self._event():
            self._note(self._need_gone, need, 1)
            self._close_pairs(np.arange(self._pair_starts[need], self._pair_starts[need + 1]))
            if self._hub_arc[need] >= 0:
                self._repair.close(self._hub_arc[[need]])
                self._base -= int(self._problem.unmet_cost[need])
            else:
                self._withdraw_alone(need)

    def _withdraw_alone(self, need: int) -> None:
        problem, homes = self._problem, self._network.households
        if self._unmet_arc[need] >= 0:
            self._repair.close(self._unmet_arc[[need]])
        self._repair.take_supply(need)
        family, group = problem.need_family[need], problem.need_group[need]
        if family >= 0 and not homes.must[need]:
            self._base += int(homes.surcharge[family])
        if group >= 0 and problem.group_has_floor[group]:
            arc = int(self._arcs["groups"][group])
            allowed = int(self._repair.graph.capacity[arc])
            if allowed == 0:
                raise NoPlanLeft("its group would have too few needs for its floor")
            self._repair.change(arc, allowed - 1)

    def _refuse_forced(self, need: int) -> None:
        problem, family = self._problem, self._problem.need_family[need]
        if not self._network.households.must[need] or family < 0:
            return
        if problem.family_at_most[family] < NO_LIMIT or problem.none_met_cost[family] > 0:
            rule = "the withdrawal of a need that must be met, in a family with a limit"
            raise NotYet(rule, f"table needs, id {problem.need_ids[need]!r}")

    def _close_pairs(self, pairs: Ints) -> None:
        pairs = pairs[self._pair_gone[pairs] == 0]
        for pair in pairs:
            self._note(self._pair_gone, int(pair), 1)
        standing = np.isin(pairs, self._problem.previous_pairs, assume_unique=True)
        self._base -= self._problem.stability_cost * int(standing.sum())
        arcs = self._arc_of_pair[pairs]
        self._repair.close(arcs[arcs >= 0])

    def set_places(self, support: int, places: int) -> None:
        """Give a support more places or fewer; 0 closes it.

        Raises
        ------
        NoPlanLeft
            If needs that must be met would lose their places.
        """
        with self._event():
            self._note(self._places, support, places)
            self._fit_places(support)

    def _fit_places(self, support: int) -> None:
        """Hold the arc to the places, and to what could ever be used of them."""
        graph, node = self._repair.graph, self._network.first["support"] + support
        usable = int(graph.slot_end[node] - graph.slot_begin[node]) + 1
        arc = int(self._arcs["supports"][support])
        capacity = min(int(self._places[support]), usable)
        if graph.capacity[arc] != capacity:
            self._repair.change(arc, capacity)

    def set_total(self, provider: int, places: int) -> None:
        """Give a provider more places or fewer over all of its supports.

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
            self._note(self._totals, provider, places)
            self._fit_total(provider)

    def _fit_total(self, provider: int) -> None:
        arc = int(self._arcs["providers"][provider])
        capacity = min(int(self._totals[provider]), self._repair.nodes)
        if self._repair.graph.capacity[arc] != capacity:
            self._repair.change(arc, capacity)

    def arrive(self, unmet_cost: int, supports: Ints, costs: Ints) -> int:
        """Bring in a need of a family of its own, in no group; it stays until the next solving.

        Parameters
        ----------
        unmet_cost : int
            Pence, the family's surcharge within if it has one.
        supports : ndarray of int
            Positions, each once.
        costs : ndarray of int
            Pence of each pair.

        Returns
        -------
        int
            Its place in `supports`.
        """
        graph, first = self._repair.graph, self._network.first
        heads = np.append(np.asarray(supports, dtype=np.int64) + first["support"], graph.sink)
        prices = np.append(np.asarray(costs, dtype=np.int64), unmet_cost)
        order = np.argsort(prices, kind="stable")
        with self._event():
            node = self._repair.add_need(heads[order], prices[order])
            self._arrived.append(node)
            for support in heads[:-1] - first["support"]:
                self._fit_places(int(support))
            for provider in np.unique(
                self._problem.support_provider[heads[:-1] - first["support"]]
            ):
                if provider >= 0 and self._totals[provider] < NO_LIMIT:
                    self._fit_total(int(provider))
        return node - first["sink"] - 1 + first["support"]

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
        base = self._base
        self._trying = True
        try:
            yield self
        finally:
            self._trying = False
            self._take_back(0, 0, 0, base)

    @contextmanager
    def _event(self) -> Iterator[None]:
        """Settle what an event changes; take it back where no plan is left."""
        if not self._trying:
            self._forget()
        before = self._repair.row, len(self._noted), len(self._arrived), self._base
        try:
            yield
            self._repair.settle()
        except NoPlanLeft:
            self._take_back(*before)
            raise

    def _forget(self) -> None:
        self._repair.forget()
        self._noted.clear()
        self._arrived.clear()

    def _note(self, array: Ints, index: int, new: int) -> None:
        self._noted.append((array, index, int(array[index])))
        array[index] = new

    def _take_back(self, row: int, noted: int, arrived: int, base: int) -> None:
        self._repair.take_back(row)
        for array, index, old in reversed(self._noted[noted:]):
            array[index] = old
        graph = self._repair.graph
        for node in self._arrived[arrived:]:
            graph.capacity[graph.begin[node] : graph.end[node]] = 0
        del self._noted[noted:], self._arrived[arrived:]
        self._base = base
