"""Exact min-cost flow by OR-Tools, and the fair draw among equals."""

from __future__ import annotations

import numpy as np
from ortools.graph.python import min_cost_flow
from scipy import sparse
from scipy.sparse import csgraph

from matching.errors import NotYet, ProofFailed
from matching.network import Network
from matching.tables import Ints

#: Draws lie below this, so that two plans of equal sum are next to impossible (isolation lemma)
#: and draw times nodes stays below 2^63.
_DRAWS = 2**36


def solve_flow(network: Network) -> Ints | None:
    """Find a cheapest flow.

    Parameters
    ----------
    network : Network

    Returns
    -------
    ndarray, shape (arcs,), or None
        The flow on each arc; None where there is none.

    Raises
    ------
    NotYet
        If amounts times nodes leave 64 bits.
    """
    if network.contradiction:
        return None
    return _run(network, network.capacity, network.cost, network.supply)


def draw_lots(network: Network, flow: Ints, potential: Ints, seed: int) -> Ints:
    """Draw one of the cheapest flows, nobody favoured.

    Complementary slackness: the cheapest flows are exactly those that fill the arcs of negative
    reduced cost and leave those of positive reduced cost empty (Ahuja, Magnanti and Orlin 1993,
    theorem 9.4). What is left free is decided by one random number a unit, so the draw depends on
    nobody's place in a file and cannot change the objective.

    Parameters
    ----------
    network : Network
    flow : ndarray, shape (arcs,)
        Any cheapest flow.
    potential : ndarray, shape (nodes,)
        Distances that prove it.
    seed : int

    Returns
    -------
    ndarray, shape (arcs,)
    """
    reduced = network.cost + potential[network.tail] - potential[network.head]
    if (flow[reduced > 0] != 0).any() or (flow < network.capacity)[reduced < 0].any():
        raise ProofFailed("the potentials do not belong to this flow")
    open_arcs = _on_round_trips(network, flow, np.flatnonzero(reduced == 0))
    settled = flow.copy()
    settled[open_arcs] = 0
    lots = np.zeros(len(reduced), dtype=np.int64)
    lots[open_arcs] = _lots(seed, network.numbers[open_arcs])
    supply = network.supply - _net_outflow(network, settled)
    drawn = _run(network, network.capacity, lots, supply, only=open_arcs)
    if drawn is None:
        raise ProofFailed("the potentials do not belong to this flow")
    return settled + drawn


def _on_round_trips(network: Network, flow: Ints, arcs: Ints) -> Ints:
    """Keep the arcs whose flow can change at all: those on a round trip that costs nothing."""
    more = arcs[flow[arcs] < network.capacity[arcs]]
    less = arcs[flow[arcs] > 0]
    tail = np.concatenate([network.tail[more], network.head[less]])
    head = np.concatenate([network.head[more], network.tail[less]])
    nodes = len(network.supply)
    links = sparse.coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), (nodes, nodes))
    group = csgraph.connected_components(links, connection="strong")[1]
    kept: Ints = arcs[group[network.tail[arcs]] == group[network.head[arcs]]]
    return kept


def _lots(seed: int, arcs: Ints) -> Ints:
    """Give each arc its random number, which no other arc can sway (SplitMix64, Steele 2014)."""
    with np.errstate(over="ignore"):
        start = np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]
        bits = start + (arcs.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        bits ^= bits >> np.uint64(31)
    lots: Ints = (bits % np.uint64(_DRAWS)).astype(np.int64)
    return lots


def _net_outflow(network: Network, flow: Ints) -> Ints:
    out = np.zeros(len(network.supply), dtype=np.int64)
    np.add.at(out, network.tail, flow)
    np.subtract.at(out, network.head, flow)
    return out


def _run(
    network: Network, capacity: Ints, cost: Ints, supply: Ints, only: Ints | None = None
) -> Ints | None:
    arcs = np.flatnonzero(capacity > 0) if only is None else only
    flow = np.zeros(len(capacity), dtype=np.int64)
    if not supply.any() and not (cost[arcs] < 0).any():
        return flow
    solver = min_cost_flow.SimpleMinCostFlow()
    if arcs.size:
        solver.add_arcs_with_capacity_and_unit_cost(
            network.tail[arcs].astype(np.int32),
            network.head[arcs].astype(np.int32),
            capacity[arcs],
            cost[arcs],
        )
    solver.set_nodes_supplies(np.arange(len(supply), dtype=np.int32), supply)
    status = solver.solve()
    if status == solver.INFEASIBLE:
        return None
    if status != solver.OPTIMAL:
        raise NotYet("amounts so large that 64 bits cannot hold the sums", f"solver: {status.name}")
    flow[arcs] = solver.flows(np.arange(arcs.size, dtype=np.int32))
    return flow
