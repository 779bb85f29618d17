"""Data folders that are emptied again, and other processes that start a cluster and are killed."""

import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from watching import Starter

from marketplace.db.embedded import remove_cluster

# Says where its server is and keeps it until its input ends; the alarm bounds it, whatever happens.
STARTER = """
    import signal, sys
    from pathlib import Path
    from marketplace.db.embedded import start_cluster
    signal.alarm(120)
    cluster = start_cluster(Path(sys.argv[1]))
    print(cluster.owner_url, flush=True)
    sys.stdin.read()
    cluster.stop()
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    remove_cluster(folder)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Make a folder that every account may enter, as pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="marketplace-test-"))
    folder.chmod(0o755)
    yield folder
    remove_cluster(folder)
    shutil.rmtree(folder)


@pytest.fixture
def start_elsewhere() -> Iterator[Starter]:
    """Start a cluster in a process of its own."""
    processes: list[subprocess.Popen[str]] = []

    def start(
        folder: Path, *, python: str = sys.executable, **options: Any
    ) -> "subprocess.Popen[str]":
        process = subprocess.Popen(  # our own program
            [python, "-c", textwrap.dedent(STARTER), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait(timeout=30)
        for pipe in (process.stdin, process.stdout, process.stderr):
            close(pipe)


def close(pipe: IO[str] | None) -> None:
    if pipe is not None and not pipe.closed:
        pipe.close()
