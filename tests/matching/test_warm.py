"""What is compiled at set-up is all that a plan and its repairs need."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from matching import compiled
from matching.warm import warm


def test_it_compiles_and_proves_itself() -> None:
    warm()


def test_the_package_works_where_nothing_can_be_kept(tmp_path: Path) -> None:
    """Compiled files go beside the source or in a home; here neither takes any."""
    package = tmp_path / "matching"
    shutil.copytree(
        Path(compiled.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__")
    )
    for folder in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        (folder / "__pycache__").touch()
    nowhere = str(tmp_path / "matching" / "__init__.py" / "home")
    subprocess.run(
        [sys.executable, "-c", "import matching.warm"],
        check=True,
        env={"PYTHONPATH": str(tmp_path), "HOME": nowhere, "XDG_CACHE_HOME": nowhere},
    )


def test_slow_compiling_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("matching.compiled._said", compiled.threading.Event())
    with caplog.at_level(logging.WARNING, logger="matching"):
        compiled._say_that_it_compiles()
        compiled._say_that_it_compiles()
    assert len(caplog.messages) == 1


def test_without_a_folder_to_write_to_it_compiles_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    njit = compiled.numba.njit

    def refuse_caches(*functions: object, **options: object) -> object:
        asked.append(options.get("cache"))
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return njit(*functions, **options)

    monkeypatch.setattr("matching.compiled.numba", SimpleNamespace(njit=refuse_caches))
    assert compiled.compiled(_double)(4) == 8
    assert asked == [True, None]


def _double(number: int) -> int:
    return 2 * number
