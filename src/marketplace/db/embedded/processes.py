"""The server processes of one cluster, known by where they work and not by a number in a file.

A `postmaster.pid` outlives a crash, and its number may by then be anybody's.
"""

import contextlib
import os
import signal
import time
from pathlib import Path

from marketplace.db.embedded.errors import ClusterError

# Fast shutdown, then immediate, then no question.
WAYS_TO_END = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
POLL_SECONDS = 0.05
OUR_PROGRAMS = ("postgres", "initdb")


def find_processes(data: Path) -> set[int]:
    """Every PostgreSQL process whose working folder this is, also one whose parent died."""
    if not data.exists():
        return set()
    numbers = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return {number for number in numbers if _works_in(number, data)}


def find_port(data: Path) -> int | None:
    """Read the port of a server that is ready here, None while there is none."""
    lines = _read_pid_file(data)
    if len(lines) < 8 or lines[7].strip() != "ready":  # noqa: PLR2004  # the file's eighth line is its state
        return None
    return int(lines[3]) if _works_in(int(lines[0]), data) else None


def end_processes(data: Path) -> None:
    """End whatever still serves this cluster, so that another server may."""
    for way, patience_seconds in WAYS_TO_END:
        for number in _whom_to_signal(data, way):
            _send(number, way)
        if _all_gone(data, patience_seconds):
            # Only now is it stale for certain: PostgreSQL itself would believe a reused number.
            (data / "postmaster.pid").unlink(missing_ok=True)
            return
    raise ClusterError(
        f"A server of an earlier run still works in {data} and does not end:"
        f" processes {sorted(find_processes(data))}."
    )


def _whom_to_signal(data: Path, way: signal.Signals) -> set[int]:
    processes = find_processes(data)
    if way is not signal.SIGINT:
        return processes
    # To anyone but the postmaster SIGINT means something else, and its children follow it anyway.
    lines = _read_pid_file(data)
    return processes & {int(line) for line in lines[:1] if line.strip().isdigit()}


def _all_gone(data: Path, patience_seconds: float) -> bool:
    until = time.monotonic() + patience_seconds
    while find_processes(data):
        if time.monotonic() > until:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _send(number: int, way: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended by itself in between
        os.kill(number, way)


def _works_in(number: int, data: Path) -> bool:
    try:
        here = os.path.samestat(os.stat(f"/proc/{number}/cwd"), data.stat())  # noqa: PTH116  # the kernel's link, not a path
        program = Path(f"/proc/{number}/exe").readlink().name
    except OSError:
        return False  # it ended, or it is another person's
    # An upgrade in between makes the kernel say “postgres (deleted)”.
    return here and program.startswith(OUR_PROGRAMS)


def _read_pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
