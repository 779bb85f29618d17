"""What the benchmarks stand on: their worlds, their rivals, and what they call reached."""

from __future__ import annotations

from queue import Queue
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from plot import draw_growth, fit_exponent
from report import Point, Report, Row, Wrong
from rivals.flows import (
    best_saving_first,
    first_come_first_served,
    solve_bare_flow,
    solve_linear_program,
)
from rivals.integer import solve_by_highs
from timing import forget_peak, peak_bytes
from worlds.classes import make_assignment, make_facilities
from worlds.households import POLICY, make_world
from worlds.sides import make_sided_tables
from worlds.towns import make_tables

from matching import Problem, solve
from matching.suitability import count_rules

KINDS = ["near", "wide", "equal"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_exact_rival_finds_the_engines_optimum(kind: str) -> None:
    problem = Problem.from_tables(make_tables(kind, 120, 30))
    best = solve(problem).objective
    assert best is not None
    assert solve_bare_flow(problem) == best
    assert solve_linear_program(problem) == best
    rival = solve_by_highs(problem, 20)
    assert (rival.objective, rival.proved) == (best, True)
    assert best <= best_saving_first(problem) < problem.unmet_cost.sum()
    assert best <= first_come_first_served(problem) < problem.unmet_cost.sum()


@pytest.mark.parametrize("kind", KINDS)
def test_a_world_is_its_seeds(kind: str) -> None:
    def costs(seed: int) -> list[int]:
        return make_tables(kind, 120, 30, seed=seed)["candidates"]["cost"].tolist()

    assert costs(1) == costs(1) != costs(2)


def test_towns_have_fewer_places_than_needs_and_26_pairs_a_need() -> None:
    problem = Problem.from_tables(make_tables("near", 4_000, 800))
    assert 0.75 < problem.support_places.sum() / 4_000 < 0.9
    assert 25 < len(problem.pair_need) / 4_000 < 27


def test_equal_worlds_let_nothing_tell_a_needs_pairs_apart() -> None:
    problem = Problem.from_tables(make_tables("equal", 120, 30))
    for need in range(120):
        assert len(set(problem.pair_cost[problem.pair_need == need])) <= 1


def test_sided_worlds_use_every_side_and_have_a_plan() -> None:
    problem = Problem.from_tables(make_sided_tables(150, 40))
    assert (problem.support_at_least > 1).any()
    assert len(problem.fund_budget) == 3
    assert (problem.group_at_least > 0).any()
    assert (problem.pair_price > 0).all()
    assert solve_by_highs(problem, 5).objective is not None


@pytest.mark.parametrize(("kind", "cost", "use"), [("C", (10, 50), (5, 25)), ("D", (1, 120), None)])
def test_assignment_classes_keep_their_recipe(kind: str, cost: Any, use: Any) -> None:
    problem = Problem.from_tables(make_assignment(kind, 5, 100))
    assert problem.must_meet.all()
    assert (problem.pair_cost >= cost[0]).all()
    assert (problem.pair_cost <= cost[1]).all()
    if use is None:
        assert (abs(problem.pair_cost - 111 + problem.pair_places) <= 10).all()
    else:
        assert (problem.pair_places >= use[0]).all()
        assert (problem.pair_places <= use[1]).all()
    loads = np.bincount(problem.pair_support, weights=problem.pair_places)
    assert (problem.support_places == (0.8 * loads / 5).astype(int)).all()


def test_class_e_is_dear_where_it_uses_little() -> None:
    problem = Problem.from_tables(make_assignment("E", 5, 100))
    off = problem.pair_cost - 1000 / problem.pair_places
    assert (off <= 0.5).all()
    assert (off >= -10.5).all()


def test_facilities_have_room_and_open_at_a_price() -> None:
    problem = Problem.from_tables(make_facilities(10, 50))
    demand = np.bincount(problem.pair_need, weights=problem.pair_places) / 10
    mean = demand.sum() / 10
    assert (problem.support_places >= 2 * mean - 1).all()
    assert (problem.support_places <= 5 * mean).all()
    assert (problem.opening_cost >= 5 * problem.pair_cost.mean() - 1).all()
    assert (problem.opening_cost <= 15 * problem.pair_cost.mean()).all()


def test_every_filter_takes_something_away() -> None:
    world = make_world(400, 2_000)
    told = (world.families, world.needs, world.intakes, POLICY, world.refusals)
    counts = count_rules(*told, asked=np.arange(400))
    removed = dict(zip(counts.rules, counts.removed.sum(axis=0).tolist(), strict=True))
    assert all(removed.values()), removed
    assert counts.suitable.sum() > 400


def test_the_exponent_of_a_power_is_found() -> None:
    assert fit_exponent([10, 100, 1000], [3 * s**1.25 for s in (10, 100, 1000)]) == pytest.approx(
        1.25
    )


def test_the_plot_is_an_svg_with_both_curves() -> None:
    points = [Point(2_000, 0.03, 0.02), Point(20_000, 0.4, 0.5), Point(200_000, 5.0, 9.0)]
    root = ET.fromstring(draw_growth(points, "Seconds against needs"))  # noqa: S314  # our own text
    curves = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert [len(curve.attrib["points"].split()) for curve in curves] == [3, 3]


def test_a_report_says_what_was_reached_and_what_is_wrong() -> None:
    told: Queue[Any] = Queue()
    report = Report(told)
    report.ratio("ours", 0.93, 1.0, asked=0.6)
    report.limit("gap", 0.001, 0.003, str)
    report.same("rival", 10, 10)
    report.same("rival", 10, 11)
    report.valid(["need 'a' is met twice"])
    rows = [told.get() for _ in range(5)]
    assert [row.reached for row in rows[:3]] == [False, True, None]
    assert str(rows[0]).endswith("0.93 ×                asked ≤ 0.6 ×            NOT REACHED")
    assert [type(row) for row in rows] == [Row, Row, Row, Wrong, Wrong]


def test_memory_given_back_is_no_longer_in_the_peak() -> None:
    forget_peak()
    held = np.ones(25_000_000)
    high = peak_bytes()
    assert high > held.nbytes
    del held
    forget_peak()
    assert high - peak_bytes() > 150_000_000
