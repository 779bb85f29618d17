"""Looks at processes from outside, without the code under test."""

import asyncio
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg

Starter = Callable[..., "subprocess.Popen[str]"]

PATIENCE_SECONDS = 60


def wait_until(happened: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def processes_on(data: Path) -> list[int]:
    """Every process that works in the folder, by the kernel's own links."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink() == data:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def postmaster_of(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().splitlines()[0])


def read_url(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    assert process.stderr is not None
    url = process.stdout.readline().strip()
    assert url, process.stderr.read()
    return url


def ask(url: str, *statements: str) -> object:
    """Run the statements and give the last one's value."""
    return asyncio.run(_ask(url, *statements))


async def _ask(url: str, *statements: str) -> object:
    connection = await asyncpg.connect(url, timeout=30)
    try:
        answers = [await connection.fetchval(statement) for statement in statements]
    finally:
        await connection.close()
    return answers[-1]


def home_of(data_dir: Path) -> Path:
    """Where the data folder says that its cluster lies."""
    keep = data_dir / "postgres"
    return keep / json.loads((keep / "cluster.json").read_text())["folder"]
