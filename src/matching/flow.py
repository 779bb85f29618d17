"""Exact min-cost flow by OR-Tools, and the fair draw among equals."""

from __future__ import annotations

from typing import Any

import numpy as np
from ortools.graph.python import min_cost_flow

from matching.compiled import entrance
from matching.components import strong_components
from matching.errors import NotYet, ProofFailed
from matching.network import Network
from matching.tables import Ints, Shorts

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
    arcs = np.flatnonzero(network.capacity > 0)
    found = _run(network, arcs, network.cost[arcs], network.supply)
    if found is None:
        return None
    flow = np.zeros(len(network.cost), dtype=np.int64)
    flow[arcs] = found
    return flow


def draw_lots(network: Network, flow: Shorts, potential: Ints, seed: int) -> Shorts:
    """Draw one of the cheapest flows, nobody favoured.

    Complementary slackness: the cheapest flows are exactly those that fill the arcs of negative
    reduced cost and leave those of positive reduced cost empty (Ahuja, Magnanti and Orlin 1993,
    theorem 9.4). What is left free is decided by one random number a unit, so the draw depends on
    nobody's place in a file and cannot change the objective.

    Parameters
    ----------
    network : Network
    flow : ndarray of int32, shape (arcs,)
        Any cheapest flow.
    potential : ndarray, shape (nodes,)
        Distances that prove it.
    seed : int

    Returns
    -------
    ndarray of int32, shape (arcs,)

    Raises
    ------
    ProofFailed
        If the potentials do not prove the flow, or it is none of this network.
    """
    open_arcs = _on_round_trips(network, flow, _hold_certificate(network, flow, potential))
    if not open_arcs.size:
        return flow
    lots = _lots(seed, network.number(open_arcs))
    drawn = _run(network, open_arcs, lots, _net_outflow(network, flow, open_arcs))
    if drawn is None:
        raise ProofFailed("the potentials do not belong to this flow")
    settled = flow.copy()
    settled[open_arcs] = drawn
    return settled


def _hold_certificate(network: Network, flow: Shorts, potential: Ints) -> Shorts:
    """Hold every arc against its capacity and its price, and give those of no reduced cost."""
    out, tight = np.zeros_like(network.supply), np.empty(len(flow), dtype=np.int32)
    ends = network.tail, network.head
    count = _sweep(ends, network.capacity, network.cost, flow, potential, out, tight)
    if count < 0 or not np.array_equal(out, network.supply):
        raise ProofFailed("the potentials do not belong to this flow")
    return tight[:count].copy()


@entrance
def _sweep(
    ends: Any, capacity: Any, cost: Any, flow: Any, potential: Any, out: Any, tight: Any
) -> Any:
    """List the arcs of no reduced cost; -1 where the others are not as theirs asks."""
    tail, head = ends
    count = 0
    for arc in range(len(flow)):
        units = flow[arc]
        reduced = cost[arc] + potential[tail[arc]] - potential[head[arc]]
        if reduced == 0:
            tight[count] = arc
            count += 1
            if units < 0 or units > capacity[arc]:
                return -1
        elif units != (0 if reduced > 0 else capacity[arc]):
            return -1
        if units > 0:
            out[tail[arc]] += units
            out[head[arc]] -= units
    return count


def _on_round_trips(network: Network, flow: Shorts, arcs: Shorts) -> Shorts:
    """Keep the arcs whose flow can change at all: those on a round trip that costs nothing."""
    more = arcs[flow[arcs] < network.capacity[arcs]]
    less = arcs[flow[arcs] > 0]
    tail = np.concatenate([network.tail[more], network.head[less]])
    head = np.concatenate([network.head[more], network.tail[less]])
    part = strong_components(tail, head, len(network.supply))
    kept: Shorts = arcs[part[network.tail[arcs]] == part[network.head[arcs]]]
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


def _net_outflow(network: Network, flow: Shorts, arcs: Shorts) -> Ints:
    """Give what leaves each node by these arcs, less what comes by them."""
    out = np.zeros_like(network.supply)
    np.add.at(out, network.tail[arcs], flow[arcs])
    np.subtract.at(out, network.head[arcs], flow[arcs])
    return out


def _run(network: Network, arcs: Ints | Shorts, cost: Ints, supply: Ints) -> Ints | None:
    """Give the flow on each of some arcs, None where there is none."""
    if not supply.any() and not (cost < 0).any():
        return np.zeros(len(arcs), dtype=np.int64)
    solver = min_cost_flow.SimpleMinCostFlow()
    if arcs.size:
        tail, head = network.tail[arcs], network.head[arcs]
        solver.add_arcs_with_capacity_and_unit_cost(tail, head, network.capacity[arcs], cost)
    solver.set_nodes_supplies(np.arange(len(supply), dtype=np.int32), supply)
    status = solver.solve()
    if status == solver.INFEASIBLE:
        return None
    if status != solver.OPTIMAL:
        raise NotYet("amounts so large that 64 bits cannot hold the sums", f"solver: {status.name}")
    flow: Ints = solver.flows(np.arange(arcs.size, dtype=np.int32))
    return flow
