"""Groups that must fill, three budgets and floors: how far from the proved bound, in what time."""

from __future__ import annotations

from functools import partial
from time import perf_counter

from report import Part, Report, write_seconds, write_share
from rivals.integer import solve_by_highs
from worlds.sides import make_sided_tables

from matching import Plan, Problem, check, solve

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
        compare_highs(report, problem, plan, seconds - 2 * limit)


def compare_highs(report: Report, problem: Problem, plan: Plan, seconds: float) -> None:
    """Let HiGHS try: no plan of either may lie below the bound that the other proved."""
    rival = solve_by_highs(problem, seconds)
    took = write_seconds(rival.seconds)
    if rival.objective is None or rival.gap is None:
        report.say(f"HiGHS after {took}, limit {write_seconds(seconds)}", "no plan")
        return
    report.say(f"HiGHS after {took}: its own proved gap", write_share(max(0.0, rival.gap)))
    if plan.objective is None or plan.bound is None:
        return
    above = (rival.objective - plan.objective) / max(1, abs(plan.objective))
    report.say("HiGHS's plan costs more than ours by", write_share(above))
    rounding = 1e-6 * abs(plan.objective)
    if rival.objective < plan.bound or plan.objective < rival.bound - rounding:
        ours, theirs = (plan.bound, plan.objective), (rival.bound, rival.objective)
        report.wrong(f"a bound is crossed: ours {ours}, HiGHS {theirs}")


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
