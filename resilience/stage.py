"""What is put to the test: a database, pages and workers of our own, each of which can be killed.

Everything here is started by us on loopback, and only that is ever ended.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import httpx

from marketplace.db.embedded import Cluster, remove_cluster, start_cluster
from marketplace.db.migrate import migrate
from marketplace.settings import Settings, as_environment

KEY = "a-key-for-resilience-only-0123456789"
READY_SECONDS = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Stage:
    """Process groups by name, at ports that they keep when they are killed and started again."""

    def __init__(self, folder: Path, *, mail_url: str | None = None, durable: bool = True) -> None:
        self.folder, self.durable = folder, durable
        self.database_port = free_port()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.ports: dict[str, int] = {}
        self.cluster = self.start_database()
        self.settings = Settings(
            base_url="http://127.0.0.1:8000",
            secret_keys=(KEY,),
            database_url=self.cluster.application_url,
            migration_database_url=self.cluster.owner_url,
            mail_url=mail_url or f"folder://{folder / 'mail'}",
            data_dir=folder,
            help_phone="01632 960 999",
        )
        asyncio.run(migrate(self.cluster.owner_url, self.cluster.application_url))

    def start_database(self) -> Cluster:
        """At the port where it was before: the pages and workers know no other."""
        with patch("marketplace.db.embedded.server._free_port", lambda: self.database_port):
            self.cluster = start_cluster(self.folder, durable=self.durable)
        return self.cluster

    def kill_database(self) -> None:
        """The postmaster, `kill -9`; what it leaves behind ends when it sees that."""
        server = self.cluster._process  # noqa: SLF001 - killing it is nobody else's wish
        if server is None:
            raise RuntimeError("this database was started by somebody else")
        server.kill()
        server.wait()

    def start_pages(self, name: str = "pages", *, workers: int = 1) -> None:
        port = self.ports.setdefault(name, free_port())
        self._start(name, "serve", "--port", str(port), "--workers", str(workers))

    def start_worker(self, name: str = "worker") -> None:
        self._start(name, "worker")

    def kill(self, name: str) -> None:
        """All of a process and its children at once, with no time for a last word."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def end(self, name: str) -> None:
        """As an operator does: asked to stop, and waited for."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def address(self, name: str = "pages") -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def wait_for_pages(self, name: str = "pages") -> float:
        """How many seconds it took until they were ready, their database included."""
        begin = time.monotonic()
        while time.monotonic() < begin + READY_SECONDS:
            try:
                if (
                    httpx.get(f"{self.address(name)}/readyz", timeout=2).status_code
                    == httpx.codes.OK
                ):
                    return time.monotonic() - begin
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        raise TimeoutError(f"{name} did not come back. See {self.folder / 'log.txt'}.")

    @property
    def failures(self) -> list[str]:
        """What pages and workers logged of requests and jobs that broke."""
        log = (self.folder / "log.txt").read_text(errors="replace")
        return [line for line in log.splitlines() if '"level": "error"' in line]

    def revive(self) -> None:
        """As a service manager does with what ended by itself: a worker without its database."""
        for name, process in list(self.processes.items()):
            if process.poll() is not None:
                del self.processes[name]
                (self.start_pages if name in self.ports else self.start_worker)(name)

    def close(self) -> None:
        for name in list(self.processes):
            self.end(name)

    def _start(self, name: str, *command: str) -> None:
        # Nothing of whoever started us: another's settings would be another's database.
        plain = {key: value for key, value in os.environ.items() if "MARKETPLACE_" not in key}
        with (self.folder / "log.txt").open("ab") as log:
            self.processes[name] = subprocess.Popen(  # noqa: S603 - our own program and words
                [sys.executable, "-m", "marketplace", *command],
                env=plain | as_environment(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


@contextmanager
def stage(*, mail_url: str | None = None, durable: bool = True) -> Iterator[Stage]:
    folder = Path(tempfile.mkdtemp(prefix="early-help-resilience-"))
    folder.chmod(0o755)
    made: Stage | None = None
    try:
        made = Stage(folder, mail_url=mail_url, durable=durable)
        yield made
    finally:
        if made:
            made.close()
        remove_cluster(folder)
        shutil.rmtree(folder, ignore_errors=True)
