"""The optimum over all pairs from a short list of them: whatever would help is brought in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.auction import Sale
from matching.engine import Optimum, find_optimum, finish
from matching.graph import Graph
from matching.layout import graph_of
from matching.network import Network, build_network
from matching.problem import Problem
from matching.relabel import relabel
from matching.shortlist import Choices, ShortList, list_helping
from matching.tables import Ints


@dataclass(frozen=True, eq=False)
class OptimumOverAll(Optimum):
    """A cheapest flow over all pairs, laid out with those of a short list.

    Parameters
    ----------
    choices : Choices
        None that is not listed costs less than its ends differ in potential.
    """

    choices: Choices

    def measure(self, root: int, *, to_root: bool = False) -> Ints:
        """Give the shortest ways over all pairs from a node to every node, or back.

        Measured over the list first, then put right by the pairs beside it.
        """
        label = super().measure(root, to_root=to_root)
        relabel(self.graph, self.choices, label, to_root=to_root)
        return label


def find_over_all(
    problem: Problem, network: Network, short: ShortList
) -> tuple[Network, Optimum | None]:
    """Find a cheapest flow over all pairs; extend the list until no pair beside it would help.

    Each round lays out the longer list and goes on from the prices and placements that stand, so
    only what the new pairs move is settled.

    Parameters
    ----------
    problem : Problem
    network : Network
        Of the pairs listed.
    short : ShortList
        Its list is extended.

    Returns
    -------
    network : Network
        Of the pairs listed in the end.
    optimum : Optimum or None
        Proved over all pairs; None where no flow meets every rule.
    """
    choices, price, placed = short
    while True:
        optimum = _lay_out_from(problem, network, price, placed)
        if optimum is None:  # the list may be too short for a plan, which says nothing of all pairs
            network = build_network(problem)
            return network, find_optimum(problem, network)
        graph = optimum.graph
        if list_helping(choices, _claims(graph, choices)) == 0:
            return network, OptimumOverAll(
                graph, optimum.at, optimum.search, optimum.method, choices
            )
        price = -graph.potential[choices.first_support : choices.end_support]
        placed = network.pair[optimum.flow[network.sections["pairs"]] > 0]
        network = build_network(problem, choices.listed_pairs())


def _lay_out_from(problem: Problem, network: Network, price: Ints, placed: Ints) -> Optimum | None:
    graph, at = graph_of(network)
    mine = np.full(len(problem.need_ids), -1, dtype=np.int32)
    mine[problem.pair_need[placed]] = at[np.searchsorted(network.pair, placed)]
    return finish(network, graph, at, Sale(price, mine))


def _claims(graph: Graph, choices: Choices) -> Ints:
    """Let each placed need ask no more of another place than its own leaves it.

    Its potential may be lower. That proves the flow as well, but would list pairs for nothing.
    """
    potential = graph.potential.copy()
    arc = graph.leaves[: choices.first_support]
    placed = np.flatnonzero((arc >= 0) & (graph.flow[arc] > 0))
    arc = arc[placed]
    potential[placed] = graph.potential[graph.head[arc]] - graph.cost[arc]
    return potential
