"""How a network lies in memory, and the parts within which everything can be reached."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_worlds import Tables, problem_of, random_world, worlds
from scipy import sparse
from scipy.sparse import csgraph

from matching.components import strong_components
from matching.engine import find_optimum
from matching.errors import ProofFailed
from matching.flow import draw_lots
from matching.graph import Graph
from matching.layout import graph_of
from matching.network import build_network


@given(world=worlds(needs=8))
@settings(max_examples=60, deadline=None)
def test_every_arc_lies_with_its_node_the_cheapest_first(world: tuple[Tables, int]) -> None:
    network = build_network(problem_of(*world))
    graph, at = graph_of(network)
    assert sorted(at.tolist()) == list(range(len(network.cost)))
    for name in ("head", "tail", "capacity", "cost"):
        assert (getattr(graph, name)[at] == getattr(network, name)).all()
    assert sorted(np.concatenate([np.arange(b, e) for b, e in _spans(graph)])) == sorted(at)
    for node, (begin, end) in enumerate(_spans(graph)):
        assert (graph.tail[begin:end] == node).all()
        assert (np.diff(graph.cost[begin:end]) >= 0).all()
    assert (graph.slot_of[graph.slot_arc] == np.arange(len(at))).all()
    assert (graph.slot_tail == graph.tail[graph.slot_arc]).all()
    assert (graph.slot_cost == graph.cost[graph.slot_arc]).all()


def _spans(graph: Graph) -> list[tuple[int, int]]:
    return list(zip(graph.begin.tolist(), graph.end.tolist(), strict=True))


def test_many_arcs_of_one_node_are_sorted_like_few() -> None:
    rng = np.random.default_rng(4)
    problem = problem_of(*random_world(rng, 3, 300, 0, top=40))
    graph, at = graph_of(build_network(problem))
    for begin, end in _spans(graph)[:3]:
        assert end - begin > 100
        order = np.lexsort((np.argsort(at)[begin:end], graph.cost[begin:end]))
        assert (order == np.arange(end - begin)).all()


@given(nodes=st.integers(1, 9), arcs=st.integers(0, 25), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_parts_are_those_that_scipy_finds(nodes: int, arcs: int, seed: int) -> None:
    tail, head = np.random.default_rng(seed).integers(0, nodes, (2, arcs))
    ours = strong_components(tail, head, nodes)
    links = sparse.coo_array((np.ones(arcs), (tail, head)), (nodes, nodes))
    theirs = csgraph.connected_components(links, connection="strong")[1]
    assert (np.equal.outer(ours, ours) == np.equal.outer(theirs, theirs)).all()


def _more_than_fits(flow: Any, potential: Any) -> None:
    flow[flow == 1] = 2


def _a_unit_lost(flow: Any, potential: Any) -> None:
    flow[np.flatnonzero(flow)[0]] = 0


def _a_price_too_low(flow: Any, potential: Any) -> None:
    potential[0] += 100


@pytest.mark.parametrize("spoil", [_more_than_fits, _a_unit_lost, _a_price_too_low])
def test_what_does_not_prove_itself_is_not_let_out(spoil: Any) -> None:
    problem = problem_of(*random_world(np.random.default_rng(1), 30, 8, 0))
    network = build_network(problem)
    optimum = find_optimum(problem, network)
    assert optimum is not None
    flow, potential = optimum.flow, optimum.graph.potential.copy()
    draw_lots(network, flow, potential, 0)
    spoil(flow, potential)
    with pytest.raises(ProofFailed):
        draw_lots(network, flow, potential, 0)
