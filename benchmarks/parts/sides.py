"""Groups that must fill, three budgets and floors: how far from the proved bound, in what time."""

from __future__ import annotations

from functools import partial
from time import perf_counter

from report import Part, Report, write_seconds, write_share
from rivals.integer import solve_by_highs
from worlds.sides import make_sided_tables

from matching import Problem, check, solve

#: A time limit is kept when the call is back within this share more, and half a second.
KEPT = 1.05


def measure(
    report: Report, seconds: float, *, needs: int, supports: int, limit: float, gap: float
) -> None:
    """Solve under the limit, then let HiGHS try as long, where it can be hoped for."""
    solve(Problem.from_tables(make_sided_tables(200, 40)), time_limit=5)
    problem = Problem.from_tables(make_sided_tables(needs, supports))
    begin = perf_counter()
    plan = solve(problem, seed=1, time_limit=limit)
    took = perf_counter() - begin
    report.limit("time, limit " + write_seconds(limit), took, limit * KEPT + 0.5, write_seconds)
    if plan.gap is None:
        report.fact("proved gap", is_so=False, seen=plan.status, asked=f"≤ {write_share(gap)}")
        return
    report.limit("proved gap", plan.gap, gap, write_share)
    report.say("objective and bound", f"{plan.objective:,} ≥ {plan.bound:,}, {plan.status}")
    report.valid(check(problem, plan))
    if needs <= 2_000:
        _compare(report, problem, plan.objective, plan.bound, seconds - 2 * limit)


def _compare(report: Report, problem: Problem, ours: int, bound: int, seconds: float) -> None:
    rival = solve_by_highs(problem, seconds)
    if rival.objective is None:
        report.say(f"HiGHS, {write_seconds(rival.seconds)}", "no plan")
        return
    report.say(f"HiGHS, {write_seconds(rival.seconds)}: its own gap", write_share(rival.gap))
    report.say("HiGHS above ours", write_share((rival.objective - ours) / max(1, abs(ours))))
    hold_bounds(report, ours, bound, rival.objective, rival.bound)


def hold_bounds(
    report: Report, ours: int, bound: int, theirs: int, their_bound: float | None
) -> None:
    """Two proofs of one problem: no plan of either may lie below the bound of the other."""
    if theirs < bound or (their_bound is not None and ours < their_bound - 1e-6 * abs(ours)):
        report.wrong(f"a bound is crossed: ours {bound}..{ours}, HiGHS {their_bound}..{theirs}")
    else:
        report.say("neither's plan lies below the other's bound", "so it is")


PARTS = [
    Part(
        "sides",
        f"3 of 10 supports must fill, 3 budgets, floors, {needs:,} × {supports:,}",
        partial(measure, needs=needs, supports=supports, limit=limit, gap=gap),
        seconds,
        in_quick=in_quick,
    )
    for needs, supports, limit, gap, seconds, in_quick in [
        (2_000, 400, 5.0, 0.0001, 20, True),
        (20_000, 4_000, 20.0, 0.001, 50, False),
    ]
]
