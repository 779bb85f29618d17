"""A standing plan that events repair: exact after each, and never solved anew."""

from __future__ import annotations

import numpy as np

from matching.errors import NotYet
from matching.problem import NO_LIMIT
from matching.rows import is_among
from matching.stand import Stand
from matching.tables import Ints


class Standing(Stand):
    """A cheapest plan together with its duals, kept cheapest through events.

    An event changes a capacity of the network; the units this moves find their shortest ways
    on reduced costs (`matching.paths`). Provider totals, family limits, shared surcharges, floors
    and stability are part of the network, so events hold to them. Needs, supports, providers and
    pairs are named by their positions in the problem; what arrives is numbered on.

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
    >>> from matching import Problem
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
        ValueError
            For fewer places than none.
        """
        _hold_places(places)
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
        ValueError
            For fewer places than none.
        NotYet
            For a provider that had no total.
        """
        _hold_places(places)
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

        Raises
        ------
        ValueError
            For fewer places than none.
        """
        _hold_places(places)
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


def _hold_places(places: int) -> None:
    if places < 0:
        raise ValueError(f"places are {places}, must be 0 or more")
