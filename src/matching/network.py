"""A problem written as a min-cost flow: what runs where, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.errors import NotYet
from matching.problem import NO_LIMIT, Problem
from matching.tables import Bools, Ints, Shorts


@dataclass(frozen=True, eq=False)
class Households:
    """Who still has a choice, once what must be is set apart.

    A need that must be met, or stands fixed, is a source of its own and takes one of its family's
    allowed matches. What is left of a family is a *hub* where it needs a node of its own: its
    limit can bind, or its surcharge is shared by several needs.

    Parameters
    ----------
    must : ndarray of bool, shape (needs,)
        Must be met, by rule or because the pair stands.
    hub : ndarray of bool, shape (families,)
    room : ndarray, shape (families,)
        How many of a hub's open needs may be met.
    surcharge : ndarray, shape (families,)
        Paid if none is met; 0 where a need must be met anyhow.
    in_hub : ndarray of bool, shape (needs,)
    """

    must: Bools
    hub: Bools
    room: Ints
    surcharge: Ints
    in_hub: Bools


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes and arcs; flow cost + `base` is the objective.

    Nodes are numbered needs, supports, providers, families, groups, then the sink. Arcs stand in
    the order pairs, supports, providers, hub to need, left unmet, hub's free rest, hub's last,
    groups; `sections` says where each begins.

    Parameters
    ----------
    tail, head, capacity : ndarray of int32, shape (arcs,)
    cost : ndarray, shape (arcs,)
    supply : ndarray, shape (nodes,)
    base : int
    pair : ndarray
        The problem's pair of each of the first arcs.
    every : ndarray
        All pairs that a plan can choose: `pair`, and what a short list leaves out.
    sections : dict of str to slice
    first : dict of str to int
        The first node of each kind, and the sink.
    households : Households
    contradiction : bool
        Counting alone shows that there is no plan.
    """

    tail: Shorts
    head: Shorts
    capacity: Shorts
    cost: Ints
    supply: Ints
    base: int
    pair: Ints
    every: Ints
    sections: dict[str, slice]
    first: dict[str, int]
    households: Households
    contradiction: bool

    def number(self, arcs: Shorts) -> Ints:
        """Give the numbers these arcs have in the network of all pairs.

        Parameters
        ----------
        arcs : ndarray

        Returns
        -------
        ndarray
        """
        listed = arcs < len(self.pair)
        numbers = arcs.astype(np.int64) + len(self.every) - len(self.pair)
        numbers[listed] = np.searchsorted(self.every, self.pair[arcs[listed]])
        return numbers


def split_households(problem: Problem) -> Households:
    """Set apart what must be met, and find the families that need a node."""
    families = len(problem.family_ids)
    must = problem.must_meet.copy()
    must[problem.pair_need[problem.fixed_pairs]] = True
    family = problem.need_family
    named = family >= 0
    forced = np.bincount(family[named & must], minlength=families)
    choices = np.bincount(family[named & ~must], minlength=families)
    surcharge = np.where(forced > 0, 0, problem.none_met_cost)
    limited = (problem.family_at_most < NO_LIMIT) & (problem.family_at_most <= forced + choices)
    hub = (choices > 0) & (limited | ((surcharge > 0) & (choices > 1)))
    room = np.minimum(problem.family_at_most - forced, choices)
    in_hub = named & ~must
    in_hub[in_hub] = hub[family[in_hub]]
    return Households(must, hub, room, surcharge, in_hub)


