"""Single-source facility location: opening costs and unequal places at once."""

from __future__ import annotations

from functools import partial
from time import perf_counter

from parts.sides import hold_bounds
from report import Part, Report, write_seconds
from rivals.integer import solve_by_highs
from worlds.classes import make_facilities

from matching import Problem, Status, check, solve

LIMIT_SECONDS = 10.0
SIZES = [(10, 50), (20, 50), (30, 70), (10, 90), (20, 100), (30, 150), (30, 200)]


def measure(report: Report, seconds: float, *, sizes: list[tuple[int, int]]) -> None:
    """Solve each to the proved optimum, and let HiGHS do the same."""
    spent = perf_counter()
    for sites, needs in sizes:
        problem = Problem.from_tables(make_facilities(sites, needs))
        begin = perf_counter()
        plan = solve(problem, seed=1, time_limit=LIMIT_SECONDS)
        took = perf_counter() - begin
        report.fact(
            f"{sites} sites × {needs} needs",
            is_so=plan.status is Status.OPTIMAL and took <= LIMIT_SECONDS,
            seen=f"{plan.status} after {write_seconds(took)}",
            asked=f"optimal, ≤ {LIMIT_SECONDS:.0f} s",
        )
        report.valid(check(problem, plan))
        if plan.objective is not None and perf_counter() - spent < seconds:
            _compare(report, problem, plan.objective, plan.bound)


def _compare(report: Report, problem: Problem, objective: int, bound: int) -> None:
    rival = solve_by_highs(problem, LIMIT_SECONDS)
    if rival.proved:
        report.say("HiGHS proves its plan", write_seconds(rival.seconds))
    if rival.objective is not None:
        hold_bounds(report, objective, bound, rival.objective, rival.bound)


PARTS = [
    Part("facilities", "quick sizes", partial(measure, sizes=SIZES[:2]), 15, in_quick=True),
    Part("facilities", "10–30 sites × 50–200 needs", partial(measure, sizes=SIZES[2:]), 80),
]
