"""What it would cost a proved plan to give a need a certain place, found for all needs at once."""

from __future__ import annotations

import numpy as np

from matching.engine import lay_out
from matching.network import Network, build_network, pair_costs
from matching.problem import Problem
from matching.search import FAR
from matching.tables import Bools, Ints


def price_forced_pairs(problem: Problem, chosen: Bools) -> Ints:
    """Price each pair: by how much the cheapest plan gets dearer if this pair must stand.

    A unit that goes to a free place leaves the network there, and comes back to the need it was
    taken from by the shortest residual way from the sink (`matching.ways`). So one search prices
    the pairs of all needs: the cost of the pair and the length of that way, which also knows of
    the family's limit and surcharge, of floors, and of whoever moves into what the need leaves.

    Parameters
    ----------
    problem : Problem
        With the rules that stay inside a flow.
    chosen : ndarray of bool, shape (pairs,)
        A cheapest plan.

    Returns
    -------
    ndarray, shape (pairs,)
        Pence; exact on pairs whose support (and its provider) has a place free, 0 on the chosen;
        `FAR` where no plan would be left.

    Raises
    ------
    NotYet
        For other rules.
    ProofFailed
        If it is not a cheapest one.
    """
    network = build_network(problem)
    met = np.bincount(problem.pair_need[chosen], minlength=len(problem.need_ids)) > 0
    optimum = lay_out(network, _flow_of(network, chosen[network.pair], met))
    way = optimum.measure(optimum.graph.sink)[problem.pair_need]
    return np.where(chosen, 0, np.where(way < FAR, pair_costs(problem) + way, FAR))


def _flow_of(network: Network, chosen: Bools, met: Bools) -> Ints:
    """Send the units as the plan says; what a family does not use takes its free rest first."""
    flow = np.zeros(len(network.tail), dtype=np.int64)
    sections = network.sections
    flow[sections["pairs"]] = chosen
    flow[sections["unmet"]] = ~met[network.tail[sections["unmet"]]]
    flow[sections["hub_needs"]] = met[network.head[sections["hub_needs"]]]
    sent = np.bincount(network.tail, weights=flow, minlength=len(network.supply))
    rest = (network.supply - sent)[network.tail[sections["spare"]]].astype(np.int64)
    flow[sections["spare"]] = np.minimum(rest, network.capacity[sections["spare"]])
    flow[sections["last"]] = rest - flow[sections["spare"]]
    for name in ("supports", "providers", "groups"):
        come = np.bincount(network.head, weights=flow, minlength=len(network.supply))
        flow[sections[name]] = come[network.tail[sections[name]]]
    return flow
