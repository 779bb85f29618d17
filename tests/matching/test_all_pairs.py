"""A short list that grows comes to the plan of all pairs, with its prices and its reasons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_worlds import problem_of, random_world

from matching import Plan, Problem, all_pairs, check, shortlist, solve, write_plan
from matching.engine import find_optimum
from matching.network import build_network
from matching.search import FAR


def plain(plan: Plan) -> str:
    """Write a plan without its times."""
    text = write_plan(replace(plan, seconds={}), None)
    return text[: text.index('"seconds"')] + text[text.index('"matches"') :]


def solve_by_list(problem: Problem, seed: int, kept: int) -> Plan:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shortlist, "LONG", 0)
        patch.setattr(shortlist, "KEPT", kept)
        return solve(problem, seed=seed)


@given(
    number=st.integers(0, 2**32 - 1),
    size=st.tuples(st.integers(0, 9), st.integers(0, 6)),
    rules=st.integers(0, 63),
    top=st.sampled_from([1, 3, 30]),
    kept=st.integers(1, 2),
)
@settings(max_examples=250, deadline=None)
def test_the_plan_is_the_one_over_all_pairs(
    number: int, size: tuple[int, int], rules: int, top: int, kept: int
) -> None:
    """Also where most pairs cost the same, so that lots decide."""
    world = random_world(np.random.default_rng(number), *size, rules, top=top)
    problem = problem_of(*world)
    plan = solve_by_list(problem, number, kept)
    assert plain(plan) == plain(solve(problem, seed=number))
    assert check(problem, plan) == []


def test_a_pair_beside_the_list_that_costs_the_same_may_be_drawn() -> None:
    supports = ["a", "b", "c", "d"]
    problem = Problem.from_tables(
        {
            "needs": {"id": ["n"], "unmet_cost": [9]},
            "supports": {"id": supports, "places": [2, 2, 2, 2]},
            "candidates": {"need": ["n"] * 4, "support": supports, "cost": [1, 1, 1, 1]},
        }
    )
    drawn = [solve_by_list(problem, seed, 1).matches.support[0] for seed in range(20)]
    assert drawn == [solve(problem, seed=seed).matches.support[0] for seed in range(20)]
    assert set(drawn) == set(supports)


def middling(number: int) -> Problem:
    rng = np.random.default_rng(number)
    return problem_of(*random_world(rng, 300, 60, 63 - number, top=5000))


#: Worlds in which there is a plan: between them, every rule that a flow can hold.
SOLVABLE = [7, 9, 12, 24, 28, 40, 45, 56]


@pytest.mark.parametrize("number", SOLVABLE)
def test_a_short_list_grows_until_no_pair_would_help(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = middling(number)
    rounds = []
    price = all_pairs.list_helping
    monkeypatch.setattr(
        all_pairs, "list_helping", lambda *told: rounds.append(price(*told)) or rounds[-1]
    )
    plan = solve_by_list(problem, number, 3)
    assert plain(plan) == plain(solve(problem, seed=number))
    # where something must be met, a list may say nothing; then all pairs are laid out
    assert len(rounds) > 1 or problem.must_meet.any() or problem.group_has_floor.any()


@pytest.mark.parametrize("number", SOLVABLE[-4:])
def test_every_way_is_the_shortest_over_all_pairs(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shortlist, "LONG", 0)
    monkeypatch.setattr(shortlist, "KEPT", 2)
    problem = middling(number)
    short = shortlist.make_short_list(problem)
    assert short is not None
    network = build_network(problem, short.choices.listed_pairs())
    network, found = all_pairs.find_over_all(problem, network, short)
    whole = find_optimum(problem, build_network(problem))
    assert found is not None
    assert whole is not None
    assert len(network.pair) < len(problem.pair_need)
    for root in [network.first["sink"], network.first["support"], network.first["provider"]]:
        for to_root in (False, True):
            ways = found.measure(root, to_root=to_root)
            assert ways.tolist() == whole.measure(root, to_root=to_root).tolist()
            assert (ways < FAR).any()
