"""A cheapest flow with its proof: an auction finished exactly, or OR-Tools' flow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.auction import Sale, bidders_of, hold_auction
from matching.flow import solve_flow
from matching.graph import Graph
from matching.layout import graph_of
from matching.network import Network
from matching.paths import settle
from matching.problem import Problem
from matching.search import Search, search_of
from matching.tables import Ints, Shorts
from matching.takeover import take_flow, take_sale
from matching.ways import measure

#: Nodes the exact finish may look at, as a multiple of all nodes, before the flow is solved anew.
_MOST_WORK = 300


@dataclass(frozen=True, eq=False)
class Optimum:
    """A cheapest flow, laid out so that it can be measured and repaired.

    Parameters
    ----------
    graph : Graph
        Settled: its potentials prove its flow.
    at : ndarray, shape (arcs,)
        Where each of the network's arcs stands in the graph.
    search : Search
    method : str
        `auction` or `flow`.
    """

    graph: Graph
    at: Shorts
    search: Search
    method: str

    @property
    def flow(self) -> Shorts:
        """The flow on each of the network's arcs."""
        return self.graph.flow[self.at]

    def measure(self, root: int, *, to_root: bool = False) -> Ints:
        """Give the shortest ways from a node to every node, or back; see `ways.measure`."""
        return measure(self.graph, self.search, root, to_root=to_root)


def find_optimum(problem: Problem, network: Network) -> Optimum | None:
    """Find a cheapest flow and potentials that prove it.

    Parameters
    ----------
    problem : Problem
    network : Network

    Returns
    -------
    Optimum or None
        None where no flow meets every rule.

    Raises
    ------
    NotYet
        If amounts times nodes leave 64 bits.
    """
    if network.contradiction:
        return None
    found = _by_auction(problem, network)
    return found or _by_flow(network)


def _by_auction(problem: Problem, network: Network) -> Optimum | None:
    """None where the auction is not worth it, or there is no plan (which the flow then says)."""
    graph, at = graph_of(network)
    first = network.first
    support = network.sections["supports"]
    bidders = bidders_of(problem, network, _in_order(graph, np.arange(first["support"])))
    sale = hold_auction(graph, first["support"], network.capacity[support], bidders)
    return None if sale is None else finish(network, graph, at, sale)


def finish(network: Network, graph: Graph, at: Shorts, sale: Sale) -> Optimum | None:
    """Bring prices and placements that are nearly right to the optimum.

    Parameters
    ----------
    network : Network
    graph : Graph
        Of the network, without flow.
    at : ndarray, shape (arcs,)
    sale : Sale

    Returns
    -------
    Optimum or None
        None where that is too much work, or a unit has nowhere to go.
    """
    take_sale(graph, network, sale, _in_order(graph, np.arange(network.first["support"])))
    search = search_of(len(graph.begin))
    waiting = _in_order(graph, np.flatnonzero(graph.excess))
    if settle(graph, search, waiting, _MOST_WORK * len(graph.begin)) != -1:
        return None
    return Optimum(graph, at, search, "auction")


def _in_order(graph: Graph, nodes: Ints) -> Ints:
    """Sort nodes as their arcs lie in memory."""
    return nodes[np.argsort(graph.begin[nodes], kind="stable")]


def _by_flow(network: Network) -> Optimum | None:
    flow = solve_flow(network)
    return None if flow is None else lay_out(network, flow)


def lay_out(network: Network, flow: Ints) -> Optimum:
    """Find potentials that prove a cheapest flow.

    Parameters
    ----------
    network : Network
    flow : ndarray, shape (arcs,)
        As `solve_flow` gives it.

    Returns
    -------
    Optimum
    """
    graph, at = graph_of(network)
    take_flow(graph, network, at, flow)
    return Optimum(graph, at, search_of(len(graph.begin)), "flow")
