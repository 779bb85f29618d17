"""Every rule of the format has an example, which solves and checks as its README says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from matching.cli import main
from matching.tables import COLUMNS

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = sorted(path for path in (ROOT / "examples" / "matching").iterdir() if path.is_dir())
EXIT = {"optimal": 0, "bad input": 1, "infeasible": 2}


def problem_of(folder: Path) -> Path:
    return folder if list(folder.glob("*.parquet")) else folder / "problem.json"


def expected(folder: Path) -> tuple[str, str]:
    """Read what comes out, and its details, from the last line of the README."""
    last = (folder / "README.md").read_text(encoding="utf-8").splitlines()[-1]
    found = re.match(r"(optimal|infeasible|bad input), (.+?): ", last)
    assert found, last
    return found[1], found[2]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_example_solves_and_checks_as_it_says(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, details = expected(folder)
    out = tmp_path / "plan.json"
    assert main(["solve", str(problem_of(folder)), "--out", str(out), "--quiet"]) == EXIT[status]
    if status == "bad input":
        assert f"{problem_of(folder)}, {details}: " in capsys.readouterr().err
        assert not out.exists()
        return
    plan = json.loads(out.read_text(encoding="utf-8"))
    assert plan["status"] == status
    if status == "optimal":
        assert f"{plan['objective']} pence" == details
        assert plan["bound"] == plan["objective"]
    else:
        facts = [f"{fact['table']} {fact['id']}" for fact in plan["conflict"]]
        assert " + ".join(facts) == details
    assert main(["check", str(problem_of(folder)), str(out)]) == 0


def test_every_example_is_listed_with_what_comes_out() -> None:
    page = (ROOT / "docs" / "matching.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([a-z-]+)` \| .+ \| (.+) \|$", page, re.MULTILINE))
    for folder in FOLDERS:
        status, details = expected(folder)
        assert listed.get(folder.name) == f"{status}, {details}", folder.name


def test_every_table_and_column_of_the_format_has_an_example() -> None:
    seen = set()
    for folder in FOLDERS:
        if expected(folder)[0] == "bad input" or problem_of(folder) == folder:
            continue
        problem = json.loads((folder / "problem.json").read_text(encoding="utf-8"))
        for table in COLUMNS.keys() & problem.keys():
            seen |= {(table, column) for row in problem[table] for column in row}
    in_parquet = {("supports", "provider"), ("providers", "id"), ("providers", "places")}
    wanted = {(table, column) for table, columns in COLUMNS.items() for column in columns}
    assert wanted - seen - in_parquet == set()
