"""Brings needs into a standing network and takes them out, each by the rules of its family."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from matching.errors import NoPlanLeft, NotYet
from matching.problem import NO_LIMIT
from matching.repair import Repair
from matching.roster import Roster
from matching.tables import Ints


@dataclass(frozen=True)
class _Share:
    """What a family adds beside its arcs: to the base, and to the matches each floor counts."""

    base: int
    open_matches: Counter[int]


class Households:
    """The part of a standing plan that knows what a family may have.

    A family with a limit or a surcharge whose needs change gets a new node, as in
    `matching.network.Households`; the old one is retired. So every event on families is made of
    nodes that come and nodes that go.

    Parameters
    ----------
    roster : Roster
    repair : Repair
    first_group : int
        The node of the first group.
    """

    def __init__(self, roster: Roster, repair: Repair, first_group: int) -> None:
        self._roster, self._repair, self._first_group = roster, repair, first_group
        self._need_of_late: dict[int, int] = {}

    def need_at(self, node: int) -> int:
        """Give the need that a node stands for, or stood for."""
        return self._need_of_late.get(node, node)

    @contextmanager
    def recounted(self, need: int) -> Iterator[None]:
        """Let a need come, go or be placed anew, and form its family's node after it."""
        before = self._share_of(need)
        yield
        family = int(self._roster.needs["family"][need])
        if family >= 0:
            self._form(family)
        after = self._share_of(need)
        self._roster.base += after.base - before.base
        after.open_matches.subtract(before.open_matches)
        for group, more in after.open_matches.items():
            if group >= 0 and more:
                self._widen_floor(group, more)

    def place(self, need: int) -> None:
        """Give a need a node, with an arc for each of its pairs; what it had before is retired."""
        roster, needs = self._roster, self._roster.needs
        if needs["node"][need] >= 0:
            self.retire(need)
        pairs = roster.pairs_of(need)
        heads = roster.supports["node"][roster.pairs["support"][pairs]]
        costs = roster.pairs["cost"][pairs]
        must = self._must(need)
        alone = must or self._is_plain(int(needs["family"][need]))
        if alone and not must:
            heads = np.append(heads, self._way_out(int(needs["group"][need])))
            costs = np.append(costs, needs["unmet_cost"][need])
        order = np.argsort(costs, kind="stable")
        node = self._repair.add_node(
            heads[order], costs[order], np.ones_like(order), supply=int(alone), is_need=True
        )
        arcs = np.empty_like(order)
        arcs[order] = self._repair.graph.begin[node] + np.arange(len(order))
        self._need_of_late[node] = need
        for pair, arc in zip(pairs.tolist(), arcs[: len(pairs)].tolist(), strict=True):
            roster.pairs.put("arc", pair, arc)
        needs.put("node", need, node)
        needs.put("supply", need, int(alone))
        needs.put("hub_arc", need, -1)
        needs.put("unmet_arc", need, int(arcs[-1]) if len(arcs) > len(pairs) else -1)
        for support in np.unique(roster.pairs["support"][pairs]):
            self.fit_support(int(support))

    def retire(self, need: int) -> None:
        """Close a need's node."""
        needs = self._roster.needs
        self._repair.retire(int(needs["node"][need]), int(needs["supply"][need]))
        if needs["hub_arc"][need] >= 0:
            self._repair.close(needs["hub_arc"][[need]])

    def fit_support(self, support: int) -> None:
        """Hold a support's arc to its places, and to what could ever be used of them."""
        graph, supports = self._repair.graph, self._roster.supports
        node, provider = supports["node"][support], int(supports["provider"][support])
        usable = int(graph.slot_end[node] - graph.slot_begin[node]) + 1
        places = min(int(supports["places"][support]), usable)
        self._repair.change(int(supports["arc"][support]), places)
        if provider >= 0:
            self.fit_provider(provider)

    def fit_provider(self, provider: int) -> None:
        """Hold a provider's arc to its total, and to what could ever be used of it."""
        providers = self._roster.providers
        places = min(int(providers["places"][provider]), self._repair.nodes)
        self._repair.change(int(providers["arc"][provider]), places)

    def _must(self, need: int) -> bool:
        return bool(self._roster.needs["by_rule"][need] or self._roster.needs["fixed"][need])

    def _is_plain(self, family: int) -> bool:
        """Say whether a family's needs need not know of each other."""
        families = self._roster.families
        return family < 0 or (
            families["at_most"][family] >= NO_LIMIT and families["none_met_cost"][family] == 0
        )

    def _way_out(self, group: int) -> int:
        return self._first_group + group if group >= 0 else self._repair.graph.sink

    def _share_of(self, need: int) -> _Share:
        needs, families = self._roster.needs, self._roster.families
        family = int(needs["family"][need])
        members = self._roster.members(family) if family >= 0 else np.array([need])
        members = members[needs["gone"][members] == 0]
        alone = members[needs["supply"][members] == 1]
        share = Counter(needs["group"][alone].tolist())
        if family < 0:
            return _Share(0, share)
        surcharge = int(families["none_met_cost"][family])
        if families["hub"][family] < 0:
            return _Share(0 if len(members) else surcharge, share)
        inside = members[needs["supply"][members] == 0]
        room = int(families["room"][family])
        share[self._group_of(family, inside)] += room
        shut = surcharge if room == 0 and not self._count_forced(members) else 0
        return _Share(int(needs["unmet_cost"][inside].sum()) + shut, share)

    def _count_forced(self, members: Ints) -> int:
        needs = self._roster.needs
        return int((needs["by_rule"][members] | needs["fixed"][members]).sum())

    def _group_of(self, family: int, inside: Ints) -> int:
        groups = np.unique(self._roster.needs["group"][inside])
        if len(groups) > 1:
            rule = "a floor whose group holds only some needs of a family with a limit or surcharge"
            raise NotYet(rule, f"table families, row {family + 1} in the order of ids")
        return int(groups[0]) if len(groups) else -1

    def _form(self, family: int) -> None:
        roster, repair, needs = self._roster, self._repair, self._roster.needs
        if self._is_plain(family):
            return
        hub, room = int(roster.families["hub"][family]), int(roster.families["room"][family])
        if hub >= 0:
            repair.retire(hub, room)
        members = roster.members(family)
        forced = self._count_forced(members)
        inside = members[(needs["by_rule"][members] | needs["fixed"][members]) == 0]
        most = int(roster.families["at_most"][family]) - forced
        if most < 0:
            raise NoPlanLeft("its family would need more matches than it may have")
        roster.families.put("hub", family, -1)
        roster.families.put("room", family, min(most, len(inside)))
        if len(inside):
            surcharge = 0 if forced else int(roster.families["none_met_cost"][family])
            self._open_hub(family, inside, surcharge)

    def _open_hub(self, family: int, inside: Ints, surcharge: int) -> None:
        """Add a family's node: an arc to each need, the free rest, and the last."""
        roster, repair, needs = self._roster, self._repair, self._roster.needs
        room = int(roster.families["room"][family])
        for need in inside[needs["supply"][inside] == 1].tolist():
            self._take_in(need)
        way_out = self._way_out(self._group_of(family, inside))
        node = repair.add_node(
            np.append(needs["node"][inside], [way_out, way_out]),
            np.append(-needs["unmet_cost"][inside], [0, surcharge]),
            np.append(np.ones_like(inside), [max(room - 1, 0), min(room, 1)]),
            supply=room,
            is_need=False,
        )
        first = int(repair.graph.begin[node])
        for arc, need in enumerate(inside.tolist(), first):
            needs.put("hub_arc", need, arc)
        roster.families.put("hub", family, node)

    def _take_in(self, need: int) -> None:
        """Let a need that was alone depend on its family's node."""
        needs = self._roster.needs
        self._repair.add_supply(int(needs["node"][need]), -1)
        if needs["unmet_arc"][need] >= 0:
            self._repair.close(needs["unmet_arc"][[need]])
        needs.put("supply", need, 0)
        needs.put("unmet_arc", need, -1)

    def _widen_floor(self, group: int, more: int) -> None:
        """Let more of a group's matches stay unused, or fewer."""
        arc = int(self._roster.floors["arc"][group])
        allowed = int(self._repair.graph.capacity[arc]) + more
        if allowed < 0:
            raise NoPlanLeft("a group would have too few needs for its floor")
        self._repair.change(arc, allowed)
