"""Everything that may break, broken: seeded, within half an hour, its verdict the last line.

chaos.py [PART …] [--seed S] [--scale F]     `--scale 0.1`: a tenth of everything

A part that hits its time stops there and says how far it came. LONG=1: each takes what it needs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import kills
import mail
import moods
import outage
import places
import restore
from verdict import Verdict

ROOT = Path(__file__).parents[1]
# Together with what lies between them a little less than half an hour on two cores.
SECONDS = {"kills": 660, "pairs": 110, "places": 240, "mail": 360}


def tell_pairs(verdict: Verdict, *, seconds: float) -> None:
    """All pairs, in as many orders of up to two interruptions as the time allows."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/resilience/test_interleavings.py"],
        cwd=ROOT,
        env=os.environ | {"INTERRUPTIONS": "2", "PAIRS_SECONDS": f"{seconds:.0f}"},
        capture_output=True,
        text=True,
        check=False,
    )
    last = (done.stdout.strip().splitlines() or ["nothing was said"])[-1]
    verdict.fact(
        "every two operations, interleaved", is_so=not done.returncode, seen=last, asked="green"
    )


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("parts", nargs="*")
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--scale", type=float, default=1.0)
    given = reader.parse_args()
    verdict, seed = Verdict("chaos"), given.seed

    is_long = os.environ.get("LONG") == "1"

    def of(number: int) -> int:
        return max(1, int(number * given.scale))

    def seconds(part: str) -> float:
        return 4 * 3600 if is_long else max(120, SECONDS[part] * given.scale)

    parts: dict[str, Callable[[], None]] = {
        "kills": lambda: kills.tell(
            verdict, families=of(21_100), kills=max(2, of(10)), seconds=seconds("kills"), seed=seed
        ),
        "pairs": lambda: tell_pairs(verdict, seconds=SECONDS["pairs"] * (10 if is_long else 1)),
        "places": lambda: places.tell(
            verdict, attempts=of(1_000_000), seconds=seconds("places"), seed=seed
        ),
        "mail": lambda: mail.tell(
            verdict, messages=of(50_000), kills=max(2, of(10)), seconds=seconds("mail"), seed=seed
        ),
        "moods": lambda: moods.tell(verdict, messages=20, seed=seed),
        "gone": lambda: outage.tell_gone(verdict, seed=seed),
        "rolling": lambda: outage.tell_rolling(verdict, families=of(1_000), seed=seed),
        "restore": lambda: restore.tell(verdict, seed=seed),
    }
    print(f"seed {seed}, scale {given.scale:g}", flush=True)
    for name in given.parts or parts:
        print(name, flush=True)
        try:
            parts[name]()
        except (OSError, TimeoutError, subprocess.SubprocessError) as error:
            verdict.fact(name, is_so=False, seen=f"{type(error).__name__}: {error}", asked="to end")
    verdict.close()


if __name__ == "__main__":
    main()
