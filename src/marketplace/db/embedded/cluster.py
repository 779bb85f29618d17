"""Start, share, stop and remove the cluster of a data folder."""

import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from marketplace.db.embedded.create import DATABASE, create_cluster
from marketplace.db.embedded.errors import ClusterError
from marketplace.db.embedded.home import Home, choose_home, delete_home, find_home, keep_of
from marketplace.db.embedded.lock import take_lock, wait_for_lock_or
from marketplace.db.embedded.pointer import LOGIN, OWNER, Pointer, read_pointer, write_pointer
from marketplace.db.embedded.processes import end_processes, find_port
from marketplace.db.embedded.server import HOST, end_process, start_server

# What this process started, by data folder.
_started: dict[Path, "Cluster"] = {}


@dataclass(frozen=True, kw_only=True)
class Cluster:
    data_dir: Path
    port: int
    owner_url: str = field(repr=False)  # the addresses hold passwords, which no log may show
    application_url: str = field(repr=False)
    # Both None where another process started the server: it ends with that process, not with us.
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    _lock: int | None = field(default=None, repr=False)

    @property
    def is_shared(self) -> bool:
        return self._process is None

    def stop(self) -> None:
        """End the server if this process started it; a second call does nothing."""
        if self._process is None or self._lock is None or _started.get(self.data_dir) is not self:
            return
        end_process(self._process)
        del _started[self.data_dir]
        os.close(self._lock)


def start_cluster(data_dir: Path, *, durable: bool = True) -> Cluster:
    """Start the data folder's cluster, and make it where there is none.

    A server that another living process started is shared. `durable=False` trusts the disk's
    cache with everything: for tests only.
    """
    _refuse_where_it_cannot_work()
    data_dir = data_dir.resolve()
    if running := _find_own(data_dir):
        return running
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        found = wait_for_lock_or(data_dir, lambda: _find_shared(data_dir))
        if isinstance(found, Cluster):
            return found
        try:
            cluster = _start_own(data_dir, lock=found, durable=durable)
        except BaseException:
            os.close(found)
            raise
    except OSError as error:
        raise ClusterError(f"The database of {data_dir} could not be started: {error}.") from error
    _started[data_dir] = cluster
    return cluster


def remove_cluster(data_dir: Path) -> None:
    """Stop the cluster and delete all of it; what else the data folder holds stays."""
    data_dir = data_dir.resolve()
    if running := _started.get(data_dir):
        running.stop()
    if not keep_of(data_dir).exists():
        return
    lock = take_lock(data_dir)
    try:
        if pointer := read_pointer(keep_of(data_dir)):
            home = find_home(data_dir, pointer)
            end_processes(home.data)
            delete_home(home)
        shutil.rmtree(keep_of(data_dir))
    except OSError as error:
        raise ClusterError(f"The database of {data_dir} could not be removed: {error}.") from error
    finally:
        os.close(lock)


def _refuse_where_it_cannot_work() -> None:
    if sys.platform != "linux":
        raise ClusterError(
            "The built-in database runs on Linux only. Set MARKETPLACE_DATABASE_URL to a"
            " PostgreSQL of your own."
        )
    if threading.current_thread() is not threading.main_thread():
        # The kernel ends the server with the *thread* that started it.
        raise ClusterError("Start the built-in database from the main thread.")


def _find_own(data_dir: Path) -> Cluster | None:
    running = _started.get(data_dir)
    if running is None:
        return None
    if running._process is not None and running._process.poll() is None:  # noqa: SLF001  # our own class
        return running
    running.stop()  # its server has died under us: let go of the lock and start again
    return None


def _find_shared(data_dir: Path) -> Cluster | None:
    pointer = read_pointer(keep_of(data_dir))
    if pointer is None or not pointer.complete:
        return None
    port = find_port(find_home(data_dir, pointer).data)
    return None if port is None else _describe(data_dir, pointer, port)


def _start_own(data_dir: Path, *, lock: int, durable: bool) -> Cluster:
    home, pointer = choose_home(data_dir)
    if not pointer.complete:
        pointer = _make(data_dir, home, pointer, durable=durable)
    # We hold the lock, so whoever started this server has gone, and it may be about to follow.
    end_processes(home.data)
    process, port = start_server(home, durable=durable)
    return replace(_describe(data_dir, pointer, port), _process=process, _lock=lock)


def _make(data_dir: Path, home: Home, pointer: Pointer, *, durable: bool) -> Pointer:
    create_cluster(home, pointer.passwords, durable=durable)
    complete = replace(pointer, complete=True)
    write_pointer(keep_of(data_dir), complete)
    return complete


def _describe(data_dir: Path, pointer: Pointer, port: int) -> Cluster:
    def url(role: str) -> str:
        return f"postgresql://{role}:{pointer.passwords[role]}@{HOST}:{port}/{DATABASE}"

    return Cluster(data_dir=data_dir, port=port, owner_url=url(OWNER), application_url=url(LOGIN))
