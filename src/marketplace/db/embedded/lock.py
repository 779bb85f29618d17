"""Whoever holds a data folder's lock started its server, or is about to; death lets go of it."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from marketplace.db.embedded.errors import ClusterError
from marketplace.db.embedded.processes import POLL_SECONDS

START_PATIENCE_SECONDS = 180.0  # another process may be making the cluster, or recovering it
TAKE_PATIENCE_SECONDS = 15.0  # another process may be on its way out

Found = TypeVar("Found")


def wait_for_lock_or(data_dir: Path, find: Callable[[], Found | None]) -> int | Found:
    """Take the lock, or what its holder has ready by then: whichever is first."""
    until = time.monotonic() + START_PATIENCE_SECONDS
    while (lock := _try_lock(data_dir)) is None:
        if found := find():
            return found
        if time.monotonic() > until:
            raise _in_use(data_dir)
        time.sleep(POLL_SECONDS)
    return lock


def take_lock(data_dir: Path) -> int:
    until = time.monotonic() + TAKE_PATIENCE_SECONDS
    while (lock := _try_lock(data_dir)) is None:
        if time.monotonic() > until:
            raise _in_use(data_dir)
        time.sleep(POLL_SECONDS)
    return lock


def _try_lock(data_dir: Path) -> int | None:
    # The folder itself is locked: it stays when the cluster goes, and nothing is left behind.
    lock = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _in_use(data_dir: Path) -> ClusterError:
    return ClusterError(
        f"Another program uses the database of {data_dir}. Stop that program and try again."
    )