def build_network(problem: Problem, listed: Ints | None = None) -> Network:
    """Write a problem as a network.

    Parameters
    ----------
    problem : Problem
        With the rules that stay inside a flow.
    listed : ndarray, optional
        The pairs that get an arc, sorted; by default all that a plan can choose.

    Returns
    -------
    Network

    Raises
    ------
    NotYet
        Where a floor's group cuts through a family with a limit or a surcharge.
    """
    homes = split_households(problem)
    counts = {
        "need": len(problem.need_ids),
        "support": len(problem.support_ids),
        "provider": len(problem.provider_ids),
        "family": len(problem.family_ids),
        "group": len(problem.group_ids),
        "sink": 1,
    }
    starts = np.concatenate([[0], np.cumsum(list(counts.values()))])
    first = dict(zip(counts, starts.tolist(), strict=False))
    supply = _supplies(homes, first, int(starts[-1]))
    hub_group = _hub_groups(problem, homes)
    allowance = _floor_allowances(problem, homes, hub_group)
    every = _allowed_pairs(problem)
    pair = every if listed is None else listed
    parts = {
        "pairs": _pair_arcs(problem, pair, first),
        "supports": _support_arcs(problem, first),
        "providers": _provider_arcs(problem, first),
        "hub_needs": _hub_need_arcs(problem, homes, first),
        "unmet": _unmet_arcs(problem, homes, first),
        "spare": _hub_rest_arcs(homes, hub_group, first, last=False),
        "last": _hub_rest_arcs(homes, hub_group, first, last=True),
        "groups": _group_arcs(problem, allowance, first),
    }
    ends = np.cumsum([len(part[0]) for part in parts.values()]).tolist()
    begins = [0, *ends[:-1]]
    tail, head, capacity, cost = zip(*parts.values(), strict=True)
    fixed_needs = problem.pair_need[problem.fixed_pairs]
    return Network(
        tail=_join_short(tail),
        head=_join_short(head),
        capacity=_join_short(capacity),
        cost=np.concatenate(cost),
        supply=supply,
        base=_base(problem, homes),
        pair=pair,
        every=every,
        sections={n: slice(b, e) for n, b, e in zip(parts, begins, ends, strict=True)},
        first=first,
        households=homes,
        contradiction=bool(
            (homes.room < 0).any()
            or (allowance < 0).any()
            or len(np.unique(fixed_needs)) < len(fixed_needs)
        ),
    )


Arcs = tuple[Ints, Ints, Ints, Ints]


def _join_short(parts: tuple[Ints, ...]) -> Shorts:
    """Nodes and capacities fit in 32 bits, which a million needs are glad of."""
    return np.concatenate(parts, dtype=np.int32, casting="same_kind")


def _supplies(homes: Households, first: dict[str, int], nodes: int) -> Ints:
    supply = np.zeros(nodes, dtype=np.int64)
    supply[: len(homes.in_hub)] = ~homes.in_hub
    hubs = slice(first["family"], first["family"] + len(homes.hub))
    supply[hubs] = np.where(homes.hub, np.maximum(homes.room, 0), 0)
    supply[first["sink"]] = -supply.sum()
    return supply


def _base(problem: Problem, homes: Households) -> int:
    """Add up what no choice of the flow changes, or what its arcs only give back."""
    shut = np.where(homes.hub, homes.room <= 0, _needs_in(problem) == 0)
    return (
        int(problem.unmet_cost[homes.in_hub].sum())
        + int(homes.surcharge[shut].sum())
        + problem.stability_cost * len(problem.previous_pairs)
    )


def _needs_in(problem: Problem) -> Ints:
    family = problem.need_family
    return np.bincount(family[family >= 0], minlength=len(problem.family_ids)).astype(np.int64)


def _allowed_pairs(problem: Problem) -> Ints:
    """Leave a need whose pair stands already no other."""
    if not problem.fixed_pairs.size:
        return np.arange(len(problem.pair_need))
    standing = np.zeros(len(problem.need_ids), dtype=bool)
    standing[problem.pair_need[problem.fixed_pairs]] = True
    allowed = ~standing[problem.pair_need]
    allowed[problem.fixed_pairs] = True
    return np.flatnonzero(allowed)


def pair_costs(problem: Problem) -> Ints:
    """Give each pair's cost less what choosing it again saves, pence, shape (pairs,)."""
    if not problem.previous_pairs.size:
        return problem.pair_cost
    cost = problem.pair_cost.copy()
    cost[problem.previous_pairs] -= problem.stability_cost
    cost.setflags(write=False)
    return cost


def _pair_arcs(problem: Problem, pair: Ints, first: dict[str, int]) -> Arcs:
    need, support, cost = problem.pair_need, problem.pair_support, pair_costs(problem)
    if len(pair) < len(need):
        need, support, cost = need[pair], support[pair], cost[pair]
    return need, first["support"] + support, np.broadcast_to(np.int64(1), need.shape), cost


def _support_arcs(problem: Problem, first: dict[str, int]) -> Arcs:
    supports = np.arange(len(problem.support_ids))
    head = np.where(
        limited_supports(problem), first["provider"] + problem.support_provider, first["sink"]
    )
    capacity = _never_more_than_needed(problem, problem.support_places)
    return first["support"] + supports, head, capacity, np.zeros_like(capacity)


