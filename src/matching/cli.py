"""`matching solve` and `matching check`: the optimiser on its own, from file to file."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from matching.check import check
from matching.errors import MatchingError
from matching.files import hash_problem, read_problem
from matching.plan_files import read_plan, write_plan
from matching.problem import Problem
from matching.progress import Progress
from matching.proof import recount_bids, recount_bound
from matching.result import BoundBy, Plan, Status
from matching.solve import solve

#: Seconds before progress is told.
_GLANCE = 2.0
_EXIT = {Status.OPTIMAL: 0, Status.FEASIBLE: 0, Status.INFEASIBLE: 2, Status.UNKNOWN: 3}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        What stands after the program's name.

    Returns
    -------
    int
        0 a plan, or a valid one; 1 bad input, or violations; 2 infeasible; 3 out of time.
    """
    arguments = _parser().parse_args(argv)
    try:
        return _solve(arguments) if arguments.command == "solve" else _check(arguments)
    except MatchingError as error:
        _say(f"matching: {error}")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="matching", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    solve = commands.add_parser("solve", help="make a plan and prove it")
    solve.add_argument("problem", type=Path, help="problem.json, or a folder of Parquet tables")
    solve.add_argument("--out", type=Path, help="NAME.json, or a folder; without it: stdout")
    solve.add_argument("--time-limit", type=_seconds, metavar="SECONDS")
    solve.add_argument("--seed", type=_seed, default=0, help="draws among equal plans")
    solve.add_argument("--quiet", action="store_true", help="say nothing of how it went")
    recount = commands.add_parser("check", help="recount a plan and its proof")
    recount.add_argument("problem", type=Path)
    recount.add_argument("plan", type=Path)
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not seconds >= 0:
        raise argparse.ArgumentTypeError("must be seconds, 0 or more")
    return seconds


def _seed(text: str) -> int:
    seed = int(text)
    if seed < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return seed


def _solve(arguments: argparse.Namespace) -> int:
    logging.getLogger("matching").setLevel(logging.ERROR if arguments.quiet else logging.WARNING)
    begin = perf_counter()
    problem = read_problem(arguments.problem)
    digest = hash_problem(arguments.problem)
    read = perf_counter() - begin
    tell = None if arguments.quiet else _tell
    plan = solve(problem, seed=arguments.seed, time_limit=arguments.time_limit, progress=tell)
    plan = replace(plan, problem_sha256=digest, seconds={"read": round(read, 6), **plan.seconds})
    text = write_plan(plan, arguments.out)
    if text is not None:
        sys.stdout.write(text)
    if not arguments.quiet:
        _say(_summary(plan))
    return _EXIT[plan.status]


def _tell(progress: Progress) -> None:
    """Say how far a search is, once it takes longer than a glance."""
    if progress.seconds < _GLANCE:
        return
    best = "no plan yet" if progress.objective is None else f"objective {progress.objective}"
    bound = "no bound yet" if progress.bound is None else f"bound {progress.bound}"
    _say(f"{progress.seconds:.0f} s: {progress.stage}; {best}, {bound}")


def _summary(plan: Plan) -> str:
    if plan.objective is None:
        return f"{plan.status}: no plan"
    return (
        f"{plan.status}: {len(plan.matches.need)} met, {len(plan.unmet.need)} unmet, "
        f"objective {plan.objective}, bound {plan.bound}"
    )


def _check(arguments: argparse.Namespace) -> int:
    problem, plan = read_problem(arguments.problem), read_plan(arguments.plan)
    found = check(problem, plan)
    digest = hash_problem(arguments.problem)
    if plan.problem_sha256 not in {None, digest}:
        found.append("problem_sha256: the plan was made from other files")
    if plan.bound_by is BoundBy.SEARCH and not found:
        _say(_recounted(problem, plan))
    for violation in found:
        sys.stdout.write(violation + "\n")
    if not found:
        _say(f"valid: objective {plan.objective}, bound {plan.bound}")
    return 1 if found else 0


def _recounted(problem: Problem, plan: Plan) -> str:
    """Say how much of a searched bound the prices and bids prove by themselves."""
    bound, wrong = recount_bound(problem, plan)
    best = max([*([] if wrong else [bound]), recount_bids(problem, plan) or bound])
    if plan.bound is not None and best >= plan.bound:
        return f"the bound was recounted in full from the bids: {best}"
    return f"the bound was recounted only in part, to {best}: a search proved the rest"


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
