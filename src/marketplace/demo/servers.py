"""The demo's processes: a database if none was given, the pages, the worker. They end together."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from marketplace.db.embedded import start_cluster
from marketplace.errors import BadSettingsError
from marketplace.settings import Settings, as_environment, external_database_urls

STOP_SECONDS = 8

Child = subprocess.Popen[bytes]


@contextmanager
def database(data_dir: Path) -> Iterator[tuple[str, str]]:
    """The application's and the owner's address, of a given server or of one of our own."""
    if given := external_database_urls():
        yield given
        return
    cluster = start_cluster(data_dir)
    try:
        yield cluster.application_url, cluster.owner_url
    finally:
        cluster.stop()


@contextmanager
def processes(settings: Settings, *, port: int) -> Iterator[list[Child]]:
    """The pages and the worker, as children that end with us however we end."""
    commands = [["serve", "--port", str(port)], ["worker"]]
    log = settings.data_dir / "log.txt"
    with ExitStack() as stack:
        out = stack.enter_context(log.open("ab"))
        children = []
        for command in commands:
            child = subprocess.Popen(  # noqa: S603 - our own program and words
                [sys.executable, "-m", "marketplace", *command],
                env=_plain_environment() | as_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                # Ctrl-C reaches only us; we stop them in order.
                start_new_session=True,
            )
            stack.callback(_end, child)
            children.append(child)
        yield children


def _plain_environment() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.startswith("MARKETPLACE_")
    }


def _end(child: Child) -> None:
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def choose_port(wanted: int | None, *, usual: int) -> int:
    """The wanted port, or the usual one if it is free, or any that is."""
    if wanted is not None:
        if not _is_free(wanted):
            raise BadSettingsError(f"Port {wanted} is in use. Stop what uses it or give another.")
        return wanted
    if _is_free(usual):
        return usual
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def refuse_if_dead(children: list[Child], log: Path) -> None:
    for child in children:
        if child.poll() is not None:
            tail = log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"A process of the demo ended too early. Its last words:\n{tail}")


def wait_until(is_done: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Ask again and again, at first quickly."""
    deadline, pause = time.monotonic() + seconds, 0.05
    while not is_done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} took longer than {seconds:.0f} seconds.")
        time.sleep(pause)
        pause = min(1.0, pause * 1.3)
