"""One allowed and one forbidden case for every rule that leaves the flow, and their reasons."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from matching_worlds import Tables, problem_of

from matching import BoundBy, Plan, Progress, Status, check, solve


def world(**tables: dict[str, list[Any]]) -> Tables:
    """Ann, Bea and Cal may all go to club or lunch; each saves 80 at the club, 50 at lunch."""
    base: Tables = {
        "needs": {"id": ["ann", "bea", "cal"], "unmet_cost": [100] * 3},
        "supports": {"id": ["club", "lunch"], "places": [2, 3], "fund": ["health", None]},
        "candidates": {
            "need": ["ann", "bea", "cal"] * 2,
            "support": ["club"] * 3 + ["lunch"] * 3,
            "cost": [20] * 3 + [50] * 3,
            "price": [10] * 6,
        },
    }
    return {**base, **tables}


def solved(tables: Tables, seed: int = 0) -> Plan:
    problem = problem_of(tables)
    plan = solve(problem, seed=seed)
    assert check(problem, plan) == []
    return plan


def taken(tables: Tables) -> Counter[str]:
    return Counter(solved(tables).matches.support)


@pytest.mark.parametrize(
    ("at_least", "takes"),
    [(1, {"club": 2, "lunch": 1}), (2, {"club": 1, "lunch": 2}), (3, {"club": 2})],
)
def test_a_support_runs_with_so_many_or_not_at_all(at_least: int, takes: dict[str, int]) -> None:
    tables = world()
    tables["supports"]["at_least"] = [0, at_least]
    assert taken(tables) == takes


@pytest.mark.parametrize(("cost", "takes"), [(49, {"club": 2, "lunch": 1}), (51, {"club": 2})])
def test_a_support_opens_only_where_that_pays(cost: int, takes: dict[str, int]) -> None:
    tables = world()
    tables["supports"]["opening_cost"] = [0, cost]
    assert taken(tables) == takes


@pytest.mark.parametrize(
    ("budget", "takes"), [(20, {"club": 2, "lunch": 1}), (19, {"club": 1, "lunch": 2})]
)
def test_a_fund_spends_no_more_than_its_budget(budget: int, takes: dict[str, int]) -> None:
    assert taken(world(funds={"id": ["health"], "budget": [budget]})) == takes


@pytest.mark.parametrize(("places", "takes"), [(1, 2), (2, 1), (3, 0)])
def test_a_pair_takes_as_many_places_as_it_says(places: int, takes: int) -> None:
    tables = world()
    tables["candidates"]["places"] = [places] * 3 + [1] * 3
    assert taken(tables)["club"] == takes


@pytest.mark.parametrize(("places", "takes"), [(3, 2), (2, 2), (1, 1)])
def test_a_provider_shares_places_however_many_a_pair_takes(places: int, takes: int) -> None:
    tables = world(providers={"id": ["p"], "places": [2 * places]})
    tables["supports"] |= {"provider": ["p", "p"], "places": [4, 0]}
    tables["candidates"]["places"] = [2] * 6
    assert taken(tables)["club"] == min(takes, places)


@pytest.mark.parametrize(("at_least", "met"), [(0, 0), (1, 1)])
def test_a_floor_may_count_only_some_of_a_family(at_least: int, met: int) -> None:
    tables = world(floors={"group": ["w"], "at_least": [at_least]})
    tables["needs"] |= {"family": ["f"] * 3, "group": ["w", None, None], "unmet_cost": [1] * 3}
    tables["families"] = {"id": ["f"], "at_most": [1]}
    assert len(solved(tables).matches.need) == met


def test_a_need_that_must_be_met_fills_a_group_at_any_cost() -> None:
    tables = world()
    tables["needs"]["unmet_cost"] = [None, 0, 0]
    tables["supports"]["at_least"] = [2, 4]
    assert taken(tables) == {"club": 2}


def unmet_reason(tables: Tables) -> str:
    (reason,) = set(solved(tables).unmet.reason)
    return str(reason)


def test_why_a_need_has_nothing() -> None:
    tables = world()
    tables["supports"]["at_least"] = [0, 3]
    assert unmet_reason(tables) == "group_too_small"
    tables = world(funds={"id": ["health"], "budget": [10]})
    tables["supports"]["places"] = [2, 0]
    assert unmet_reason(tables) == "budget_spent"
    tables = world()
    tables["supports"] |= {"opening_cost": [0, 200]}
    tables["supports"]["places"] = [3, 3]
    tables["candidates"]["places"] = [2] * 3 + [1] * 3
    assert unmet_reason(tables) == "places_taken"


def test_a_budget_has_a_price_that_is_called_an_estimate() -> None:
    plan = solved(world(funds={"id": ["health"], "budget": [15]}))
    row = plan.prices.kind.tolist().index("fund")
    # ten pence move a need from lunch to the club, which saves 30: 300 pence a pound
    assert (plan.prices.low[row], plan.prices.exact[row]) == (300, False)


def test_a_bound_that_prices_prove_alone_says_so() -> None:
    plan = solved(world(funds={"id": ["health"], "budget": [20]}))
    assert (plan.status, plan.bound_by) == (Status.OPTIMAL, BoundBy.PRICES)


def test_equal_needs_are_met_equally_often() -> None:
    tables = world()
    tables["supports"] |= {"places": [2, 0], "at_least": [2, 0]}
    met = Counter(
        need for seed in range(300) for need in solve(problem_of(tables), seed=seed).matches.need
    )
    # 200 each; four standard deviations of a fair draw are 33
    assert all(167 <= met[need] <= 233 for need in ("ann", "bea", "cal")), met


def test_progress_is_told() -> None:
    told: list[Progress] = []
    tables = world(funds={"id": ["health"], "budget": [15]})
    solve(problem_of(tables), progress=told.append)
    assert told[-1].objective == solved(tables).objective
