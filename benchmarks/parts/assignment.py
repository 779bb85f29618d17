"""Generalised assignment, classes C, D and E: unequal places, every job must go somewhere."""

from __future__ import annotations

from functools import partial
from time import perf_counter

from parts.sides import compare_highs
from report import Part, Report, write_seconds, write_share
from worlds.classes import make_assignment

from matching import Problem, check, solve

LIMIT_SECONDS = 60.0
ASKED_GAP = 0.003
#: Agents and jobs of the published sets.
SIZES = [
    *((agents, jobs) for jobs in (100, 200) for agents in (5, 10, 20)),
    *((agents, 400) for agents in (10, 20, 40)),
    *((agents, 900) for agents in (15, 30, 60)),
    *((agents, 1_600) for agents in (20, 40, 80)),
]
SAMPLE = [("C", 20, 200), ("D", 5, 100), ("D", 20, 400), ("E", 20, 200)]
QUICK_LIMIT_SECONDS = 5.0


def measure(report: Report, seconds: float, *, kind: str, agents: int, jobs: int) -> None:
    """Solve one instance under the limit."""
    limit = min(LIMIT_SECONDS, seconds)
    problem = Problem.from_tables(make_assignment(kind, agents, jobs))
    begin = perf_counter()
    plan = solve(problem, seed=1, time_limit=limit)
    took = perf_counter() - begin
    if plan.gap is None:
        asked = f"≤ {write_share(ASKED_GAP)}"
        report.fact("proved gap", is_so=False, seen=plan.status, asked=asked)
        return
    report.limit(f"proved gap after {write_seconds(took)}", plan.gap, ASKED_GAP, write_share)
    report.say("objective and bound", f"{plan.objective:,} ≥ {plan.bound:,}, {plan.status}")
    report.valid(check(problem, plan))
    if limit < LIMIT_SECONDS:
        compare_highs(report, problem, plan, limit)


def _part(name: str, kind: str, agents: int, jobs: int, *, only_by_name: bool = False) -> Part:
    return Part(
        name,
        f"class {kind}, {agents} agents × {jobs:,} jobs",
        partial(measure, kind=kind, agents=agents, jobs=jobs),
        LIMIT_SECONDS,
        only_by_name=only_by_name,
    )


PARTS = [
    Part(
        "assignment",
        "class C, 5 agents × 100 jobs",
        partial(measure, kind="C", agents=5, jobs=100),
        QUICK_LIMIT_SECONDS,
        in_quick=True,
    ),
    *(_part("assignment", *one) for one in SAMPLE),
    *(
        _part("assignment-all", kind, agents, jobs, only_by_name=True)
        for kind in "CDE"
        for agents, jobs in SIZES
    ),
]
