"""docs/security.md names tests: each must exist, or the promise stands on nothing."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"`(tests/[\w/.-]+\.(?:py|txt))(?:::(\w+))?`")


def named_tests(text: str) -> list[tuple[str, str]]:
    return NAMED.findall(text)


def missing_tests(text: str) -> list[str]:
    """What is named and not there."""
    missing = []
    for path, name in named_tests(text):
        file = ROOT / path
        if not file.exists() or (name and f"def {name}(" not in file.read_text(encoding="utf-8")):
            missing.append(f"{path}::{name}" if name else path)
    return missing


def lines_without_test(text: str) -> list[str]:
    """Rows of a chapter that say `met` and name no test."""
    rows = [line for line in text.splitlines() if line.startswith("| ") and "| met |" in line]
    return [row for row in rows if not NAMED.search(row)]
