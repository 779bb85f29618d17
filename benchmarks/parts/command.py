"""The whole command, from Parquet tables to a plan's file, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from report import Part, Report, write_seconds
from rivals.cbc import solve_by_cbc
from rivals.flows import solve_bare_flow
from timing import take_rounds
from worlds.towns import Tables, make_tables

from matching import Problem

ABOVE_BARE_SECONDS = 1.5
SLOWER_THAN_US = 20
CBC_SECONDS = 80.0
ROUNDS_SECONDS = 25.0
_MAIN = "import sys; from matching.cli import main; sys.exit(main())"


def measure(report: Report, seconds: float, *, needs: int, supports: int) -> None:
    """Time `matching solve` and `matching check` from start to end."""
    tables = make_tables("near", needs, supports)
    problem = Problem.from_tables(tables)
    with tempfile.TemporaryDirectory() as name:
        folder, plan = Path(name, "problem"), Path(name, "plan")
        write_tables(folder, tables)
        _call("solve", folder, "--quiet")  # what is compiled is compiled before a clock runs
        timed = take_rounds(
            {
                "solve": lambda: _call("solve", folder, "--out", plan, "--quiet"),
                "check": lambda: _call("check", folder, plan),
                "bare": lambda: solve_bare_flow(problem),
            },
            seconds=min(seconds, ROUNDS_SECONDS),
        )
        objective = json.loads((plan / "plan.json").read_text())["objective"]
    bare, whole = timed["bare"].median, timed["solve"].median
    report.say("bare flow", write_seconds(bare))
    asked = bare + ABOVE_BARE_SECONDS
    report.limit("matching solve, whole process, Parquet", whole, asked, write_seconds)
    report.say("matching check, whole process", write_seconds(timed["check"].median))
    report.same("against the bare flow", objective, timed["bare"].result)
    if needs > 2_000:
        cbc = compare_cbc(report, problem, CBC_SECONDS, objective, bare)
        times = cbc / whole
        if not cbc:
            return
        report.fact(
            "PuLP + CBC against the whole process",
            is_so=times >= SLOWER_THAN_US,
            seen=f"{times:.0f} × as long",
            asked=f"≥ {SLOWER_THAN_US} ×",
        )


def compare_cbc(
    report: Report, problem: Problem, seconds: float, objective: int, bare: float
) -> float:
    """Give CBC's seconds of one run; 0 where it could not be tried."""
    cbc = solve_by_cbc(problem, seconds)
    if isinstance(cbc, str):
        report.say("PuLP + CBC", cbc)
        return 0.0
    report.ratio("PuLP + CBC, build + solve, one run", cbc.seconds, bare)
    report.same("against PuLP + CBC", objective, cbc.objective)
    return cbc.seconds


def write_tables(folder: Path, tables: Tables) -> None:
    """Write a problem as a folder of Parquet tables."""
    folder.mkdir()
    Path(folder, "problem.json").write_text('{"format": "matching-problem/1"}')
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")


def _call(*words: str | Path) -> None:
    command = [sys.executable, "-c", _MAIN, *map(str, words)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # our own command


PARTS = [
    Part(
        "command",
        f"matching solve and check on files, {needs:,} × {supports:,}",
        partial(measure, needs=needs, supports=supports),
        seconds,
        in_quick=in_quick,
    )
    for needs, supports, seconds, in_quick in [(2_000, 400, 8, True), (20_000, 4_000, 110, False)]
]
