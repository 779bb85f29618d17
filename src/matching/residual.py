"""What of a flow can still be changed, and the shortest ways through it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.errors import NotYet, ProofFailed
from matching.network import Network
from matching.tables import Bools, Ints


@dataclass(frozen=True, eq=False)
class Residual:
    """The residual network of a flow.

    Parameters
    ----------
    tail, head, cost : ndarray, shape (residual arcs,)
    nodes : int
    far : int
        Distance given to what cannot be reached; see `reached`.
    """

    tail: Ints
    head: Ints
    cost: Ints
    nodes: int
    far: int

    def reached(self, distance: Ints) -> Bools:
        """Say which distances are real."""
        return distance < self.far // 2


def residual_of(network: Network, flow: Ints) -> Residual:
    """Give the residual network of a flow.

    Parameters
    ----------
    network : Network
    flow : ndarray, shape (arcs,)

    Returns
    -------
    Residual

    Raises
    ------
    NotYet
        If amounts times nodes leave 64 bits.
    """
    more, less = flow < network.capacity, flow > 0
    cost = np.concatenate([network.cost[more], -network.cost[less]])
    nodes = len(network.supply)
    far = 2 * (int(np.abs(cost).max(initial=0)) + 1) * (nodes + 1)
    if far > 2**61:
        raise NotYet("amounts so large that 64 bits cannot hold the sums", "proof")
    tail = np.concatenate([network.tail[more], network.head[less]])
    head = np.concatenate([network.head[more], network.tail[less]])
    return Residual(tail, head, cost, nodes, far)


def distances(residual: Residual, root: int, *, to_root: bool = False) -> Ints:
    """Find the cheapest way from the root to every node, or from every node to it.

    Bellman and Ford, in rounds over all arcs. What cannot be reached starts at `far`, as if every
    node hung on the root by one dear arc, so that the distances are potentials everywhere.

    Parameters
    ----------
    residual : Residual
    root : int
    to_root : bool
        The ways back instead.

    Returns
    -------
    ndarray, shape (nodes,)

    Raises
    ------
    ProofFailed
        If a round trip is cheaper than nothing: the flow was not a cheapest one.
    """
    tail, head = residual.tail, residual.head
    if to_root:
        tail, head = head, tail
    distance = np.full(residual.nodes, residual.far, dtype=np.int64)
    distance[root] = 0
    if not len(head):
        return distance
    order = np.argsort(head, kind="stable")
    tail, cost, head = tail[order], residual.cost[order], head[order]
    begins = np.flatnonzero(np.concatenate([[True], head[1:] != head[:-1]]))
    nodes = head[begins]
    for _ in range(residual.nodes + 1):
        best = np.minimum.reduceat(distance[tail] + cost, begins)
        if (best >= distance[nodes]).all():
            return distance
        distance[nodes] = np.minimum(distance[nodes], best)
    raise ProofFailed("the flow can still be made cheaper")
