"""Families at their telephones: ask, answer, ask again, and write down what they were told.

    clients.py LINKS LOG ADDRESS … [--at-once N] [--seconds S] [--out FILE]

The log is the only memory of what was promised, so each word is on the disk before the next is
asked. `sent`: an answer goes out. `told`: the page that came back. `again`: the same answer was
given a second time. `late`: told by a page after a reply that never came. `failed`: no whole reply,
and what came instead.
`--out`: addresses that are taken out, as a balancer is told before a process is stopped.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from links import BORN, Link, read_links

PROOF = re.compile(r'name="proof" value="([^"]+)"')
TITLES = {
    "We have your yes": "yes",
    "Thank you for telling us": "no",
    "Not now, then": "not_now",
    "We will not write again": "stop",
}
AGAIN_ONE_IN = 10


class Log:
    def __init__(self, path: Path) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.flushing = asyncio.Lock()
        self.written = self.flushed = 0

    async def write(self, deed: str, link: Link, said: str) -> None:
        """Comes back when the line is on the disk; one flush serves all who wait for it."""
        line = {"at": time.time(), "deed": deed, "offer": link.offer, "said": said}
        os.write(self.file, json.dumps(line).encode() + b"\n")
        self.written += 1
        mine = self.written
        async with self.flushing:
            if self.flushed < mine:
                upto = self.written
                await asyncio.to_thread(os.fsync, self.file)
                self.flushed = upto


def told_by(page: str) -> str | None:
    heading = page.partition("</title>")[0]
    return next((answer for title, answer in TITLES.items() if title in heading), None)


async def answer_once(browser: httpx.AsyncClient, link: Link, log: Log, *, was_lost: bool) -> bool:
    """Whether the family has been told what stands; raises where no whole reply came."""
    shown = await browser.post(f"/o/{link.token}", data=BORN)
    shown.raise_for_status()
    if told := told_by(shown.text):
        await log.write("late" if was_lost else "told", link, told)
        return True
    if not (proof := PROOF.search(shown.text)):
        await log.write("closed", link, "")
        return True
    await log.write("sent", link, link.answer)
    form = {"proof": proof[1], "answer": link.answer, "contact_way": "phone"}
    page = await browser.post(f"/o/{link.token}/answer", data=form)
    page.raise_for_status()
    if not (told := told_by(page.text)):
        await log.write("closed", link, "")
        return True
    await log.write("told", link, told)
    if int(link.offer[:8], 16) % AGAIN_ONE_IN == 0:
        page = await browser.post(f"/o/{link.token}/answer", data=form)
        page.raise_for_status()
        await log.write("again", link, told_by(page.text) or "")
    return True


@dataclass(frozen=True)
class Balancer:
    """Where to ask: what is taken out is asked no more, and where nobody is, the next one is."""

    addresses: list[str]
    out: Path | None

    def choose(self, tries: int) -> str:
        taken_out = self.out.read_text() if self.out and self.out.exists() else ""
        there = [one for one in self.addresses if one not in taken_out] or self.addresses
        return there[tries % len(there)]


async def one_client(links: list[Link], balancer: Balancer, log: Log, until: float) -> None:
    async with httpx.AsyncClient(timeout=10) as browser:
        for link in links:
            was_lost, tries = False, 0
            while time.monotonic() < until:
                browser.base_url = balancer.choose(tries)
                try:
                    await answer_once(browser, link, log, was_lost=was_lost)
                    break
                except httpx.ConnectError:
                    # Nobody was there, so nothing was asked: a balancer goes on to the next.
                    tries += 1
                    await asyncio.sleep(0.05)
                except httpx.HTTPError as error:
                    await log.write("failed", link, type(error).__name__)
                    was_lost, tries = True, tries + 1
                    await asyncio.sleep(0.2)


async def answer_all(
    links: list[Link], balancer: Balancer, log: Log, *, at_once: int, seconds: float
) -> None:
    until = time.monotonic() + seconds
    await asyncio.gather(
        *(one_client(links[lane::at_once], balancer, log, until) for lane in range(at_once))
    )


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("links", type=Path)
    reader.add_argument("log", type=Path)
    reader.add_argument("addresses", nargs="+")
    reader.add_argument("--at-once", type=int, default=24)
    reader.add_argument("--seconds", type=float, default=1_500)
    reader.add_argument("--out", type=Path)
    given = reader.parse_args()
    links, log = read_links(given.links), Log(given.log)
    balancer = Balancer(given.addresses, given.out)
    asyncio.run(answer_all(links, balancer, log, at_once=given.at_once, seconds=given.seconds))


if __name__ == "__main__":
    main()
