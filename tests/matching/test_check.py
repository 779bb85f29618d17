"""The checker finds whatever is wrong with a plan, without a solver."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matching_worlds import four_families_three_supports, problem_of

from matching import BoundBy, Plan, Problem, Status, check, solve


@pytest.fixture
def problem() -> Problem:
    return problem_of(four_families_three_supports())


@pytest.fixture
def plan(problem: Problem) -> Plan:
    return solve(problem)


def test_a_good_plan_passes(problem: Problem, plan: Plan) -> None:
    assert check(problem, plan) == []


def _swap(plan: Plan, table: str, column: str, row: int, value: Any) -> Plan:
    values = getattr(getattr(plan, table), column).copy()
    values[row] = value
    return replace(plan, **{table: replace(getattr(plan, table), **{column: values})})


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda p: _swap(p, "matches", "support", 0, "debt"), "'ann', 'debt': not a candidate"),
        (lambda p: _swap(p, "matches", "support", 0, "lunch"), "'lunch': gives more places"),
        (lambda p: _swap(p, "matches", "need", 1, "ann"), "'ann': met more than once"),
        (lambda p: _swap(p, "matches", "cost", 0, 49), "'ann': cost 49, the candidate says 50"),
        (lambda p: replace(p, objective=279), "the plan says 279, the matches come to 280"),
        (lambda p: replace(p, bound=281), "bound 281 lies above"),
        (lambda p: replace(p, status=Status.FEASIBLE), "status feasible: bound 280"),
        (lambda p: _swap(p, "need_values", "pence", 0, 0), "'ann', support 'club': values and"),
        (lambda p: _swap(p, "need_values", "pence", 0, 99), "its prices prove only"),
        (lambda p: _swap(p, "prices", "price", 0, -1), "a price below 0"),
        (lambda p: _swap(p, "prices", "id", 0, "pub"), "'pub': there is no such id"),
        (lambda p: _swap(p, "prices", "kind", 0, "magic"), "'magic': not known"),
        (lambda p: replace(p, status=Status.INFEASIBLE), "infeasible, yet it has matches"),
        (lambda p: replace(p, objective=None), "no objective or bound"),
    ],
)
def test_what_is_wrong_is_said(
    problem: Problem, plan: Plan, spoil: Callable[[Plan], Plan], says: str
) -> None:
    found = check(problem, spoil(plan))
    assert any(says in line for line in found), found


RULES = [
    ("providers", {"id": ["p"], "places": [3]}, "provider 'p': gives more places"),
    ("families", {"id": ["f"], "at_most": [3]}, "family 'f': has more matches"),
    ("floors", {"group": ["w"], "at_least": [5]}, "group 'w': has fewer needs"),
    ("funds", {"id": ["m"], "budget": [39]}, "fund 'm': spends more"),
    ("fixed", {"need": ["ann"], "support": ["lunch"]}, "need 'ann': its fixed pair"),
]


@pytest.mark.parametrize(("table", "rows", "says"), RULES)
def test_a_plan_for_a_laxer_problem_is_found_out(
    plan: Plan, table: str, rows: dict[str, Any], says: str
) -> None:
    tables = four_families_three_supports()
    tables["needs"] |= {"family": ["f"] * 4, "group": ["w"] * 4}
    tables["supports"] |= {"provider": ["p"] * 3, "fund": ["m"] * 3}
    tables["candidates"]["price"] = [10] * 6
    assert check(problem_of(tables), plan) == []
    assert any(says in line for line in check(problem_of({**tables, table: rows}), plan))


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("at_least", [0, 2, 0], "support 'club': runs with fewer"),
        ("opening_cost", [0, 5, 0], "objective: the plan says 280, the matches come to 285"),
        ("places", [1, 1, 1], "support 'debt': gives more places"),
    ],
)
def test_rules_of_supports_are_recounted(
    plan: Plan, column: str, values: list[int], says: str
) -> None:
    tables = four_families_three_supports()
    tables["supports"][column] = values
    assert any(says in line for line in check(problem_of(tables), plan))


def test_a_bound_by_search_is_held_to_its_prices_only_where_they_say_so(
    problem: Problem, plan: Plan
) -> None:
    weak = replace(plan, need_values=replace(plan.need_values, pence=np.full(4, 99)))
    assert check(problem, weak)
    assert check(problem, replace(weak, bound_by=BoundBy.SEARCH)) == []


def test_needs_left_out_of_both_tables_are_missed(problem: Problem, plan: Plan) -> None:
    rows = {column: values[1:] for column, values in vars(plan.matches).items()}
    found = check(problem, replace(plan, matches=replace(plan.matches, **rows)))
    assert "need 'ann': must stand once, in matches or in unmet" in found


def test_what_is_no_text_is_no_candidate(problem: Problem, plan: Plan) -> None:
    strange = plan.matches.need.copy()
    strange[1], strange[2] = 7, None
    found = check(problem, replace(plan, matches=replace(plan.matches, need=strange)))
    assert found == ["match 7, 'lunch': not a candidate", "match None, 'debt': not a candidate"]


@pytest.mark.parametrize("name", ["matching.check", "matching.proof", "matching.bids"])
def test_the_checker_imports_no_solver(name: str) -> None:
    path = Path(str(import_module(name).__file__))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        name
        for node in ast.walk(tree)
        for name in (
            [node.module] if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else []
        )
    }  # fmt: skip
    own = {name for name in names if str(name).startswith("matching.")}
    assert own <= {f"matching.{n}" for n in ("bids", "ids", "problem", "proof", "result", "tables")}
    assert not any("ortools" in str(name) or "scipy" in str(name) for name in names)
