"""What another place would cost the plan is what solving with it says."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given, settings
from matching_worlds import Tables, problem_of, random_world, worlds

from matching import Plan, Problem, find_alternatives, solve
from matching.explain import count_use
from matching.forcing import price_forced_pairs
from matching.network import limited_supports
from matching.search import FAR


def roomy(world: tuple[Tables, int]) -> tuple[Tables, int]:
    """Add a place everywhere, so that there are free ones."""
    tables = deepcopy(world[0])
    tables["supports"]["places"] = [places + 1 for places in tables["supports"]["places"]]
    return tables, world[1]


def objective_with(world: tuple[Tables, int], need: str, support: str) -> int | None:
    fixed = deepcopy(world[0].get("fixed", {"need": [], "support": []}))
    fixed["need"].append(need)
    fixed["support"].append(support)
    return solve(problem_of({**world[0], "fixed": fixed}, world[1])).objective


def chosen_pairs(problem: Problem, plan: Plan) -> np.ndarray:
    stands = set(zip(plan.matches.need, plan.matches.support, strict=True))
    needs, supports = problem.need_ids[problem.pair_need], problem.support_ids[problem.pair_support]
    return np.array([pair in stands for pair in zip(needs, supports, strict=True)], dtype=bool)


def pairs_with_room(problem: Problem, chosen: np.ndarray) -> list[int]:
    """Find the pairs of needs that are not fixed, whose support and provider have a place free."""
    use = count_use(problem, np.flatnonzero(chosen))
    room = use.support_free > 0
    shared = limited_supports(problem)
    room[shared] &= use.provider_free[problem.support_provider[shared]] > 0
    fixed = np.isin(problem.pair_need, problem.pair_need[problem.fixed_pairs])
    return np.flatnonzero(room[problem.pair_support] & ~chosen & ~fixed).tolist()


@given(world=worlds().map(roomy))
@settings(max_examples=150, deadline=None)
def test_a_forced_pair_costs_what_solving_with_it_says(world: tuple[Tables, int]) -> None:
    problem = problem_of(*world)
    plan = solve(problem)
    if plan.objective is None:
        return
    chosen = chosen_pairs(problem, plan)
    extra = price_forced_pairs(problem, chosen)
    assert (extra[chosen] == 0).all()
    for pair in pairs_with_room(problem, chosen):
        need = problem.need_ids[problem.pair_need[pair]]
        forced = objective_with(world, need, problem.support_ids[problem.pair_support[pair]])
        assert extra[pair] == (FAR if forced is None else forced - plan.objective)


@pytest.mark.parametrize("rules", [0, 9, 16, 22, 33, 57, 63])
def test_the_choices_that_are_shown_cost_so_too(rules: int) -> None:
    seen = 0
    for number in range(30):
        world = roomy(random_world(np.random.default_rng(number), 6, 4, rules))
        problem = problem_of(*world)
        plan = solve(problem)
        if plan.objective is None:
            continue
        found = find_alternatives(problem, plan, most=9)
        seen += len(found.need)
        for need, support, extra in zip(found.need, found.support, found.extra_pence, strict=True):
            forced = objective_with(world, need, support)
            assert forced is not None
            assert extra == forced - plan.objective
    assert seen > 9


def test_a_family_limit_makes_another_place_dearer() -> None:
    """By hand: Ann's place is the one match of her family; for Bea (saves 60) she gives up 90."""
    tables: Tables = {
        "needs": {"id": ["ann", "bea"], "unmet_cost": [100, 100], "family": ["f", "f"]},
        "supports": {"id": ["club"], "places": [2]},
        "candidates": {"need": ["ann", "bea"], "support": ["club"] * 2, "cost": [10, 40]},
        "families": {"id": ["f"], "at_most": [1]},
    }
    problem = problem_of(tables)
    assert price_forced_pairs(problem, np.array([True, False])).tolist() == [0, 30]
