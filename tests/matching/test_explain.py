"""Reasons: why this, why not that, what else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from matching_worlds import Tables, four_families_three_supports, problem_of, worlds

from matching import find_alternatives, solve


def reasons(tables: Tables, stability_cost: int = 0) -> dict[str, str]:
    plan = solve(problem_of(tables, stability_cost))
    matches = zip(plan.matches.need, plan.matches.reason, strict=True)
    return {**dict(matches), **dict(zip(plan.unmet.need, plan.unmet.reason, strict=True))}


def test_the_reasons_of_the_plan_solved_by_hand() -> None:
    plan = solve(problem_of(four_families_three_supports()))
    assert plan.matches.reason.tolist() == [
        "cheaper_worth_more_elsewhere",
        "only_choice",
        "cheaper_worth_more_elsewhere",
        "only_choice",
    ]
    assert plan.matches.cheaper.tolist() == [1, 0, 1, 0]
    assert plan.matches.instead.tolist() == ["lunch", None, "club", None]


def test_a_fixed_pair_and_a_kept_one_say_so() -> None:
    tables = four_families_three_supports()
    tables["fixed"] = {"need": ["ann"], "support": ["lunch"]}
    assert reasons(tables)["ann"] == "fixed"
    tables = four_families_three_supports()
    tables["supports"]["places"] = [2, 2, 2]
    assert reasons(tables)["ann"] == "cheapest"
    tables["previous"] = {"need": ["ann"], "support": ["club"]}
    assert reasons(tables, 11)["ann"] == "kept"


def unmet(**changed: Any) -> str:
    tables: Tables = {
        "needs": {"id": ["a", "b"], "unmet_cost": [100, 50], "family": ["f", "f"]},
        "supports": {"id": ["s", "t"], "places": [1, 1], "provider": ["p", "p"]},
        "candidates": {"need": ["a", "b"], "support": ["s", "s"], "cost": [10, 10]},
    }
    return reasons({**tables, **changed})["b"]


def test_why_a_need_has_nothing() -> None:
    only_a = {"need": ["a"], "support": ["s"], "cost": [10]}
    apart = {"need": ["a", "b"], "support": ["s", "t"], "cost": [10, 10]}
    dear = {"need": ["a", "b"], "support": ["s", "t"], "cost": [10, 60]}
    assert unmet(candidates=only_a) == "no_candidate"
    assert unmet(families={"id": ["f"], "at_most": [1]}) == "family_limit"
    assert unmet(candidates=apart, providers={"id": ["p"], "places": [1]}) == "provider_full"
    assert unmet() == "places_taken"
    assert unmet(candidates=dear) == "costs_more_than_unmet"


def test_a_full_place_that_would_save_nothing_is_not_the_reason() -> None:
    dear = {"need": ["a", "b"], "support": ["s", "s"], "cost": [10, 60]}
    assert unmet(candidates=dear) == "costs_more_than_unmet"


@pytest.mark.parametrize(("most", "count"), [(0, 0), (1, 1), (3, 2)])
def test_the_next_best_choices_have_places_free(most: int, count: int) -> None:
    tables: Tables = {
        "needs": {"id": ["a", "b"], "unmet_cost": [100, 100]},
        "supports": {"id": ["s", "t", "u", "full"], "places": [1, 5, 5, 0]},
        "candidates": {
            "need": ["a"] * 4 + ["b"],
            "support": ["s", "t", "u", "full", "s"],
            "cost": [10, 25, 20, 5, 95],
        },
    }
    problem = problem_of(tables)
    found = find_alternatives(problem, solve(problem), most=most)
    assert found.need.tolist() == ["a"] * count
    assert found.support.tolist() == ["u", "t"][:count]
    # a pays 10 more at u and 15 more at t, but leaves b a place that saves 5
    assert found.extra_pence.tolist() == [5, 10][:count]


def test_extra_pence_are_the_true_change_where_nothing_else_moves() -> None:
    tables: Tables = {
        "needs": {"id": ["a"], "unmet_cost": [100]},
        "supports": {"id": ["s", "t"], "places": [1, 5]},
        "candidates": {"need": ["a", "a"], "support": ["s", "t"], "cost": [10, 25]},
    }
    problem = problem_of(tables)
    assert find_alternatives(problem, solve(problem)).extra_pence.tolist() == [15]


@given(world=worlds(needs=8), most=st.integers(0, 4))
@settings(max_examples=60, deadline=None)
def test_alternatives_are_the_cheapest_of_all(world: tuple[Tables, int], most: int) -> None:
    problem = problem_of(*world)
    plan = solve(problem)
    assume(plan.objective is not None)
    every = find_alternatives(problem, plan, most=99)
    kept = [
        row
        for need in problem.need_ids
        for row in sorted(
            (extra, support, need)
            for of, support, extra in zip(
                every.need, every.support, every.extra_pence.tolist(), strict=True
            )
            if of == need
        )[:most]
    ]
    found = find_alternatives(problem, plan, most=most)
    assert found.need.tolist() == [need for _, _, need in kept]
    assert found.extra_pence.tolist() == [extra for extra, _, _ in kept]
