"""What a benchmark says: the machine, and each figure beside what was asked of it."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import Queue
from pathlib import Path

PACKAGES = ("ortools", "numpy", "scipy", "numba", "pyarrow")
LABEL_WIDTH = 58


@dataclass(frozen=True)
class Row:
    """A figure, what was asked of it (empty: nothing), and whether it was reached."""

    label: str
    seen: str
    asked: str = ""
    reached: bool | None = None

    def __str__(self) -> str:
        line = f"  {self.label:<{LABEL_WIDTH}} {self.seen}"
        if not self.asked:
            return line
        verdict = {True: "reached", False: "NOT REACHED", None: ""}[self.reached]
        return f"{line:<90} asked {self.asked:<18} {verdict}".rstrip()


@dataclass(frozen=True)
class Point:
    """A size and the seconds it took, for the plot."""

    needs: int
    ours: float
    bare: float


@dataclass(frozen=True)
class Wrong:
    """Two exact methods disagree, or a plan is not valid: the whole run has failed."""

    text: str


@dataclass(frozen=True)
class Part:
    """One measurement, run in a process of its own.

    `measure(report, seconds)` should stop by itself after `seconds`; after twice that and half a
    minute it is ended.
    """

    name: str
    title: str
    measure: Callable[[Report, float], None]
    seconds: float
    in_quick: bool = False
    only_by_name: bool = False


class Report:
    """Where a part's process says what it saw."""

    def __init__(self, queue: Queue[Row | Point | Wrong]) -> None:
        self._queue = queue

    def say(self, label: str, seen: str) -> None:
        """Tell a figure nobody asked a limit of."""
        self._queue.put(Row(label, seen))

    def ratio(self, label: str, seconds: float, unit: float, *, asked: float | None = None) -> None:
        """Tell a time in units of the bare flow's."""
        seen = f"{write_seconds(seconds)}  {seconds / unit:.2f} ×"
        if asked is None:
            self.say(label, seen)
        else:
            self._queue.put(Row(label, seen, f"≤ {asked:g} ×", seconds / unit <= asked))

    def limit(self, label: str, seen: float, asked: float, write: Callable[[float], str]) -> None:
        """Tell a figure that may be so large at most."""
        self._queue.put(Row(label, write(seen), f"≤ {write(asked)}", seen <= asked))

    def fact(self, label: str, *, is_so: bool, seen: str, asked: str) -> None:
        """Tell whether something asked for is so."""
        self._queue.put(Row(label, seen, asked, is_so))

    def point(self, needs: int, ours: float, bare: float) -> None:
        """Give the plot a point."""
        self._queue.put(Point(needs, ours, bare))

    def same(self, label: str, ours: int | None, theirs: int | None) -> None:
        """Hold two exact optima against each other; the run fails where they differ."""
        if ours == theirs:
            self.say(label, f"the same optimum, {ours}")
        else:
            self.wrong(f"{label}: ours {ours}, theirs {theirs}")

    def wrong(self, text: str) -> None:
        """Tell what makes the whole run a failure."""
        self._queue.put(Wrong(text))

    def valid(self, violations: list[str]) -> None:
        """Hold a plan against the checker that knows no solver."""
        if violations:
            self.wrong(f"matching.check: {violations[0]} (of {len(violations)})")
        else:
            self.say("matching.check recounts plan and bound", "valid")


def describe_machine() -> str:
    """Say what all this was measured on."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{_processor()}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, "
        f"load {os.getloadavg()[0]:.1f} before it began, "
        f"{platform.system()}, Python {platform.python_version()}, {packages}"
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def write_seconds(seconds: float) -> str:
    """Write a time as a person would."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1000:.3g} ms" if seconds < 0.1 else f"{seconds:.2f} s"


def write_share(share: float) -> str:
    """Write a gap in percent, with enough digits to tell it from nothing."""
    return f"{100 * share:.4g} %" if abs(share) > 1e-9 else "0 %"


def write_gigabytes(size: float) -> str:
    """Write a memory."""
    return f"{size / 1e9:.1f} GB"
