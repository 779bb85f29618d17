"""What a program says in the end: each figure beside what was asked of it, and one last line."""

from __future__ import annotations

import os
import sys
import time


class Verdict:
    def __init__(self, name: str) -> None:
        self.name, self.begin = name, time.monotonic()
        self.rows: list[tuple[bool, str]] = []

    def say(self, label: str, seen: str) -> None:
        print(f"  {label:<62} {seen}", flush=True)

    def fact(self, label: str, *, is_so: bool, seen: str, asked: str) -> None:
        """`asked`: what was promised; the load of the machine stands beside every figure."""
        self.rows.append((is_so, f"{label}: {seen}"))
        mark = "reached" if is_so else "NOT REACHED"
        self.say(label, f"{seen:<34} asked {asked:<22} {mark}  (load {os.getloadavg()[0]:.1f})")

    def close(self) -> None:
        """The last line; ends the program with 1 if anything asked was not reached."""
        missed = [row for reached, row in self.rows if not reached]
        minutes = (time.monotonic() - self.begin) / 60
        word = "FAILED" if missed or not self.rows else "PASSED"
        told = "; ".join(row if is_so else f"NOT REACHED {row}" for is_so, row in self.rows)
        print(f"{self.name} {word} in {minutes:.1f} min: {told}", flush=True)
        sys.exit(word == "FAILED")
