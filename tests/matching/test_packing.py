"""Needs of unequal places, placed anew: valid, never worse, the cheapest where that is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_worlds import Tables, problem_of
from mixed_worlds import best_mix_by_mip, best_mix_by_trying, random_mix

from matching import Problem, Status, check, solve
from matching.bids import Bids, bound_of, refine
from matching.cost import count_cost
from matching.sides.beam import move_bids
from matching.sides.exact import solve_model
from matching.sides.knapsack import cost_of_forcing
from matching.sides.model import build_model
from matching.sides.opened import count_opened
from matching.sides.packing import Packer, can_pack

OPENING, UNEQUAL = 128, 512
NOTHING = np.zeros(0, dtype=np.int64)


def draw_world(seed: int, needs: int = 5, supports: int = 3) -> tuple[Tables, int]:
    rng = np.random.default_rng(seed)
    return random_mix(rng, needs, supports, UNEQUAL | (OPENING if seed % 2 else 0))


def bids_for(problem: Problem) -> Bids:
    """Let every need be offered at nothing."""
    return Bids(
        np.zeros(len(problem.need_ids), dtype=np.int64),
        *(np.zeros(len(ids), dtype=np.int64) for ids in (problem.provider_ids, problem.fund_ids)),
        np.zeros(len(problem.group_ids), dtype=np.int64),
    )


def pack(problem: Problem, steps: int) -> Packer:
    bids = bids_for(problem)
    packer = Packer(problem, bids, cost_of_forcing(problem, bids), NOTHING, seed=1)
    for _ in range(steps):
        packer.step(60.0)
    return packer


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_a_beam_as_wide_as_all_plans_finds_the_cheapest(seed: int) -> None:
    world = draw_world(seed)
    problem = problem_of(*world)
    packer = pack(problem, 16)
    best = best_mix_by_trying(*world)
    if packer.pairs is None:
        assert best is None
    else:
        assert count_cost(problem, packer.pairs) == best


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_every_plan_is_valid_and_none_is_dearer_than_the_one_before(seed: int) -> None:
    problem = problem_of(*draw_world(seed, 20, 6))
    bids = bids_for(problem)
    packer = Packer(problem, bids, cost_of_forcing(problem, bids), NOTHING, seed=seed)
    before = None
    for _ in range(25):
        packer.step(60.0)
        if packer.pairs is None:
            assert before is None
            continue
        places = np.bincount(
            problem.pair_support[packer.pairs],
            weights=problem.pair_places[packer.pairs],
            minlength=len(problem.support_ids),
        )
        assert (places <= problem.support_places).all()
        assert len(np.unique(problem.pair_need[packer.pairs])) == len(packer.pairs)
        met = np.isin(np.arange(len(problem.need_ids)), problem.pair_need[packer.pairs])
        assert met[problem.must_meet].all()
        cost = count_cost(problem, packer.pairs)
        assert before is None or cost <= before
        before = cost


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_bids_that_were_moved_prove_no_less(seed: int) -> None:
    problem = problem_of(*draw_world(seed, 12, 4))
    packer, bids = pack(problem, 0), bids_for(problem)
    ground, everyone = packer.ground, np.arange(len(problem.need_ids))
    target = float(problem.unmet_cost.sum())
    bid = problem.unmet_cost.astype(float)
    moved = move_bids(ground, bid, everyone, ground.room, ground.opening, target, 20)
    fine = refine(problem)[1]
    need = np.rint(fine * (problem.unmet_cost - moved)).astype(np.int64)
    assert bound_of(problem, replace(bids, need=need)) >= bound_of(problem, bids)


@pytest.mark.parametrize("number", range(8))
def test_it_is_what_an_integer_programme_finds(number: int) -> None:
    rng = np.random.default_rng(number)
    rules = UNEQUAL | (OPENING if number % 2 else 0)
    world = random_mix(rng, 30, 6, rules, top=300)
    problem = problem_of(*world)
    plan = solve(problem, seed=number)
    assert plan.objective == best_mix_by_mip(*world)
    assert check(problem, plan) == []


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_counting_what_can_run_loses_no_plan_as_cheap_as_the_best(seed: int) -> None:
    world = random_mix(np.random.default_rng(seed), 6, 4, UNEQUAL | OPENING)
    best = best_mix_by_trying(*world)
    if best is None:
        return
    model = build_model(problem_of(*world))
    answer = solve_model(count_opened(model, best, lambda: 60.0))
    assert answer.pairs is not None
    assert count_cost(problem_of(*world), answer.pairs) == best


def test_the_same_seed_gives_the_same_plan() -> None:
    problem = problem_of(*random_mix(np.random.default_rng(8), 40, 8, UNEQUAL, top=300))
    plans = [solve(problem, seed=3) for _ in range(2)]
    assert plans[0].status is Status.OPTIMAL
    assert plans[0].matches.support.tolist() == plans[1].matches.support.tolist()


@pytest.mark.parametrize(
    ("change", "packs"),
    [
        ({}, True),
        ({"supports": {"opening_cost": [5, 0]}}, True),
        ({"candidates": {"places": [1, 1, 1]}}, False),
        ({"supports": {"at_least": [2, 0]}}, False),
        ({"supports": {"fund": ["f", "f"]}, "funds": {"id": ["f"], "budget": [9]}}, False),
        ({"supports": {"provider": ["p", "p"]}, "providers": {"id": ["p"], "places": [3]}}, False),
        ({"needs": {"family": ["k", "k"]}, "families": {"id": ["k"], "at_most": [1]}}, False),
        ({"needs": {"group": ["g", "g"]}, "floors": {"group": ["g"], "at_least": [1]}}, False),
    ],
)
def test_it_is_for_needs_that_share_nothing_but_supports(change: Tables, packs: bool) -> None:  # noqa: FBT001 - a parameter
    tables: Tables = {
        "needs": {"id": ["a", "b"], "unmet_cost": [10, 10]},
        "supports": {"id": ["s", "t"], "places": [3, 3]},
        "candidates": {
            "need": ["a", "a", "b"],
            "support": ["s", "t", "s"],
            "cost": [1, 2, 3],
            "places": [2, 2, 2],
        },
    }
    for table, columns in change.items():
        tables[table] = {**tables.get(table, {}), **columns}
    assert can_pack(Problem.from_tables(tables)) is packs
