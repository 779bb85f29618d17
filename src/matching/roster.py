"""Who and what a standing plan knows now: by number, also what came after the problem."""

from __future__ import annotations

import numpy as np

from matching.network import Network, pair_costs
from matching.problem import Problem
from matching.rows import Rows
from matching.tables import Ints, Shorts

Mark = tuple[int, tuple[tuple[int, int], ...]]


class Roster:
    """Needs, pairs, families, supports and providers, and where each stands in the graph.

    Rows of the problem come first, as they are numbered there; what comes later is numbered on.
    An arc or node of -1 is none.

    Parameters
    ----------
    problem : Problem
    network : Network
    at : ndarray, shape (arcs,)
        Where each of the network's arcs stands in the graph.

    Attributes
    ----------
    needs : Rows
        `node`; `supply`: what that sends by itself; `hub_arc` into it; `unmet_arc` out of it;
        `unmet_cost`; `by_rule`: must be met; `fixed`; `family`; `group`: only with a floor;
        `gone`.
    pairs : Rows
        `arc`, `need`, `support`, `cost` (less what standing saves), `gone`.
    families : Rows
        `hub`: its node; `room`: what that sends; `at_most`, `none_met_cost`.
    supports : Rows
        `node`, `arc` out of it, `places`, `provider`: only with a total.
    providers : Rows
        `arc`, `places`.
    floors : Rows
        Of each group: `arc`.
    base : int
        What the plan costs beside the flow.
    """

    def __init__(self, problem: Problem, network: Network, at: Shorts) -> None:
        self.base = network.base
        self._starts = problem.pair_starts
        self._late_pairs: dict[int, list[int]] = {}
        self._late_members: dict[int, list[int]] = {}
        self._by_family = np.argsort(problem.need_family, kind="stable")
        self._family_starts = np.searchsorted(
            problem.need_family[self._by_family], np.arange(len(problem.family_ids) + 1)
        )
        arcs = {name: at[part].astype(np.int64) for name, part in network.sections.items()}
        first = network.first
        self.needs = _need_rows(problem, network, arcs)
        self.pairs = Rows(
            arc=_spread(network.pair, arcs["pairs"], len(problem.pair_need)),
            need=problem.pair_need,
            support=problem.pair_support,
            cost=pair_costs(problem),
            gone=np.zeros_like(problem.pair_need),
        )
        homes = network.households
        hubs = np.where(homes.hub, first["family"] + np.arange(len(homes.hub)), -1)
        self.families = Rows(
            hub=hubs,
            room=np.where(homes.hub, homes.room, 0),
            at_most=problem.family_at_most,
            none_met_cost=problem.none_met_cost,
        )
        heads = network.head[network.sections["supports"]]
        self.supports = Rows(
            node=first["support"] + np.arange(len(heads)),
            arc=arcs["supports"],
            places=problem.support_places,
            provider=np.where(heads == first["sink"], -1, heads - first["provider"]),
        )
        self.providers = Rows(arc=arcs["providers"], places=problem.provider_places)
        self.floors = Rows(arc=np.where(problem.group_has_floor, arcs["groups"], -1))

    def pairs_of(self, need: int) -> Ints:
        """Number the pairs of a need that have not been taken out."""
        late = self._late_pairs.get(need, [])
        pairs = np.array(late, dtype=np.int64)
        if need + 1 < len(self._starts):
            own = np.arange(self._starts[need], self._starts[need + 1])
            pairs = np.concatenate([own, pairs])
        left: Ints = pairs[self.pairs["gone"][pairs] == 0]
        return left

    def members(self, family: int) -> Ints:
        """Number the needs of a family that are still there."""
        late = np.array(self._late_members.get(family, []), dtype=np.int64)
        if family + 1 < len(self._family_starts):
            own = slice(self._family_starts[family], self._family_starts[family + 1])
            late = np.concatenate([self._by_family[own], late])
        left: Ints = late[self.needs["gone"][late] == 0]
        return left

    def add_need(self, *, unmet_cost: int | None, family: int, group: int) -> int:
        """Add a need, and give its number."""
        need = self.needs.add(
            supply=0,
            unmet_cost=unmet_cost or 0,
            by_rule=int(unmet_cost is None),
            fixed=0,
            family=family,
            group=group,
            gone=0,
        )
        if family >= 0:
            self._late_members.setdefault(family, []).append(need)
        return need

    def add_pair(self, need: int, support: int, cost: int) -> int:
        """Add a pair, and give its number."""
        pair = self.pairs.add(need=need, support=support, cost=cost, gone=0)
        self._late_pairs.setdefault(need, []).append(pair)
        return pair

    @property
    def mark(self) -> Mark:
        """Where the changes stand; see `take_back`."""
        return self.base, tuple(rows.mark for rows in self._tables)

    def forget(self) -> None:
        """What was changed stays changed."""
        for rows in self._tables:
            rows.forget()

    def take_back(self, mark: Mark) -> None:
        """Undo every change since a mark; needs and pairs added since are gone."""
        self.base = mark[0]
        for rows, before in zip(self._tables, mark[1], strict=True):
            rows.take_back(before)
        self.needs["gone"][mark[1][0][1] :] = 1
        self.pairs["gone"][mark[1][1][1] :] = 1

    @property
    def _tables(self) -> tuple[Rows, ...]:
        return self.needs, self.pairs, self.families, self.supports, self.providers


def _need_rows(problem: Problem, network: Network, arcs: dict[str, Ints]) -> Rows:
    count, homes = len(problem.need_ids), network.households
    alone = np.flatnonzero(~homes.in_hub & ~homes.must)
    group = problem.need_group.copy()
    group[group >= 0] = np.where(problem.group_has_floor[group[group >= 0]], group[group >= 0], -1)
    fixed = np.zeros(count, dtype=np.int64)
    fixed[problem.pair_need[problem.fixed_pairs]] = 1
    return Rows(
        node=np.arange(count),
        supply=(~homes.in_hub).astype(np.int64),
        hub_arc=_spread(np.flatnonzero(homes.in_hub), arcs["hub_needs"], count),
        unmet_arc=_spread(alone, arcs["unmet"], count),
        unmet_cost=problem.unmet_cost,
        by_rule=problem.must_meet.astype(np.int64),
        fixed=fixed,
        family=problem.need_family,
        group=group,
        gone=np.zeros(count, dtype=np.int64),
    )


def _spread(rows: Ints, values: Ints, size: int) -> Ints:
    out = np.full(size, -1, dtype=np.int64)
    out[rows] = values
    return out
