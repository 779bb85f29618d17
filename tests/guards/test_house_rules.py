"""Rules of the house that no linter knows."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_LINES = 400
WRITTEN = ("src", "tests", "benchmarks", "templates", "migrations", "scripts", "examples")
ENDINGS = {".py", ".html", ".txt", ".scss"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError")


def written_files() -> list[Path]:
    found = [path for folder in WRITTEN for path in (ROOT / folder).rglob("*")]
    skipped = {"built", "__pycache__", "node_modules"}
    return [
        path
        for path in found
        if path.suffix in ENDINGS
        and path.is_file()
        and not skipped & set(path.parts)
        # The other solvers that the benchmarks bring for themselves.
        and ".rivals" not in path.parts
    ]


def test_no_file_grows_past_four_hundred_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in written_files()
        if (lines := len(path.read_text("utf-8").splitlines())) > MOST_LINES
        and path.name != "routes.txt"
    }
    assert long == {}, "split these by idea"


def test_nothing_is_left_for_later() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in written_files()
        if path != Path(__file__) and path.suffix == ".py"
        for line in path.read_text("utf-8").splitlines()
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_every_ignored_warning_gives_its_reason() -> None:
    bare = re.compile(
        r"#\s*(noqa|type: ignore)(:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*|\[[\w-]+(,\s*[\w-]+)*\])?\s*$"
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in written_files()
        if path.suffix == ".py" and "tests" not in path.parts
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if ("noqa" in line or "type: ignore" in line) and bare.search(line)
    ]
    assert found == [], "say why beside the ignore"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_carry_hashes_and_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert "://" not in text
    pinned = re.findall(r"^[\w.\[\]-]+==", text, re.MULTILINE)
    assert len(pinned) <= text.count("--hash=sha256:")
    assert len(pinned) > 50


def test_the_makefile_explains_itself() -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for command in ("setup", "demo", "serve", "worker", "test", "lint", "bench"):
        assert re.search(rf"^{command}\s", told.stdout, re.MULTILINE), command
