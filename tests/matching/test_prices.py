"""A price is the true change of the optimum, found again by solving anew."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given, settings
from matching_worlds import (
    Tables,
    four_families_three_supports,
    problem_of,
    random_world,
    worlds,
)

from matching import NO_PRICE, Plan, check, solve

#: Where the thing that is priced stands, and whether one more of it helps or hurts.
KINDS = {
    "support": ("supports", "id", "places", 1),
    "provider": ("providers", "id", "places", 1),
    "family": ("families", "id", "at_most", 1),
    "floor": ("floors", "group", "at_least", -1),
}


def test_the_prices_found_by_hand() -> None:
    """A second lunch lets Ann have it and Cal the club: 20. Without any, Bea's 40 are lost.

    A second club is Cal's: 10. Without any, Ann takes the lunch: 10 more, and Bea's 40 are lost.
    A third debt place helps nobody; with one, Dee's 10 are lost.
    """
    prices = solve(problem_of(four_families_three_supports())).prices
    rows = zip(prices.id, prices.low, prices.high, prices.exact, strict=True)
    assert list(rows) == [("club", 10, 30, True), ("debt", 0, 10, True), ("lunch", 20, 40, True)]


@given(world=worlds())
@settings(max_examples=250, deadline=None)
def test_one_more_and_one_less_change_what_the_price_says(world: tuple[Tables, int]) -> None:
    plan = solve(problem_of(*world))
    for row in range(len(plan.prices.id)):
        assert plan.prices.exact[row]
        assert _change(plan, row, world, 1) == plan.prices.low[row]
        loss = _change(plan, row, world, -1)
        assert plan.prices.high[row] == (NO_PRICE if loss is None else -loss)


def test_the_last_match_a_family_may_have_is_worth_its_surcharge_too() -> None:
    tables: Tables = {
        "needs": {"id": ["a"], "unmet_cost": [100], "family": ["f"]},
        "supports": {"id": ["s"], "places": [1]},
        "candidates": {"need": ["a"], "support": ["s"], "cost": [10]},
        "families": {"id": ["f"], "at_most": [1], "none_met_cost": [1000]},
    }
    assert solve(problem_of(tables)).prices.high.tolist() == [1090, 1090]


def test_one_match_less_also_counts_against_its_group() -> None:
    """Both of the floor's needs are met; without either there is no plan."""
    tables: Tables = {
        "needs": {
            "id": ["a", "b", "c"],
            "unmet_cost": [20, 20, 20],
            "family": ["f", "f", "g"],
            "group": ["w", "w", "w"],
        },
        "supports": {"id": ["s"], "places": [3]},
        "candidates": {"need": ["b", "c"], "support": ["s", "s"], "cost": [1, 1]},
        "families": {"id": ["f"], "at_most": [1]},
        "floors": {"group": ["w"], "at_least": [2]},
    }
    prices = solve(problem_of(tables)).prices
    high = dict(zip(prices.kind, prices.high.tolist(), strict=True))
    assert high["family"] == NO_PRICE


def test_prices_too_dear_to_find_are_called_estimates(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = four_families_three_supports()
    tables["supports"]["provider"] = ["p", "p", None]
    tables["providers"] = {"id": ["p"], "places": [2]}
    exact = solve(problem_of(tables)).prices
    assert exact.exact.all()
    monkeypatch.setattr("matching.intervals.MOST_WORK", 0)
    rough = solve(problem_of(tables)).prices
    assert dict(zip(rough.id, rough.exact.tolist(), strict=True)) == {
        "p": True, "club": False, "debt": True, "lunch": False
    }  # fmt: skip
    assert (rough.low == rough.price)[~rough.exact].all()


def _change(plan: Plan, row: int, world: tuple[Tables, int], more: int) -> int | None:
    """Say by how much the optimum falls with one more (or one less) of what is priced."""
    tables = deepcopy(world[0])
    table, key, column, sign = KINDS[plan.prices.kind[row]]
    rows = tables[table]
    at = rows[key].index(plan.prices.id[row])
    rows[column][at] += more * sign
    if rows[column][at] < 0:
        # no floor lies below none, so one need less asked for is no change
        return None if sign > 0 else 0
    objective = solve(problem_of(tables, world[1])).objective
    if objective is None or plan.objective is None:
        return None
    return plan.objective - objective


@pytest.mark.parametrize("number", range(20))
def test_prices_prove_plans_of_middling_size(number: int) -> None:
    world = random_world(np.random.default_rng(number), 80, 20, 63 - number, top=2000)
    problem = problem_of(*world)
    plan = solve(problem)
    assert plan.bound == plan.objective
    assert check(problem, plan) == []
