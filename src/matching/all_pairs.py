"""The optimum over all pairs from a short list of them: whatever would help is brought in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.auction import Sale
from matching.engine import Optimum, find_optimum, finish
from matching.layout import graph_of
from matching.network import Network, build_network
from matching.problem import Problem
from matching.relabel import relabel
from matching.shortlist import Choices, list_helping
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


def bring_in_all(
    problem: Problem, choices: Choices, network: Network, optimum: Optimum | None
) -> tuple[Network, Optimum | None]:
    """Extend a short list until no pair beside it would help, and go on from what stands.

    Parameters
    ----------
    problem : Problem
    choices : Choices
        Its list is extended.
    network : Network
        Of the pairs listed.
    optimum : Optimum or None
        Over the pairs listed; None where there is none, which says nothing of all pairs.

    Returns
    -------
    network : Network
    optimum : Optimum or None
        Proved over all pairs.
    """
    while optimum is not None:
        if list_helping(choices, optimum.graph.potential) == 0:
            graph, at, search, method = optimum.graph, optimum.at, optimum.search, optimum.method
            return network, OptimumOverAll(graph, at, search, method, choices)
        network, optimum = _go_on(problem, choices, network, optimum)
    network = build_network(problem)
    return network, find_optimum(problem, network)


def _go_on(
    problem: Problem, choices: Choices, network: Network, optimum: Optimum
) -> tuple[Network, Optimum | None]:
    """Lay out the longer list, and begin from the prices and placements that stand."""
    longer = build_network(problem, choices.listed_pairs())
    graph, at = graph_of(longer)
    placed = network.pair[optimum.flow[network.sections["pairs"]] > 0]
    mine = np.full(len(problem.need_ids), -1, dtype=np.int32)
    mine[problem.pair_need[placed]] = at[np.searchsorted(longer.pair, placed)]
    first = network.first
    price = -optimum.graph.potential[first["support"] : first["provider"]]
    return longer, finish(longer, graph, at, Sale(price, mine)) or find_optimum(problem, longer)
