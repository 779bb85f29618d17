"""The database goes and comes back; the pages are exchanged one by one while families answer."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
from check_answers import check
from families import make_links
from links import write_links
from stage import stage
from verdict import Verdict

CLIENTS = Path(__file__).with_name("clients.py")
MOST_SECONDS_GONE, MOST_SECONDS_BACK = 2.0, 5.0
# What was asked before it was taken out is answered by then.
DRAIN_SECONDS = 2.0


def tell_gone(verdict: Verdict, *, seed: int) -> None:
    with stage() as world:
        (link,) = asyncio.run(make_links(world.settings, 1, seed=seed))
        world.start_pages()
        world.wait_for_pages()
        address = f"{world.address()}/o/{link.token}"
        was = httpx.get(address, timeout=10)
        world.kill_database()
        begin = time.monotonic()
        gone = httpx.get(address, timeout=10)
        seconds = time.monotonic() - begin
        world.start_database()
        begin = time.monotonic()
        back = _wait_for(address)
    is_page = gone.status_code == httpx.codes.SERVICE_UNAVAILABLE and "<h1" in gone.text
    verdict.fact(
        "a page while the database is away",
        is_so=is_page and was.status_code == httpx.codes.OK and seconds <= MOST_SECONDS_GONE,
        seen=f"{gone.status_code} after {seconds:.2f} s",
        asked=f"503 in ≤ {MOST_SECONDS_GONE:g} s",
    )
    has_number = world.settings.help_phone in gone.text
    verdict.fact(
        "it names a telephone number", is_so=has_number, seen=str(has_number), asked="True"
    )
    is_quick = back - begin <= MOST_SECONDS_BACK
    verdict.fact(
        "recovered",
        is_so=is_quick,
        seen=f"{back - begin:.2f} s",
        asked=f"≤ {MOST_SECONDS_BACK:g} s",
    )


def _wait_for(address: str) -> float:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if httpx.get(address, timeout=10).status_code == httpx.codes.OK:
            break
        time.sleep(0.02)
    return time.monotonic()


def tell_rolling(verdict: Verdict, *, families: int, seed: int) -> None:
    """Two processes of pages; each is taken out, asked to stop, started and put back, in turn."""
    with stage() as world:
        write_links(
            world.folder / "links.txt", asyncio.run(make_links(world.settings, families, seed=seed))
        )
        for name in ("one", "two"):
            world.start_pages(name)
            world.wait_for_pages(name)
        log = world.folder / "clients.txt"
        command = [sys.executable, CLIENTS, world.folder / "links.txt", log]
        out = world.folder / "out.txt"
        command += [world.address("one"), world.address("two"), "--out", out, "--seconds", "180"]
        clients = subprocess.Popen(command)  # noqa: S603 - our own program
        rounds = 0
        while clients.poll() is None:
            for name in ("one", "two"):
                out.write_text(world.address(name))
                time.sleep(DRAIN_SECONDS)
                world.end(name)
                world.start_pages(name)
                world.wait_for_pages(name)
                out.write_text("")
            rounds += 1
        counts, faults = check(log, world.settings.migration_database_url)
        kinds = Counter(re.findall(r'"deed": "failed".*"said": "(\w+)"', log.read_text()))
    failed = counts["failed"]
    verdict.fact(
        f"requests failed over {rounds} rolling restarts",
        is_so=failed == 0 and not faults and rounds > 0 and counts["acknowledged"] == families,
        seen=f"{failed} of {counts['acknowledged']:,} answers {dict(kinds) or ''}",
        asked="0",
    )
