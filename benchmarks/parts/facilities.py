"""Single-source facility location: opening costs and unequal places at once."""

from __future__ import annotations

from functools import partial
from time import perf_counter

from parts.sides import compare_highs
from report import Part, Report, write_seconds, write_share
from worlds.classes import make_facilities

from matching import Plan, Problem, Status, check, solve

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
            seen=f"{plan.status} after {write_seconds(took)}{_gap(plan)}",
            asked=f"optimal, ≤ {LIMIT_SECONDS:.0f} s",
        )
        report.valid(check(problem, plan))
        if perf_counter() - spent < seconds:
            compare_highs(report, problem, plan, LIMIT_SECONDS)
        else:
            report.say("HiGHS", "not tried, the part's time is up")


def _gap(plan: Plan) -> str:
    return f", gap {write_share(plan.gap)}" if plan.gap else ""


PARTS = [
    Part("facilities", "quick sizes", partial(measure, sizes=SIZES[:2]), 15, in_quick=True),
    Part("facilities", "10–30 sites × 50–200 needs", partial(measure, sizes=SIZES[2:]), 80),
]
