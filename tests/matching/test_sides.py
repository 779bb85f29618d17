"""Rules that leave the flow: the plan is the cheapest there is, whatever the mix."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_worlds import Tables, problem_of
from mixed_worlds import RULES, best_mix_by_mip, best_mix_by_trying, mixes, random_mix

from matching import Plan, Status, check, solve, write_plan
from matching.bids import bid_bound
from matching.sides import search


@given(world=mixes(), seed=st.integers(0, 5))
@settings(max_examples=250, deadline=None)
def test_any_mix_of_rules_gives_what_trying_everything_finds(
    world: tuple[Tables, int], seed: int
) -> None:
    problem = problem_of(*world)
    plan = solve(problem, seed=seed)
    assert plan.objective == best_mix_by_trying(*world)
    assert (plan.status is Status.INFEASIBLE) == (plan.objective is None)
    assert plan.status in {Status.INFEASIBLE, Status.OPTIMAL}
    assert check(problem, plan) == []


@pytest.mark.parametrize("number", range(16))
def test_it_is_what_an_integer_programme_finds(number: int) -> None:
    rng = np.random.default_rng(number)
    rules = int(rng.integers(0, 2**RULES)) | 64 << number % 5
    world = random_mix(rng, 24, 8, rules & ~8, top=300)
    problem = problem_of(*world)
    plan = solve(problem, seed=number)
    assert plan.objective == best_mix_by_mip(*world)
    assert check(problem, plan) == []


@pytest.mark.parametrize("number", range(16))
def test_the_way_for_large_problems_finds_it_too(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flows at prices, columns and neighbourhoods, though the problem is small."""
    monkeypatch.setattr(search, "SMALL", 0)
    rng = np.random.default_rng(number)
    rules = (64 | 256 if number % 2 else 64 | 1024 | 2) | number // 2
    world = random_mix(rng, 30, 10, rules & ~8, top=300)
    problem = problem_of(*world)
    plan = solve(problem, seed=number)
    assert plan.objective == best_mix_by_mip(*world)
    assert check(problem, plan) == []


@given(world=mixes(needs=5, supports=3), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_no_bids_whatever_prove_more_than_the_truth(world: tuple[Tables, int], seed: int) -> None:
    best = best_mix_by_trying(*world)
    problem = problem_of(*world)
    rng = np.random.default_rng(seed)

    def draw(limited: np.ndarray) -> np.ndarray:
        return np.where(limited, rng.integers(0, 15, len(limited)), 0)

    bound = bid_bound(
        problem,
        rng.integers(-20, 30, len(problem.need_ids)),
        draw(problem.provider_places < 10**12),
        100 * draw(problem.fund_budget < 10**12),
        draw(problem.group_has_floor),
    )
    assert best is None or bound <= best


@given(world=mixes(needs=7), seed=st.integers(0, 9), shuffle=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_the_order_of_rows_changes_nothing_and_a_seed_gives_the_same_bytes(
    world: tuple[Tables, int], seed: int, shuffle: int
) -> None:
    rng = np.random.default_rng(shuffle)
    shuffled: Tables = {}
    for name, columns in world[0].items():
        order = rng.permutation(len(next(iter(columns.values()))))
        shuffled[name] = {column: [rows[k] for k in order] for column, rows in columns.items()}
    one, other = (
        solve(problem_of(*world), seed=seed),
        solve(problem_of(shuffled, world[1]), seed=seed),
    )
    assert _bytes(one) == _bytes(other)


def _bytes(plan: Plan) -> str:
    text = write_plan(replace(plan, seconds={}), None)
    assert text is not None
    return text[: text.index('"seconds"')] + text[text.index('"matches"') :]


def test_a_search_out_of_time_keeps_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    world = random_mix(np.random.default_rng(3), 24, 8, 64 | 256, top=300)
    assert solve(problem_of(*world), time_limit=0).status is Status.UNKNOWN
