"""Any sequence of events leaves the plan that solving from scratch would find."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_worlds import Tables, four_families_three_supports, problem_of, random_world

from matching import NotYet, Problem, solve
from matching.errors import NoPlanLeft
from matching.state import Standing


class Twin:
    """The tables beside a standing plan, changed in the same way and solved from scratch."""

    def __init__(self, tables: Tables, stability_cost: int) -> None:
        self.tables, self.stability_cost = deepcopy(tables), stability_cost
        self.problem: Problem = problem_of(tables, stability_cost)
        self.standing = Standing(self.problem)

    def solve(self) -> int | None:
        return solve(problem_of(self.tables, self.stability_cost)).objective

    def pairs(self) -> list[tuple[str, str]]:
        """Give the pairs that stand in the problem; those of late needs have no position in it."""
        columns = (self.tables["candidates"][k] for k in ("need", "support"))
        return [pair for pair in zip(*columns, strict=True) if not pair[0].startswith("late")]

    def drop(self, table: str, wanted: Any) -> None:
        columns = self.tables.get(table, {})
        keep = [k for k, row in enumerate(_rows(columns)) if not wanted(row)]
        self.tables[table] = {name: [cells[k] for k in keep] for name, cells in columns.items()}

    def decline(self, need: str, support: str) -> None:
        self.drop("candidates", lambda row: (row["need"], row["support"]) == (need, support))
        ids = self.problem
        at = (ids.need_ids[ids.pair_need] == need) & (ids.support_ids[ids.pair_support] == support)
        self.standing.decline(np.flatnonzero(at))

    def withdraw(self, need: str) -> None:
        self.drop("needs", lambda row: row["id"] == need)
        self.drop("candidates", lambda row: row["need"] == need)
        self.drop("fixed", lambda row: row["need"] == need)
        self.standing.withdraw(self.problem.need_ids.tolist().index(need))

    def set_places(self, support: str, places: int) -> None:
        self._set("supports", support, places)
        self.standing.set_places(self.problem.support_ids.tolist().index(support), places)

    def set_total(self, provider: str, places: int) -> None:
        self._set("providers", provider, places)
        self.standing.set_total(self.problem.provider_ids.tolist().index(provider), places)

    def _set(self, table: str, name: str, places: int) -> None:
        self.tables[table]["places"][self.tables[table]["id"].index(name)] = places

    def arrive(self, name: str, unmet: int, pairs: list[tuple[str, int]]) -> None:
        needs, candidates = self.tables["needs"], self.tables["candidates"]
        for column in needs:
            needs[column].append({"id": name, "unmet_cost": unmet}.get(column))
        for support, cost in pairs:
            for column, cell in zip(candidates, (name, support, cost), strict=True):
                candidates[column].append(cell)
        ids = self.problem.support_ids.tolist()
        supports = np.array([ids.index(support) for support, _ in pairs], dtype=np.int64)
        self.standing.arrive(unmet, supports, np.array([cost for _, cost in pairs]))


def _rows(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def happen(twin: Twin, rng: np.random.Generator, number: int) -> None:
    """Let one event happen; raises what the event raises."""
    supports = twin.tables["supports"]["id"]
    kind = rng.integers(5)
    if kind == 0 and twin.pairs():
        twin.decline(*twin.pairs()[rng.integers(len(twin.pairs()))])
    elif kind == 1 and twin.tables["needs"]["id"]:
        known = [n for n in twin.tables["needs"]["id"] if not n.startswith("late")]
        if known:
            twin.withdraw(known[rng.integers(len(known))])
    elif kind == 2 and supports:
        twin.set_places(supports[rng.integers(len(supports))], int(rng.integers(0, 4)))
    elif kind == 3 and twin.tables.get("providers", {}).get("id"):
        twin.set_total(str(rng.choice(["p0", "p1"])), int(rng.integers(0, 5)))
    else:
        some = [s for s in supports if rng.random() < 0.5]
        costs = rng.integers(-5, 30, len(some)).tolist()
        pairs = list(zip(some, costs, strict=True))
        twin.arrive(f"late{number}", int(rng.integers(-5, 40)), pairs)


@given(number=st.integers(0, 2**32 - 1), rules=st.integers(0, 63))
@settings(max_examples=250, deadline=None)
def test_any_events_leave_what_solving_anew_finds(number: int, rules: int) -> None:
    rng = np.random.default_rng(number)
    tables, stability = random_world(rng, int(rng.integers(0, 8)), int(rng.integers(0, 5)), rules)
    try:
        twin = Twin(tables, stability)
    except NoPlanLeft:
        assert solve(problem_of(tables, stability)).objective is None
        return
    for step in range(6):
        before, objective = deepcopy(twin.tables), twin.standing.objective
        try:
            happen(twin, rng, step)
        except NoPlanLeft:
            assert twin.solve() is None
            twin.tables = before
            assert twin.standing.objective == objective
        except NotYet:
            twin.tables = before
        assert twin.standing.prove() == twin.solve()


@given(number=st.integers(0, 2**32 - 1), rules=st.integers(0, 63))
@settings(max_examples=100, deadline=None)
def test_a_what_if_leaves_nothing_behind(number: int, rules: int) -> None:
    rng = np.random.default_rng(number)
    tables, stability = random_world(rng, 7, 4, rules)
    try:
        twin = Twin(tables, stability)
    except NoPlanLeft:
        return
    before = twin.standing.objective, twin.standing.supports.tolist()
    with twin.standing.what_if():
        for step in range(4):
            try:
                happen(twin, rng, step)
            except (NoPlanLeft, NotYet):
                break
    after = twin.standing.supports.tolist()
    assert (twin.standing.objective, after[: len(before[1])]) == before
    assert set(after[len(before[1]) :]) <= {-1}
    twin.tables = deepcopy(tables)
    for step in range(3):
        try:
            happen(twin, rng, 10 + step)
        except (NoPlanLeft, NotYet):
            break
        assert twin.standing.prove() == twin.solve()


def test_the_events_worked_out_by_hand() -> None:
    """Ann has the club, Bea the lunch, Cal and Dee debt advice: 280.

    Without Bea, Ann takes the lunch and Cal the club: 40 + 70 + 90. A second lunch then helps
    nobody. If Cal declines the club she goes back to debt advice, and Ann stays at the lunch.
    """
    twin = Twin(four_families_three_supports(), 0)
    assert twin.standing.objective == 280
    twin.withdraw("bea")
    assert (twin.standing.objective, twin.standing.supports.tolist()) == (200, [2, -1, 0, 1])
    twin.set_places("lunch", 2)
    assert twin.standing.objective == 200
    twin.decline("cal", "club")
    assert (twin.standing.objective, twin.standing.supports.tolist()) == (210, [2, -1, 1, 1])


def test_a_fixed_pair_cannot_be_declined_in_place() -> None:
    tables = four_families_three_supports()
    tables["fixed"] = {"need": ["ann"], "support": ["lunch"]}
    with pytest.raises(NotYet, match="fixed"):
        Twin(tables, 0).decline("ann", "lunch")


@pytest.mark.parametrize(
    ("table", "column", "cells"),
    [
        ("supports", "opening_cost", [0, 5, 0]),
        ("supports", "at_least", [0, 0, 2]),
        ("candidates", "places", [1, 1, 2, 1, 1, 1]),
    ],
)
def test_rules_that_events_cannot_keep_are_refused(
    table: str, column: str, cells: list[int]
) -> None:
    tables = four_families_three_supports()
    tables[table][column] = cells
    with pytest.raises(NotYet, match="events"):
        Standing(problem_of(tables))


def test_an_event_that_leaves_no_plan_is_taken_back() -> None:
    tables = four_families_three_supports()
    tables["needs"]["unmet_cost"][1] = None
    twin = Twin(tables, 0)
    before = twin.standing.supports.tolist()
    with pytest.raises(NoPlanLeft):
        twin.set_places("lunch", 0)
    assert twin.standing.supports.tolist() == before
    twin.standing.prove()


def test_many_declines_at_once_equal_one_by_one() -> None:
    rng = np.random.default_rng(3)
    problem = problem_of(*random_world(rng, 80, 20, 0, top=3000))
    some = rng.choice(len(problem.pair_need), 60, replace=False)
    at_once, one_by_one = Standing(problem), Standing(problem)
    at_once.decline(some)
    for pair in some:
        one_by_one.decline(int(pair))
    assert at_once.prove() == one_by_one.prove()


def test_a_county_of_arrivals_outgrows_the_spare_rows() -> None:
    rng = np.random.default_rng(4)
    tables, _ = random_world(rng, 5, 3, 0)
    twin = Twin(tables, 0)
    for number in range(40):
        some = [s for s in tables["supports"]["id"] if rng.random() < 0.8]
        costs = rng.integers(0, 30, len(some)).tolist()
        twin.arrive(f"late{number}", 35, list(zip(some, costs, strict=True)))
    assert twin.standing.prove() == twin.solve()
