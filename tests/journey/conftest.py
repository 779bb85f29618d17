"""The small world of the page tests, at the stage where only the directory stands."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
