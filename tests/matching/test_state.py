"""Any sequence of events leaves the plan that solving from scratch would find."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from matching_worlds import four_families_three_supports, problem_of, random_world
from standing_twins import Twin

from matching import NotYet, solve
from matching.errors import NoPlanLeft
from matching.state import Standing

COSTS = st.integers(-5, 30)
PLACES = st.integers(0, 4)


class Events(RuleBasedStateMachine):
    """Every event there is, in any order, on a random mix of the rules that a flow can hold."""

    twin: Twin

    @initialize(
        number=st.integers(0, 2**32 - 1),
        needs=st.integers(0, 8),
        supports=st.integers(0, 5),
        rules=st.integers(0, 63),
    )
    def stand(self, number: int, needs: int, supports: int, rules: int) -> None:
        tables, stability = random_world(np.random.default_rng(number), needs, supports, rules)
        try:
            self.twin = Twin(tables, stability)
        except NoPlanLeft:
            assert solve(problem_of(tables, stability)).objective is None
            assume(False)  # nothing stands, so nothing can happen

    @precondition(lambda self: self.twin.pairs())
    @rule(data=st.data())
    def decline(self, data: st.DataObject) -> None:
        self.twin.happen("decline", *data.draw(st.sampled_from(self.twin.pairs())))

    @precondition(lambda self: self.twin.needs())
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        self.twin.happen("withdraw", data.draw(st.sampled_from(self.twin.needs())))

    @precondition(lambda self: self.twin.supports())
    @rule(data=st.data(), places=PLACES)
    def set_places(self, data: st.DataObject, places: int) -> None:
        self.twin.happen("set_places", data.draw(st.sampled_from(self.twin.supports())), places)

    @precondition(lambda self: self.twin.providers())
    @rule(data=st.data(), places=PLACES)
    def set_total(self, data: st.DataObject, places: int) -> None:
        self.twin.happen("set_total", data.draw(st.sampled_from(self.twin.providers())), places)

    @rule(at_most=st.none() | st.integers(0, 3), none_met_cost=st.integers(0, 40))
    def add_family(self, at_most: int | None, none_met_cost: int) -> None:
        self.twin.happen("add_family", at_most, none_met_cost)

    @rule(data=st.data(), unmet=COSTS, must=st.integers(0, 5))
    def arrive(self, data: st.DataObject, unmet: int, must: int) -> None:
        costs = data.draw(_costs(self.twin.supports()))
        family = data.draw(st.sampled_from([None, *self.twin.families()]))
        group = data.draw(st.sampled_from([None, *self.twin.groups()]))
        cost = unmet if must else None
        self.twin.happen("arrive", cost, costs, family=family, group=group)

    @rule(data=st.data(), places=PLACES)
    def add_support(self, data: st.DataObject, places: int) -> None:
        standing = self.twin.tables.get("fixed", {}).get("need", [])
        costs = data.draw(_costs([need for need in self.twin.needs() if need not in standing]))
        provider = data.draw(st.sampled_from([None, *self.twin.providers()]))
        self.twin.happen("add_support", places, costs, provider)

    @precondition(lambda self: self.twin.supports() and self.twin.needs())
    @rule(data=st.data(), places=PLACES)
    def try_out(self, data: st.DataObject, places: int) -> None:
        """A what-if is exact within, and leaves nothing behind."""
        twin, supports = self.twin, self.twin.supports()
        tables, before = deepcopy(twin.tables), twin.standing.supports.tolist()
        support, need = (data.draw(st.sampled_from(ids)) for ids in (supports, twin.needs()))
        with twin.standing.what_if():
            twin.happen("arrive", 20, dict.fromkeys(supports, 3))
            twin.happen("set_places", support, places)
            twin.happen("withdraw", need)
            twin.happen("add_support", 1, dict.fromkeys(twin.needs()[:2], 1), None)
            twin.happen("decline", *twin.pairs()[-1])
        twin.tables = tables
        twin.forget_late()
        after = twin.standing.supports.tolist()
        assert after[: len(before)] == before
        assert set(after[len(before) :]) <= {-1}
        assert twin.standing.prove() == twin.solve()


def _costs(ids: list[str]) -> st.SearchStrategy[dict[str, int]]:
    return st.dictionaries(st.sampled_from(ids), COSTS) if ids else st.just({})


TestEvents = Events.TestCase
TestEvents.settings = settings(max_examples=120, stateful_step_count=10, deadline=None)


def test_the_events_worked_out_by_hand() -> None:
    """Ann has the club, Bea the lunch, Cal and Dee debt advice: 280.

    Without Bea, Ann takes the lunch and Cal the club: 40 + 70 + 90. A second lunch then helps
    nobody. If Cal declines the club she goes back to debt advice, and Ann stays at the lunch.
    """
    twin = Twin(four_families_three_supports(), 0)
    standing = twin.standing
    assert standing.objective == 280
    twin.withdraw("bea")
    assert (standing.objective, standing.supports.tolist()) == (200, [2, -1, 0, 1])
    assert [column.tolist() for column in standing.moved] == [[0, 1, 2], [0, 2, 1], [2, -1, 0]]
    twin.set_places("lunch", 2)
    assert standing.objective == 200
    assert standing.moved[0].tolist() == []
    twin.decline("cal", "club")
    assert (standing.objective, standing.supports.tolist()) == (210, [2, -1, 1, 1])
    assert [column.tolist() for column in standing.moved] == [[2], [0], [1]]


def test_three_more_places_here_help_whom_and_save_what() -> None:
    """Ann moves to the lunch and Cal to her place at the club: 20 saved, two people moved."""
    standing = Twin(four_families_three_supports(), 0).standing
    with standing.what_if():
        standing.set_places(2, 4)
        assert standing.objective == 260
        assert [column.tolist() for column in standing.moved] == [[0, 2], [0, 1], [2, 0]]
    assert standing.objective == 280


def test_a_family_that_arrives_by_hand() -> None:
    """Two needs, one match: of 55 and 45 saved at the debt advice it gets the 55, for Dee's 10.

    280 - 10 (Dee's saving is lost) + 45 + 100 (the other need stays unmet) = 435.
    Before any of its needs was met the family cost its surcharge of 70.
    """
    standing = Twin(four_families_three_supports(), 0).standing
    family = standing.add_family(at_most=1, none_met_cost=70)
    assert standing.objective == 350
    debt = np.array([1])
    first = standing.arrive(100, debt, np.array([45]), family=family)
    assert standing.objective == 280 + 10 + 45
    second = standing.arrive(100, debt, np.array([55]), family=family)
    assert standing.prove() == 280 + 10 + 45 + 100
    assert standing.supports.tolist() == [0, 2, 1, -1, 1, -1]
    standing.decline(standing.find_pair(first, 1))
    assert standing.prove() == 280 + 10 + 100 + 55
    standing.withdraw(second)
    assert standing.prove() == 280 + 100 + 70


def test_a_new_support_by_hand() -> None:
    """A second lunch under another name: Ann saves 10 there, and Cal 10 more at the club."""
    standing = Twin(four_families_three_supports(), 0).standing
    cafe = standing.add_support(1, np.array([0, 1]), np.array([40, 60]))
    assert (cafe, standing.prove()) == (3, 260)
    standing.set_places(cafe, 0)
    assert standing.prove() == 280


def test_a_fixed_pair_that_is_declined_frees_its_need() -> None:
    tables = four_families_three_supports()
    tables["fixed"] = {"need": ["ann"], "support": ["lunch"]}
    twin = Twin(tables, 0)
    assert twin.standing.supports.tolist() == [2, -1, 0, 1]
    twin.happen("decline", "ann", "lunch")
    assert twin.standing.supports.tolist() == [0, 2, 1, 1]


def test_a_pair_that_is_not_there_is_said() -> None:
    with pytest.raises(KeyError, match="need 3 may not go to support 2"):
        Twin(four_families_three_supports(), 0).standing.find_pair(3, 2)


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


def test_a_budget_is_refused_too() -> None:
    tables = four_families_three_supports()
    tables["supports"]["fund"] = ["m"] * 3
    tables["candidates"]["price"] = [1] * 6
    tables["funds"] = {"id": ["m"], "budget": [2]}
    with pytest.raises(NotYet, match="events"):
        Standing(problem_of(tables))


def test_fewer_places_than_none_are_refused() -> None:
    standing = Twin(four_families_three_supports(), 0).standing
    for event in (standing.set_places, standing.set_total):
        with pytest.raises(ValueError, match="places are -1"):
            event(0, -1)
    with pytest.raises(ValueError, match="places are -1"):
        standing.add_support(-1, np.array([0]), np.array([1]))


def test_a_what_if_within_a_what_if_is_refused() -> None:
    standing = Twin(four_families_three_supports(), 0).standing
    with (
        standing.what_if(),
        pytest.raises(ValueError, match="within a what-if"),
        standing.what_if(),
    ):
        pass


@pytest.mark.parametrize(
    "event",
    [
        lambda standing: standing.set_places(2, 0),
        lambda standing: standing.decline(standing.find_pair(1, 2)),
        lambda standing: standing.arrive(None, np.array([2]), np.array([1])),
        lambda standing: standing.arrive(None, np.array([], int), np.array([], int)),
    ],
)
def test_an_event_that_leaves_no_plan_is_taken_back(event: Callable[[Standing], Any]) -> None:
    tables = four_families_three_supports()
    tables["needs"]["unmet_cost"][1] = None
    twin = Twin(tables, 0)
    before = twin.standing.supports.tolist()
    with pytest.raises(NoPlanLeft):
        event(twin.standing)
    assert twin.standing.supports.tolist()[:4] == before
    assert twin.standing.prove() == twin.solve()


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
    twin = Twin(*random_world(rng, 5, 3, 0))
    for _ in range(90):
        some = [s for s in twin.supports() if rng.random() < 0.8]
        twin.arrive(35, dict(zip(some, rng.integers(0, 30, len(some)).tolist(), strict=True)))
    assert twin.standing.prove() == twin.solve()
    for need in twin.needs()[::2]:
        with suppress(NoPlanLeft):
            twin.withdraw(need)
    assert twin.standing.prove() == twin.solve()
