"""From file to file, with the exit codes of the format."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from matching_worlds import Tables, four_families_three_supports

from matching import BadInput, compiled, hash_problem, read_plan, read_problem
from matching.cli import main


def rows_of(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def write_json(path: Path, tables: Tables, **top: Any) -> Path:
    rows = {name: rows_of(columns) for name, columns in tables.items()}
    path.write_text(json.dumps({"format": "matching-problem/1", **rows, **top}))
    return path


def write_folder(path: Path, tables: Tables) -> Path:
    path.mkdir()
    (path / "problem.json").write_text('{"format": "matching-problem/1", "stability_cost": 3}')
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), path / f"{name}.parquet")
    return path


@pytest.fixture
def problem(tmp_path: Path) -> Path:
    return write_json(tmp_path / "problem.json", four_families_three_supports())


def test_a_plan_is_written_read_and_checked(problem: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    assert main(["solve", str(problem), "--out", str(out), "--seed", "7"]) == 0
    assert main(["check", str(problem), str(out)]) == 0
    plan = json.loads(out.read_text())
    assert plan["format"] == "matching-plan/1"
    assert (plan["status"], plan["objective"], plan["bound"], plan["gap"]) == (
        "optimal", 280, 280, 0.0
    )  # fmt: skip
    assert (plan["bound_by"], plan["seed"]) == ("prices", 7)
    assert plan["problem_sha256"] == hashlib.sha256(problem.read_bytes()).hexdigest()
    assert plan["matches"][0].items() >= {"need": "ann", "support": "club", "cost": 50}.items()
    assert set(plan["seconds"]) == {"read", "build", "solve", "prove", "explain", "write"}


def test_a_folder_in_and_a_folder_out(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in", four_families_three_supports())
    out = tmp_path / "plan"
    assert main(["solve", str(folder), "--out", str(out), "--quiet"]) == 0
    assert main(["check", str(folder), str(out)]) == 0
    assert pq.read_table(out / "matches.parquet").column("need").to_pylist()[0] == "ann"
    lines = sorted(
        f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n"
        for file in folder.iterdir()
    )
    assert read_plan(out).problem_sha256 == hash_problem(folder)
    assert hash_problem(folder) == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_without_out_the_plan_goes_to_stdout(
    problem: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["solve", str(problem), "--quiet"]) == 0
    output = capsys.readouterr()
    assert json.loads(output.out)["objective"] == 280
    assert output.err == ""


@pytest.mark.parametrize(("words", "heard"), [([], 1), (["--quiet"], 0)])
def test_quiet_also_silences_the_compiler(
    problem: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    words: list[str],
    heard: int,
) -> None:
    monkeypatch.setattr("matching.compiled._said", threading.Event())
    main(["solve", str(problem), *words])
    compiled._say_that_it_compiles()
    assert len(caplog.messages) == heard


def test_both_forms_say_the_same(problem: Path, tmp_path: Path) -> None:
    folder = read_problem(write_folder(tmp_path / "in", four_families_three_supports()))
    file = read_problem(problem)
    assert folder.stability_cost == 3
    assert folder.need_ids.tolist() == file.need_ids.tolist()
    assert folder.pair_cost.tolist() == file.pair_cost.tolist()


def test_bad_input_is_told_and_nothing_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = four_families_three_supports()
    tables["supports"]["places"][1] = -2
    file = write_json(tmp_path / "bad.json", tables)
    out = tmp_path / "plan.json"
    assert main(["solve", str(file), "--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert f"{file}, table supports, row 2, column places: is -2" in said
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not JSON"),
        ("[]", "must be an object"),
        ("{}", "column format"),
        ('{"format": "matching-problem/2"}', "column format"),
        ('{"format": "matching-problem/1", "needs": {}}', "table needs: must be a list"),
        ('{"format": "matching-problem/1", "needs": [3]}', "table needs, row 1"),
        ('{"format": "matching-problem/1", "needs": [{"id": "a"}]}', "column unmet_cost"),
        ('{"format": "matching-problem/1", "needs": [{"idd": 1}]}', "column idd"),
        ('{"format": "matching-problem/1", "folk": []}', "table folk"),
        ('{"format": "matching-problem/1", "needs": [], "needs": []}', "'needs' stands twice"),
        ('{"format": "matching-problem/1", "stability_cost": NaN}', "column stability_cost"),
        ('{"format": "matching-problem/1", "stability_cost": "1"}', "column stability_cost"),
    ],
)
def test_a_file_that_is_no_problem_is_told_why(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "problem.json"
    file.write_text(text)
    with pytest.raises(BadInput, match=r"problem\.json") as caught:
        read_problem(file)
    assert says in str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", str(tmp_path / "none.json")]) == 1
    assert "none.json: cannot be read" in capsys.readouterr().err


def test_a_folder_with_a_strange_table_is_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "in", {**four_families_three_supports(), "folk": {"a": [1]}})
    with pytest.raises(BadInput, match="table folk"):
        read_problem(folder)


def test_infeasible_and_out_of_time_have_codes_of_their_own(problem: Path, tmp_path: Path) -> None:
    tables = four_families_three_supports()
    tables["needs"]["unmet_cost"][0] = None
    tables["supports"]["places"] = [0, 0, 0]
    file = write_json(tmp_path / "hard.json", tables)
    out = tmp_path / "plan.json"
    assert main(["solve", str(file), "--out", str(out)]) == 2
    plan = json.loads(out.read_text())
    assert (plan["status"], plan["matches"], plan["objective"]) == ("infeasible", [], None)
    assert main(["check", str(file), str(out)]) == 0
    assert main(["solve", str(problem), "--out", str(out), "--time-limit", "0"]) == 3
    assert json.loads(out.read_text())["status"] == "unknown"


def test_a_spoilt_plan_is_found_out(
    problem: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "plan.json"
    main(["solve", str(problem), "--out", str(out)])
    plan = json.loads(out.read_text())
    out.write_text(json.dumps({**plan, "objective": 1, "problem_sha256": "0"}))
    capsys.readouterr()
    assert main(["check", str(problem), str(out)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert any(line.startswith("objective") for line in said)
    assert any(line.startswith("problem_sha256") for line in said)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": "x"}, "column format"),
        ({"status": "splendid"}, "splendid"),
        ({"objective": 1.5}, "column objective"),
        ({"matches": {}}, "table matches"),
        ({"matches": [{"need": "ann", "support": "club", "cost": "x"}]}, "column cost"),
        ({"matches": [{"need": "ann", "cost": 1}]}, "column support"),
    ],
)
def test_a_file_that_is_no_plan_is_told_why(
    problem: Path, tmp_path: Path, change: dict[str, Any], says: str
) -> None:
    out = tmp_path / "plan.json"
    main(["solve", str(problem), "--out", str(out), "--quiet"])
    out.write_text(json.dumps({**json.loads(out.read_text()), **change}))
    with pytest.raises(BadInput) as caught:
        read_plan(out)
    assert says in str(caught.value)
