"""Medians of rounds, all methods in turn, and the most memory a process held in each."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

ROUNDS = 5


@dataclass
class Timed:
    """How long a step took in each round, and what it gave in the last."""

    seconds: list[float] = field(default_factory=list)
    result: Any = None
    first_peak_bytes: int = 0

    @property
    def median(self) -> float:
        """Seconds."""
        return median(self.seconds)


def take_rounds(
    steps: Mapping[str, Callable[[], Any]], *, seconds: float, most: int = ROUNDS
) -> dict[str, Timed]:
    """Run all steps in turn, five times, or as often as fits in the seconds, once at least."""
    begin = perf_counter()
    timed = {name: Timed() for name in steps}
    for number in range(1, most + 1):
        for name, step in steps.items():
            _time(timed[name], step)
        spent = perf_counter() - begin
        if spent * (number + 1) / number > seconds:
            break
    return timed


def _time(timed: Timed, step: Callable[[], Any]) -> None:
    timed.result = None
    gc.collect()
    forget_peak()
    begin = perf_counter()
    timed.result = step()
    timed.seconds.append(perf_counter() - begin)
    if len(timed.seconds) == 1:
        timed.first_peak_bytes = peak_bytes()


def forget_peak() -> None:
    """Begin anew to note the most memory held, where the system can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_bytes() -> int:
    """The most memory this process has held since `forget_peak`, what stood before within."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024