def _never_more_than_needed(problem: Problem, places: Ints) -> Ints:
    """Keep sums small; one place is always left over, so that no price arises from this."""
    return np.minimum(places, len(problem.need_ids) + 1)


def limited_supports(problem: Problem) -> Bools:
    """Say which supports share a provider's total, shape (supports,)."""
    limited = problem.support_provider >= 0
    provider = problem.support_provider[limited]
    limited[limited] = problem.provider_places[provider] < NO_LIMIT
    return limited


def _provider_arcs(problem: Problem, first: dict[str, int]) -> Arcs:
    providers = np.arange(len(problem.provider_ids))
    capacity = _never_more_than_needed(problem, problem.provider_places)
    head = np.full_like(providers, first["sink"])
    return first["provider"] + providers, head, capacity, np.zeros_like(capacity)


def _hub_need_arcs(problem: Problem, homes: Households, first: dict[str, int]) -> Arcs:
    needs = np.flatnonzero(homes.in_hub)
    tail = first["family"] + problem.need_family[needs]
    return tail, needs, np.ones_like(needs), -problem.unmet_cost[needs]


def _unmet_arcs(problem: Problem, homes: Households, first: dict[str, int]) -> Arcs:
    needs = np.flatnonzero(~homes.in_hub & ~homes.must)
    cost = problem.unmet_cost[needs]
    family = problem.need_family[needs]
    cost[family >= 0] += homes.surcharge[family[family >= 0]]
    head = _way_out(_floored_group(problem)[needs], first)
    return needs, head, np.ones_like(needs), cost


def _hub_rest_arcs(
    homes: Households, hub_group: Ints, first: dict[str, int], *, last: bool
) -> Arcs:
    """Let a hub's unused matches go: free of charge but for the last, which costs the surcharge."""
    hubs = np.flatnonzero(homes.hub)
    room = np.maximum(homes.room[hubs], 0)
    capacity = np.minimum(room, 1) if last else np.maximum(room - 1, 0)
    cost = homes.surcharge[hubs] if last else np.zeros_like(hubs)
    return first["family"] + hubs, _way_out(hub_group[hubs], first), capacity, cost


def _group_arcs(problem: Problem, allowance: Ints, first: dict[str, int]) -> Arcs:
    groups = np.arange(len(problem.group_ids))
    capacity = np.clip(allowance, 0, len(problem.need_ids))
    head = np.full_like(groups, first["sink"])
    return first["group"] + groups, head, capacity, np.zeros_like(groups)


def _way_out(group: Ints, first: dict[str, int]) -> Ints:
    return np.where(group >= 0, first["group"] + group, first["sink"])


def _floored_group(problem: Problem) -> Ints:
    """Give each need's group, -1 where it has no floor."""
    group = problem.need_group.copy()
    named = group >= 0
    group[named] = np.where(problem.group_has_floor[group[named]], group[named], -1)
    return group


def _hub_groups(problem: Problem, homes: Households) -> Ints:
    """Give each hub's group; a flow can only count whole families."""
    hub_group = np.full(len(homes.hub), -1, dtype=np.int64)
    needs = np.flatnonzero(homes.in_hub)
    family, group = problem.need_family[needs], _floored_group(problem)[needs]
    hub_group[family] = group
    split = np.flatnonzero(hub_group[family] != group)
    if split.size:
        name = problem.family_ids[family[split[0]]]
        rule = "a floor whose group holds only some needs of a family with a limit or surcharge"
        raise NotYet(rule, f"table families, id {name!r}")
    return hub_group


def _floor_allowances(problem: Problem, homes: Households, hub_group: Ints) -> Ints:
    """Count how many of a group's open matches may stay unused, shape (groups,)."""
    groups = len(problem.group_ids)
    group = _floored_group(problem)
    own = (group >= 0) & ~homes.in_hub
    could = np.bincount(group[own], minlength=groups).astype(np.int64)
    hubs = np.flatnonzero(homes.hub & (hub_group >= 0))
    np.add.at(could, hub_group[hubs], np.maximum(homes.room[hubs], 0))
    return np.where(problem.group_has_floor, could - problem.group_at_least, 0)
