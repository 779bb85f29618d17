"""Arrays to plan with proof, prices and reasons, against the bare flow on the same pairs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from parts.command import compare_cbc
from report import Part, Report, write_gigabytes, write_seconds, write_share
from rivals.flows import (
    best_saving_first,
    first_come_first_served,
    solve_bare_flow,
    solve_linear_program,
)
from timing import Timed, take_rounds
from worlds.towns import Tables, make_tables

from matching import Problem, check, solve

MILLION = 1_000_000
MEMORY_BYTES = 6e9


def measure(
    report: Report, seconds: float, *, kind: str, needs: int, supports: int, asked: float | None
) -> None:
    """Time one world, each round ours and the bare flow in turn."""
    warm_up()
    tables = make_tables(kind, needs, supports)
    timed, problem = time_both(tables, seconds)
    bare = timed["bare"].median
    rounds = len(timed["bare"].seconds)
    pairs = len(problem.pair_need)
    report.say(f"bare flow, {pairs:,} pairs", f"{write_seconds(bare)}  median of {rounds}")
    ours = timed["solve"].median
    report.ratio("checked arrays to plan, proof, prices, reasons", ours, bare, asked=asked)
    whole = timed["read"].median + ours
    report.ratio("the same with reading and checking the tables", whole, bare, asked=asked)
    stages = timed["solve"].result.seconds
    report.say("of it", ", ".join(f"{n} {write_seconds(s)}" for n, s in stages.items()))
    report.same("against the bare flow", timed["solve"].result.objective, timed["bare"].result)
    report.valid(check(problem, timed["solve"].result))
    if kind == "near":
        report.point(needs, ours, bare)
    if needs >= MILLION:
        peak = timed["solve"].first_peak_bytes
        report.limit(
            "the most memory held, tables and problem within", peak, MEMORY_BYTES, write_gigabytes
        )


def warm_up() -> None:
    """Let what is compiled be compiled before a clock runs."""
    solve(Problem.from_tables(make_tables("near", 300, 60)))


def time_both(tables: Tables, seconds: float) -> tuple[dict[str, Timed], Problem]:
    """Read, solve, and solve bare, in turn."""
    problem = Problem.from_tables(tables)
    timed = take_rounds(
        {
            "read": lambda: Problem.from_tables(tables),
            "solve": lambda: solve(problem, seed=1),
            "bare": lambda: solve_bare_flow(problem),
        },
        seconds=seconds,
    )
    return timed, problem


def compare_rivals(report: Report, seconds: float, *, needs: int, supports: int) -> None:
    """Time other solvers, and what rules of thumb lose."""
    warm_up()
    timed, problem = time_both(make_tables("near", needs, supports), seconds / 6)
    bare, plan = timed["bare"].median, timed["solve"].result
    report.say("bare flow", write_seconds(bare))
    whole = timed["read"].median + timed["solve"].median
    report.ratio("ours, tables to plan", whole, bare)
    report.same("against the bare flow", plan.objective, timed["bare"].result)
    if needs <= 2_000:
        linear = take_rounds({"lp": lambda: solve_linear_program(problem)}, seconds=seconds / 6)
        report.ratio("scipy linprog (HiGHS), build + solve", linear["lp"].median, bare)
        report.same("against linprog", plan.objective, linear["lp"].result)
        compare_cbc(report, problem, seconds / 2, plan.objective, bare)
    nothing = int(problem.unmet_cost.sum())
    _say_loss(report, "best saving first", best_saving_first, problem, (plan.objective, nothing))
    _say_loss(
        report, "first come, first served", first_come_first_served, problem,
        (plan.objective, nothing),
    )  # fmt: skip


def _say_loss(
    report: Report,
    name: str,
    rule: Callable[[Problem], int],
    problem: Problem,
    between: tuple[int, int],
) -> None:
    best, nothing = between
    lost = (rule(problem) - best) / (nothing - best)
    report.say(f"{name}: of the saving it loses", write_share(lost))


def _part(
    name: str,
    kind: str,
    needs: int,
    supports: int,
    asked: float | None,
    *,
    seconds: float,
    in_quick: bool = False,
) -> Part:
    return Part(
        name,
        f"{needs:,} needs × {supports:,} supports, {kind}",
        partial(measure, kind=kind, needs=needs, supports=supports, asked=asked),
        seconds,
        in_quick=in_quick,
    )


PARTS = [
    _part("flow-2k", "near", 2_000, 400, None, seconds=5, in_quick=True),
    _part("flow-20k", "near", 20_000, 4_000, 1.0, seconds=20, in_quick=True),
    _part("flow-200k", "near", 200_000, 20_000, 0.6, seconds=110),
    _part("flow-1m", "near", 1_000_000, 100_000, 0.6, seconds=150),
    _part("flow-20k-wide", "wide", 20_000, 4_000, None, seconds=20),
    _part("flow-20k-equal", "equal", 20_000, 4_000, None, seconds=20),
    Part(
        "rivals",
        "other solvers and rules of thumb, 2,000 × 400",
        partial(compare_rivals, needs=2_000, supports=400),
        30,
        in_quick=True,
    ),
    Part(
        "rivals",
        "other solvers and rules of thumb, 20,000 × 4,000",
        partial(compare_rivals, needs=20_000, supports=4_000),
        40,
    ),
]
