"""What the documents show runs, and gives what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest


def test_the_page_on_matching_runs() -> None:
    page = Path(__file__).parents[2] / "docs" / "matching.md"
    found = doctest.testfile(str(page), module_relative=False)
    assert found.attempted > 3
    assert found.failed == 0


@pytest.mark.parametrize("name", ["circumstances", "solve", "state", "suitability"])
def test_the_examples_in_the_code_run(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"matching.{name}"))
    assert found.attempted > 0
    assert found.failed == 0
