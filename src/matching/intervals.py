"""What one more, or one less, of each scarce thing would truly change."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from matching.engine import Optimum
from matching.ids import Ids
from matching.network import Network, limited_supports
from matching.prices import Duals
from matching.problem import NO_LIMIT, Problem
from matching.result import NO_PRICE, Prices
from matching.search import FAR
from matching.tables import Ints, Shorts

#: Full supports of providers with a total take two searches a provider. Beyond so many residual
#: arcs times providers (some seconds) their proof price stands for both ends, as an estimate.
MOST_WORK = 10**8


@dataclass(frozen=True, eq=False)
class Ways:
    """The shortest residual ways between the sink and every node.

    Parameters
    ----------
    optimum : Optimum
    from_sink, to_sink : ndarray, shape (nodes,)
        Pence; `FAR` where there is no way.
    """

    optimum: Optimum
    from_sink: Ints
    to_sink: Ints

    @classmethod
    def of(cls, optimum: Optimum) -> Ways:
        """Measure an optimum from its sink."""
        there = optimum.measure(optimum.graph.sink)
        return cls(optimum, there, optimum.measure(optimum.graph.sink, to_root=True))


def price_table(
    problem: Problem, network: Network, flow: Shorts, ways: Ways, duals: Duals
) -> Prices:
    """Give every price with the interval in which it is one.

    One more place lets a unit go round from the place's far end to its near end; one less pushes
    a unit round the other way. Both are shortest residual ways.

    Parameters
    ----------
    problem : Problem
    network : Network
    flow : ndarray of int32, shape (arcs,)
    ways : Ways
    duals : Duals

    Returns
    -------
    Prices
        Sorted by kind and id; one row a support, and a row for each provider, family and group
        that has a limit.
    """
    parts = [
        _floor_rows(problem, network, flow, ways, duals),
        _family_rows(problem, network, flow, ways, duals),
        _provider_rows(problem, network, flow, ways, duals),
        _support_rows(problem, network, flow, ways, duals),
    ]
    parts.sort(key=lambda part: str(part.kind[:1]))
    return Prices(
        *(np.concatenate([getattr(part, column) for part in parts]) for column in vars(parts[0]))
    )


def _rows(kind: str, ids: Ids, low: Ints, high: Ints, price: Ints) -> Prices:
    kinds = np.full(len(ids), kind, dtype=object)
    return Prices(kinds, ids, low, high, np.ones(len(ids), dtype=bool), price)


def _to_sink_interval(
    network: Network, flow: Shorts, section: str, ways: Ways
) -> tuple[Ints, Ints]:
    """Price arcs that end in the sink."""
    arcs = network.sections[section]
    node, capacity = network.tail[arcs], network.capacity[arcs]
    full = flow[arcs] == capacity
    gain = np.where(full & (ways.from_sink[node] < FAR), -ways.from_sink[node], 0)
    loss = _or_no_price(ways.to_sink[node])
    loss = np.where(full, loss, 0)
    return np.maximum(0, gain), np.where(capacity == 0, NO_PRICE, loss)


def _or_no_price(distance: Ints) -> Ints:
    return np.where(distance < FAR, np.maximum(0, distance), NO_PRICE)


def _provider_rows(
    problem: Problem, network: Network, flow: Shorts, ways: Ways, duals: Duals
) -> Prices:
    low, high = _to_sink_interval(network, flow, "providers", ways)
    keep = problem.provider_places < NO_LIMIT
    ids, price = problem.provider_ids[keep], duals.provider[keep]
    return _rows("provider", ids, low[keep], high[keep], price)


def _floor_rows(
    problem: Problem, network: Network, flow: Shorts, ways: Ways, duals: Duals
) -> Prices:
    low, high = _to_sink_interval(network, flow, "groups", ways)
    keep = problem.group_has_floor
    return _rows("floor", problem.group_ids[keep], low[keep], high[keep], duals.floor[keep])


def _support_rows(
    problem: Problem, network: Network, flow: Shorts, ways: Ways, duals: Duals
) -> Prices:
    low, high = _to_sink_interval(network, flow, "supports", ways)
    limited = limited_supports(problem)
    full = flow[network.sections["supports"]] == network.capacity[network.sections["supports"]]
    shared = limited & full
    providers = np.unique(problem.support_provider[shared])
    if len(providers) * len(network.cost) > MOST_WORK:
        low[shared] = high[shared] = duals.support[shared]
        providers = providers[:0]
    for provider in providers:
        members = np.flatnonzero(shared & (problem.support_provider == provider))
        low[members], high[members] = _within(network, ways, int(provider), members)
    high[problem.support_places == 0] = NO_PRICE
    estimated = shared & (len(providers) == 0)
    rows = _rows("support", problem.support_ids, low, high, duals.support)
    return replace(rows, exact=~estimated)


def _within(network: Network, ways: Ways, provider: int, members: Ints) -> tuple[Ints, Ints]:
    """Price the full supports of a provider with a total."""
    root = network.first["provider"] + provider
    node = network.first["support"] + members
    out = ways.optimum.measure(root)[node]
    back = ways.optimum.measure(root, to_root=True)[node]
    gain = np.where(out < FAR, np.maximum(0, -out), 0)
    return gain, _or_no_price(back)


def _family_rows(
    problem: Problem, network: Network, flow: Shorts, ways: Ways, duals: Duals
) -> Prices:
    families = np.flatnonzero(problem.family_at_most < NO_LIMIT)
    rest = _hub_rest(network, flow)[families]
    there, back = _ways_out(network, ways, families)
    gain = _one_allowed_more(problem, network, families, there)
    loss = _one_allowed_less(network, families, back)
    loss = np.where((rest > 0) | ~network.households.hub[families], 0, loss)
    all_forced = _forced(problem, network)[families] >= problem.family_at_most[families]
    return _rows(
        "family",
        problem.family_ids[families],
        gain,
        np.where(all_forced, NO_PRICE, loss),
        duals.family[families],
    )


def _ways_out(network: Network, ways: Ways, families: Ints) -> tuple[Ints, Ints]:
    """Measure between each family's node and where its unused matches go: the sink or its group.

    A group may leave as many matches unused as its families are allowed beyond its floor. So one
    allowed more may also stay unused, and one allowed less is one less that may.
    """
    exits = np.full(len(network.households.hub), ways.optimum.graph.sink)
    arcs = network.sections["spare"]
    exits[network.tail[arcs] - network.first["family"]] = network.head[arcs]
    exits = exits[families]
    there, back = np.zeros_like(families), np.zeros_like(families)
    for root in np.unique(exits):
        some = exits == root
        node = network.first["family"] + families[some]
        there[some] = ways.optimum.measure(int(root), to_root=True)[node]
        back[some] = ways.optimum.measure(int(root))[node]
    return np.minimum(there, ways.to_sink[network.first["family"] + families]), back


def _hub_rest(network: Network, flow: Shorts) -> Ints:
    """Count the matches each family is allowed and does not use."""
    rest = np.zeros(len(network.households.hub), dtype=np.int64)
    for section in ("spare", "last"):
        arcs = network.sections[section]
        rest[network.tail[arcs] - network.first["family"]] += flow[arcs]
    return rest


def _forced(problem: Problem, network: Network) -> Ints:
    forced = problem.need_family[network.households.must & (problem.need_family >= 0)]
    return np.bincount(forced, minlength=len(problem.family_ids))


def _one_allowed_more(problem: Problem, network: Network, families: Ints, way: Ints) -> Ints:
    """Send one unit more from the family's node; its first also saves the surcharge."""
    homes = network.households
    first = np.where(homes.room[families] <= 0, homes.surcharge[families], 0)
    binds = homes.hub[families] & (homes.room[families] < _open_needs(problem, network)[families])
    gain = np.maximum(0, first - way)
    return np.where(binds & (way < FAR), gain, 0)


def _one_allowed_less(network: Network, families: Ints, way: Ints) -> Ints:
    """Call one unit back to the family's node; its last also costs the surcharge."""
    homes = network.households
    last = np.where(homes.room[families] == 1, homes.surcharge[families], 0)
    return np.where(way < FAR, np.maximum(0, way + last), NO_PRICE)


def _open_needs(problem: Problem, network: Network) -> Ints:
    needs = (problem.need_family >= 0) & ~network.households.must
    return np.bincount(problem.need_family[needs], minlength=len(problem.family_ids))
