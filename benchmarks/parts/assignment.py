"""Generalised assignment, classes C, D and E: unequal places, every job must go somewhere."""

from __future__ import annotations

from functools import partial
from statistics import mean
from time import perf_counter

from parts.sides import compare_highs
from report import Part, Report, write_seconds, write_share
from worlds.classes import make_assignment

from matching import Plan, Problem, check, solve

LIMIT_SECONDS = 60.0
ASKED_GAP = 0.003
#: Agents and jobs of the published sets.
SIZES = [
    *((agents, jobs) for jobs in (100, 200) for agents in (5, 10, 20)),
    *((agents, 400) for agents in (10, 20, 40)),
    *((agents, 900) for agents in (15, 30, 60)),
    *((agents, 1_600) for agents in (20, 40, 80)),
]
KINDS = "CDE"
SAMPLE = [("C", 20, 200), ("D", 5, 100), ("D", 20, 400), ("E", 20, 200)]
QUICK_LIMIT_SECONDS = 5.0


def measure(report: Report, seconds: float, *, kind: str, agents: int, jobs: int) -> None:
    """Solve one instance under the limit."""
    limit = min(LIMIT_SECONDS, seconds)
    problem = Problem.from_tables(make_assignment(kind, agents, jobs))
    plan = solve_one(report, problem, limit, "proved gap")
    if limit < LIMIT_SECONDS and plan.gap is not None:
        compare_highs(report, problem, plan, limit)


def measure_all(report: Report, seconds: float) -> None:
    """Solve every size of every class, and sum up."""
    gaps: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for kind in KINDS:
        for agents, jobs in SIZES:
            problem = Problem.from_tables(make_assignment(kind, agents, jobs))
            name = f"{kind}, {agents} × {jobs:,}: proved gap"
            plan = solve_one(report, problem, min(LIMIT_SECONDS, seconds), name)
            gaps[kind].append(float("inf") if plan.gap is None else plan.gap)
    for kind, seen in gaps.items():
        report.say(f"class {kind}: mean proved gap", write_share(mean(seen)))
        report.say(f"class {kind}: worst proved gap", write_share(max(seen)))
    everything = [gap for seen in gaps.values() for gap in seen]
    report.say("all: mean proved gap", write_share(mean(everything)))
    report.limit("all: worst proved gap", max(everything), ASKED_GAP, write_share)


def solve_one(report: Report, problem: Problem, limit: float, name: str) -> Plan:
    """Solve, tell the gap beside what was asked, and hold the plan against the checker."""
    begin = perf_counter()
    plan = solve(problem, seed=1, time_limit=limit)
    took = perf_counter() - begin
    if plan.gap is None:
        asked = f"≤ {write_share(ASKED_GAP)}"
        report.fact(name, is_so=False, seen=plan.status, asked=asked)
        return plan
    report.limit(f"{name} after {write_seconds(took)}", plan.gap, ASKED_GAP, write_share)
    report.say("objective and bound", f"{plan.objective:,} ≥ {plan.bound:,}, {plan.status}")
    report.valid(check(problem, plan))
    return plan


def _part(kind: str, agents: int, jobs: int) -> Part:
    return Part(
        "assignment",
        f"class {kind}, {agents} agents × {jobs:,} jobs",
        partial(measure, kind=kind, agents=agents, jobs=jobs),
        LIMIT_SECONDS,
    )


PARTS = [
    Part(
        "assignment",
        "class C, 5 agents × 100 jobs",
        partial(measure, kind="C", agents=5, jobs=100),
        QUICK_LIMIT_SECONDS,
        in_quick=True,
    ),
    *(_part(*one) for one in SAMPLE),
    Part(
        "assignment-all",
        f"classes C, D and E, {len(KINDS) * len(SIZES)} instances",
        measure_all,
        len(KINDS) * len(SIZES) * LIMIT_SECONDS,
        only_by_name=True,
    ),
]
