"""The programs of `make chaos` are scripts: their folders are put on the path."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
for folder in ("benchmarks", "resilience", "tests/exchange"):
    sys.path.insert(0, str(ROOT / folder))
