"""One allowed and one forbidden case for every rule that a flow can hold."""

from __future__ import annotations

from typing import Any

import pytest
from matching_worlds import Tables, problem_of

from matching import Status, solve


def world(**tables: dict[str, list[Any]]) -> Tables:
    """Ann and Bea of family f, both in ward w, may go to lunch and club of provider p."""
    base: Tables = {
        "needs": {
            "id": ["ann", "bea"],
            "unmet_cost": [100, 90],
            "family": ["f", "f"],
            "group": ["w", "w"],
        },
        "supports": {"id": ["club", "lunch"], "places": [1, 1], "provider": ["p", "p"]},
        "candidates": {
            "need": ["ann", "bea", "ann", "bea"],
            "support": ["club", "club", "lunch", "lunch"],
            "cost": [10, 20, 30, 50],
        },
    }
    return {**base, **tables}


def matched(tables: Tables, stability_cost: int = 0) -> dict[str, str]:
    plan = solve(problem_of(tables, stability_cost))
    return dict(zip(plan.matches.need, plan.matches.support, strict=True))


def test_without_further_rules_both_are_met() -> None:
    assert matched(world()) == {"ann": "lunch", "bea": "club"}


def test_a_support_gives_no_more_places_than_it_has() -> None:
    supports = {"id": ["club", "lunch"], "places": [1, 0], "provider": ["p", "p"]}
    assert matched(world(supports=supports)) == {"ann": "club"}


@pytest.mark.parametrize(("places", "met"), [(2, 2), (1, 1), (0, 0)])
def test_a_provider_gives_no_more_places_than_it_has(places: int, met: int) -> None:
    assert len(matched(world(providers={"id": ["p"], "places": [places]}))) == met


@pytest.mark.parametrize(("at_most", "met"), [(None, 2), (2, 2), (1, 1), (0, 0)])
def test_a_family_has_no_more_matches_than_it_may(at_most: int | None, met: int) -> None:
    assert len(matched(world(families={"id": ["f"], "at_most": [at_most]}))) == met


def test_a_family_with_nothing_comes_before_a_second_match_of_another() -> None:
    needs = {"id": ["ann", "bea", "cal"], "unmet_cost": [100, 90, 30], "family": ["f", "f", "g"]}
    supports = {"id": ["club"], "places": [2]}
    candidates = {"need": ["ann", "bea", "cal"], "support": ["club"] * 3, "cost": [0] * 3}
    tables = world(needs=needs, supports=supports, candidates=candidates)
    assert matched(tables).keys() == {"ann", "bea"}
    families = {"id": ["f", "g"], "none_met_cost": [1000, 1000]}
    assert matched({**tables, "families": families}).keys() == {"ann", "cal"}


def test_a_need_that_must_be_met_is_met_at_any_cost() -> None:
    tables = world()
    tables["needs"]["unmet_cost"] = [1, None]
    tables["supports"]["places"] = [0, 1]
    assert matched(tables) == {"bea": "lunch"}


def test_a_need_that_must_be_met_and_cannot_leaves_no_plan() -> None:
    tables = world()
    tables["needs"]["unmet_cost"] = [None, None]
    tables["supports"]["places"] = [0, 1]
    plan = solve(problem_of(tables))
    assert (plan.status, plan.objective, len(plan.matches.need)) == (Status.INFEASIBLE, None, 0)


@pytest.mark.parametrize(("at_least", "met"), [(0, 0), (1, 1), (2, 2)])
def test_a_floor_is_kept_even_where_it_costs(at_least: int, met: int) -> None:
    tables = world(floors={"group": ["w"], "at_least": [at_least]})
    tables["needs"]["unmet_cost"] = [0, 0]
    assert len(matched(tables)) == met


def test_a_floor_above_its_group_leaves_no_plan() -> None:
    tables = world(floors={"group": ["w"], "at_least": [3]})
    assert solve(problem_of(tables)).status is Status.INFEASIBLE


def test_a_floor_of_an_empty_group_leaves_no_plan() -> None:
    tables = world(floors={"group": ["elsewhere"], "at_least": [1]})
    assert solve(problem_of(tables)).status is Status.INFEASIBLE


def test_a_fixed_pair_stands_though_others_are_cheaper() -> None:
    tables = world(fixed={"need": ["bea"], "support": ["lunch"]})
    assert matched(tables) == {"ann": "club", "bea": "lunch"}


def test_fixed_pairs_take_places_like_any_other() -> None:
    tables = world(fixed={"need": ["ann", "bea"], "support": ["club", "club"]})
    assert solve(problem_of(tables)).status is Status.INFEASIBLE


def test_one_need_fixed_twice_leaves_no_plan() -> None:
    tables = world(fixed={"need": ["ann", "ann"], "support": ["club", "lunch"]})
    assert solve(problem_of(tables)).status is Status.INFEASIBLE


@pytest.mark.parametrize(("bonus", "support"), [(0, "lunch"), (9, "lunch"), (11, "club")])
def test_a_plan_moves_only_where_that_saves_more_than_it_upsets(bonus: int, support: str) -> None:
    tables = world(previous={"need": ["ann", "gone", "ann"], "support": ["club", "club", "club"]})
    assert matched(tables, bonus)["ann"] == support
