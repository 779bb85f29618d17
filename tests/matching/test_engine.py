"""The auction with its exact finish, and OR-Tools' flow, come to one plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_worlds import Tables, problem_of, random_world, worlds

from matching import Plan, Problem, check, engine, solve, write_plan
from matching.network import build_network


@pytest.fixture
def only_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no auction end."""
    monkeypatch.setattr("matching.engine.hold_auction", lambda *_: None)


def plain(plan: Plan) -> str | None:
    return write_plan(replace(plan, seconds={}), None)


@given(world=worlds(needs=8), seed=st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_both_engines_draw_the_same_plan(world: tuple[Tables, int], seed: int) -> None:
    problem = problem_of(*world)
    one = solve(problem, seed=seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matching.engine.hold_auction", lambda *_: None)
        other = solve(problem, seed=seed)
    assert _head(plain(one)) == _head(plain(other))


def _head(text: str | None) -> str:
    assert text is not None
    return text[: text.index('"seconds"')] + text[text.index('"matches"') :]


def middling(number: int) -> Problem:
    rng = np.random.default_rng(number)
    return problem_of(*random_world(rng, 300, 60, 63 - number, top=5000))


@pytest.mark.parametrize("number", range(8))
def test_the_auction_is_finished_exactly(number: int) -> None:
    problem = middling(number)
    network = build_network(problem)
    by_flow = engine._by_flow(network)
    by_auction = engine._by_auction(problem, network)
    if by_flow is None:
        assert by_auction is None or network.contradiction
        return
    assert by_auction is not None
    for optimum in (by_flow, by_auction):
        graph = optimum.graph
        cost = graph.cost + graph.potential[graph.tail] - graph.potential[graph.head]
        assert (graph.flow <= graph.capacity).all()
        assert not ((cost < 0) & (graph.flow < graph.capacity)).any()
        assert not ((cost > 0) & (graph.flow > 0)).any()
    assert network.cost @ by_flow.flow == network.cost @ by_auction.flow


def test_the_flow_takes_over_where_the_auction_gives_up(only_flow: None) -> None:
    problem = middling(3)
    plan = solve(problem)
    assert check(problem, plan) == []
