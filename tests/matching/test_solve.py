"""The plan is the cheapest there is, by three other ways of finding out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_worlds import (
    Tables,
    best_by_mip,
    best_by_trying,
    four_families_three_supports,
    problem_of,
    random_world,
    worlds,
)

from matching import Plan, Status, check, solve, write_plan


def test_the_plan_solved_by_hand() -> None:
    plan = solve(problem_of(four_families_three_supports()))
    pairs = list(zip(plan.matches.need, plan.matches.support, strict=True))
    assert pairs == [("ann", "club"), ("bea", "lunch"), ("cal", "debt"), ("dee", "debt")]
    assert (plan.status, plan.objective, plan.bound, plan.gap) == (Status.OPTIMAL, 280, 280, 0)


@given(world=worlds(), seed=st.integers(0, 5))
@settings(max_examples=300, deadline=None)
def test_it_is_what_trying_everything_finds(world: tuple[Tables, int], seed: int) -> None:
    problem = problem_of(*world)
    plan = solve(problem, seed=seed)
    assert plan.objective == best_by_trying(*world)
    assert (plan.status is Status.INFEASIBLE) == (plan.objective is None)
    assert check(problem, plan) == []


@pytest.mark.parametrize("number", range(12))
def test_it_is_what_an_integer_programme_finds(number: int) -> None:
    rng = np.random.default_rng(number)
    problem = problem_of(*random_world(rng, 60, 15, 64 - 9 + number % 8, top=3000))
    plan = solve(problem, seed=number)
    assert plan.objective == best_by_mip(problem)
    assert check(problem, plan) == []


@given(world=worlds(needs=8), seed=st.integers(0, 9), shuffle=st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_the_order_of_rows_changes_nothing(
    world: tuple[Tables, int], seed: int, shuffle: int
) -> None:
    rng = np.random.default_rng(shuffle)
    shuffled = {name: _shuffle(columns, rng) for name, columns in world[0].items()}
    one = solve(problem_of(*world), seed=seed)
    other = solve(problem_of(shuffled, world[1]), seed=seed)
    assert _bytes(one) == _bytes(other)


def _shuffle(columns: dict[str, list[Any]], rng: np.random.Generator) -> dict[str, list[Any]]:
    order = rng.permutation(len(next(iter(columns.values()))))
    return {name: [values[k] for k in order] for name, values in columns.items()}


def _bytes(plan: Plan) -> str:
    text = write_plan(replace(plan, seconds={}), None)
    assert text is not None
    return text[: text.index('"seconds"')] + text[text.index('"matches"') :]


@given(world=worlds(needs=8), seed=st.integers(0, 2**40))
@settings(max_examples=50, deadline=None)
def test_the_same_seed_gives_the_same_bytes(world: tuple[Tables, int], seed: int) -> None:
    problem = problem_of(*world)
    assert _bytes(solve(problem, seed=seed)) == _bytes(solve(problem, seed=seed))


def test_equal_needs_are_met_equally_often() -> None:
    ids = ["a", "b", "c", "z"]
    tables: Tables = {
        "needs": {"id": ids, "unmet_cost": [50] * 4},
        "supports": {"id": ["s", "t"], "places": [1, 1]},
        "candidates": {"need": ids + ids, "support": ["s"] * 4 + ["t"] * 4, "cost": [10] * 8},
    }
    problem = problem_of(tables)
    met: Counter[str] = Counter()
    for seed in range(1000):
        plan = solve(problem, seed=seed)
        assert plan.objective == 120
        met.update(plan.matches.need)
    # 500 each; four standard deviations of a fair draw are 63
    assert all(437 <= met[need] <= 563 for need in ids), met


def test_equal_families_are_met_equally_often() -> None:
    """The surcharge and the limit run through a node of the family's own, and stay fair."""
    ids = ["a1", "a2", "b1", "b2", "c1"]
    tables: Tables = {
        "needs": {"id": ids, "unmet_cost": [50] * 5, "family": ["a", "a", "b", "b", "c"]},
        "supports": {"id": ["s"], "places": [1]},
        "candidates": {"need": ids, "support": ["s"] * 5, "cost": [10] * 5},
        "families": {"id": ["a", "b", "c"], "at_most": [1] * 3, "none_met_cost": [70] * 3},
    }
    problem = problem_of(tables)
    met = Counter(solve(problem, seed=seed).matches.need[0] for seed in range(1000))
    assert abs(met["a1"] + met["a2"] - met["b1"] - met["b2"]) < 4 * np.sqrt(1000)
    assert abs(met["a1"] - met["a2"]) < 4 * np.sqrt(500)
    assert min(met.values()) > 0


def test_amounts_at_the_edge_stay_exact() -> None:
    most = 10**12
    tables: Tables = {
        "needs": {"id": ["a", "b"], "unmet_cost": [most, most - 1], "family": ["f", "f"]},
        "supports": {"id": ["s"], "places": [1]},
        "candidates": {"need": ["a", "b"], "support": ["s", "s"], "cost": [-most, -most]},
        "families": {"id": ["f"], "none_met_cost": [most]},
    }
    assert solve(problem_of(tables)).objective == -1


def test_nothing_to_do_costs_nothing() -> None:
    empty: Tables = {"needs": {}, "supports": {}, "candidates": {}}
    plan = solve(problem_of(empty))
    assert (plan.status, plan.objective, plan.bound) == (Status.OPTIMAL, 0, 0)


def test_no_time_leaves_no_plan() -> None:
    plan = solve(problem_of(four_families_three_supports()), time_limit=0)
    assert (plan.status, plan.objective) == (Status.UNKNOWN, None)
