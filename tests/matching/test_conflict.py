"""When nothing works: a set of facts that cannot stand together, and no fact too many."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from matching_worlds import Tables, problem_of
from mixed_worlds import best_mix_by_trying, mixes, rows

from matching import Plan, Status, check, read_plan, solve, write_plan


def world(**tables: dict[str, list[Any]]) -> Tables:
    base: Tables = {
        "needs": {"id": ["ann", "bea"], "unmet_cost": [100, 100], "family": ["f", "f"]},
        "supports": {"id": ["club"], "places": [1], "fund": ["health"]},
        "candidates": {"need": ["ann", "bea"], "support": ["club"] * 2, "cost": [1, 1]},
    }
    return {**base, **tables}


def conflict(tables: Tables) -> set[tuple[str, str]]:
    problem = problem_of(tables)
    plan = solve(problem)
    assert plan.status is Status.INFEASIBLE
    assert check(problem, plan) == []
    return set(plan.conflict)


def test_two_that_must_be_met_and_one_place() -> None:
    needs = {"id": ["ann", "bea", "cal"], "unmet_cost": [None, None, 5]}
    expected = {("needs", "ann"), ("needs", "bea"), ("supports", "club")}
    assert conflict(world(needs=needs)) == expected


def test_fixed_pairs_over_the_places() -> None:
    tables = world(fixed={"need": ["ann", "bea"], "support": ["club", "club"]})
    assert conflict(tables) == {("fixed", "ann"), ("fixed", "bea"), ("supports", "club")}


def test_one_need_fixed_twice_is_a_conflict_by_itself() -> None:
    tables = world(fixed={"need": ["ann", "ann"], "support": ["club", "lunch"]})
    tables["supports"] = {"id": ["club", "lunch"], "places": [1, 1]}
    tables["candidates"] = {"need": ["ann"] * 2, "support": ["club", "lunch"], "cost": [1, 1]}
    assert conflict(tables) == {("fixed", "ann")}


def test_a_floor_against_a_family_limit() -> None:
    tables = world(floors={"group": ["w"], "at_least": [2]}, families={"id": ["f"], "at_most": [1]})
    tables["needs"]["group"] = ["w", "w"]
    tables["supports"]["places"] = [2]
    assert conflict(tables) == {("floors", "w"), ("families", "f")}


def test_a_must_against_a_budget_and_against_a_minimum_size() -> None:
    tables = world(funds={"id": ["health"], "budget": [9]})
    tables["needs"]["unmet_cost"] = [None, 5]
    tables["candidates"]["price"] = [10, 10]
    assert conflict(tables) == {("needs", "ann"), ("funds", "health")}
    tables = world()
    tables["needs"]["unmet_cost"] = [None, 5]
    tables["supports"]["at_least"] = [2]
    assert conflict(tables) == {("needs", "ann"), ("supports", "club")}


@given(world=mixes(needs=5, supports=3))
@settings(max_examples=150, deadline=None)
def test_no_fact_can_be_spared_and_together_they_suffice(world: tuple[Tables, int]) -> None:
    tables, stability = world
    assume(best_mix_by_trying(tables, stability) is None)
    plan = solve(problem_of(tables, stability))
    facts = set(plan.conflict)
    assert facts
    assert best_mix_by_trying(_only(tables, facts), stability) is None
    for fact in facts:
        assert best_mix_by_trying(_only(tables, facts - {fact}), stability) is not None


def _only(tables: Tables, facts: set[tuple[str, str]]) -> Tables:
    """Lift every rule that is not among the facts."""
    kept = deepcopy(tables)
    needs, supports = kept["needs"], kept["supports"]
    for k, name in enumerate(needs["id"]):
        if ("needs", name) not in facts and needs["unmet_cost"][k] is None:
            needs["unmet_cost"][k] = 0
    for k, name in enumerate(supports["id"]):
        if ("supports", name) not in facts:
            supports["places"][k] = 1000
            supports.get("at_least", supports["places"].copy())[k] = 0
    for table, key in (
        ("providers", "id"),
        ("funds", "id"),
        ("floors", "group"),
        ("fixed", "need"),
    ):
        named = [row for row in rows(kept, table) if (table, row[key]) in facts]
        columns = kept.pop(table, {})
        kept[table] = {column: [row[column] for row in named] for column in columns}
    families = kept.get("families", {})
    for k, name in enumerate(families.get("id", [])):
        if ("families", name) not in facts and "at_most" in families:
            families["at_most"][k] = None
    return kept


@pytest.mark.parametrize("fact", [("needs", "bea"), ("funds", "health"), ("magic", "x")])
def test_a_fact_that_the_problem_does_not_state_is_found_out(fact: tuple[str, str]) -> None:
    tables = world()
    tables["needs"]["unmet_cost"] = [None, 5]
    tables["supports"]["places"] = [0]
    problem = problem_of(tables)
    plan = solve(problem)
    assert set(plan.conflict) == {("needs", "ann"), ("supports", "club")}
    (found,) = check(problem, replace(plan, conflict=(*plan.conflict, fact)))
    assert repr(fact[1]) in found


def test_a_conflict_is_written_and_read(tmp_path: Any) -> None:
    conflict = (("needs", "ann"), ("supports", "club"))
    plan = Plan(Status.INFEASIBLE, None, None, None, 0, "by hand", conflict=conflict)
    write_plan(plan, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json").conflict == conflict
