"""Solves a programme here where it is small, else in a child process that is ended on time."""

from __future__ import annotations

import ctypes
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matching.sides.child import run
from matching.tables import Ints

_CHILD = Path(__file__).with_name("child.py")
#: Up to so many free columns HiGHS has not been seen to overrun by much.
_SMALL = 3_000
#: As many of a linear programme, which is quicker than starting a process.
_SMALL_LINEAR = 12_000
#: What starting a child and reading its answer costs, seconds.
START = 0.8


def is_small(least: Ints) -> bool:
    """Say whether so few columns are free that the programme is solved here."""
    return int((least == 0).sum()) <= _SMALL


def run_bounded(job: dict[str, Any], seconds: float | None) -> dict[str, Any] | None:
    """Run a job of `child.run`.

    Parameters
    ----------
    job : dict
    seconds : float, optional

    Returns
    -------
    dict or None
        None where the time was up before there was an answer.
    """
    small = is_small(job["least"]) or (not job["whole"] and len(job["cost"]) <= _SMALL_LINEAR)
    if seconds is None or small:
        with _quiet():
            return run(job)
    if seconds <= START:
        return None
    command = [sys.executable, "-P", str(_CHILD)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own file
    try:
        answer, _ = child.communicate(pickle.dumps(job), timeout=seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        child.kill()
        child.wait()
    if child.returncode:
        return None
    found: dict[str, Any] = pickle.loads(answer)  # noqa: S301 - from the child started above
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what HiGHS prints, whatever it is told, out of a plan written to standard output."""
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
