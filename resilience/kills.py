"""`kill -9` at random moments while families answer: what they were told must be there."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from check_answers import check
from families import make_links
from links import write_links
from stage import Stage, stage
from verdict import Verdict

CLIENTS = Path(__file__).with_name("clients.py")
VICTIMS = ("database", "pages", "worker")


@dataclass(frozen=True)
class Outcome:
    counts: Counter[str]
    faults: list[str]
    kills: Counter[str]
    back_seconds: list[float]


def run(*, families: int, kills: int, seconds: float, seed: int, durable: bool = True) -> Outcome:
    """So many families answer, so many things are killed meanwhile; then the two are compared."""
    with stage(durable=durable) as world:
        links = asyncio.run(make_links(world.settings, families, seed=seed))
        write_links(world.folder / "links.txt", links)
        world.start_pages()
        world.start_worker()
        world.wait_for_pages()
        log = world.folder / "clients.txt"
        clients = _start_clients(world, log, seconds=seconds)
        try:
            # Spread over the answers, not the clock: the last kill finds families still answering.
            pace = Pace(families=families, kills=kills, seconds=seconds)
            done, back = _kill_some(world, clients, log, pace, seed=seed)
            clients.wait(seconds + 60)
        finally:
            if clients.poll() is None:
                clients.kill()
        counts, faults = check(log, world.settings.migration_database_url)
    return Outcome(counts, faults, done, back)


@dataclass(frozen=True)
class Pace:
    families: int
    kills: int
    seconds: float

    def is_due(self, number: int, *, lines: int, passed: float) -> bool:
        """Whether this kill's turn has come, by the answers or by the time."""
        share = max(lines / (2 * self.families), passed / self.seconds)
        return share >= (number + 0.5) / (self.kills + 1)


def _start_clients(world: Stage, log: Path, *, seconds: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, CLIENTS, world.folder / "links.txt", log, world.address()]
    command += ["--seconds", f"{seconds:.0f}"]
    return subprocess.Popen(command)  # noqa: S603 - our own program


def _kill_some(
    world: Stage,
    clients: subprocess.Popen[bytes],
    log: Path,
    pace: Pace,
    *,
    seed: int,
) -> tuple[Counter[str], list[float]]:
    dice = random.Random(seed)  # noqa: S311 - a run that can be had again
    done: Counter[str] = Counter()
    back, begin = [], time.monotonic()
    for number in range(pace.kills):
        while clients.poll() is None:
            passed = time.monotonic() - begin
            if pace.is_due(number, lines=_lines(log), passed=passed):
                break
            time.sleep(0.05)
        time.sleep(dice.random() / 2)
        if clients.poll() is not None:
            break
        victim = VICTIMS[number % len(VICTIMS)]
        _kill_and_start(world, victim)
        done[victim] += 1
        back.append(world.wait_for_pages())
    return done, back


def _lines(log: Path) -> int:
    return log.read_bytes().count(b"\n") if log.exists() else 0


def _kill_and_start(world: Stage, victim: str) -> None:
    if victim == "database":
        world.kill_database()
        world.start_database()
        world.revive()
    elif victim == "pages":
        world.kill("pages")
        world.start_pages()
    else:
        world.kill("worker")
        world.start_worker()


def tell(verdict: Verdict, *, families: int, kills: int, seconds: float, seed: int) -> None:
    begin = time.monotonic()
    outcome = run(families=families, kills=kills, seconds=seconds, seed=seed)
    acknowledged = outcome.counts["acknowledged"]
    killed = ", ".join(f"{count} × {name}" for name, count in outcome.kills.items())
    verdict.say("answers a minute, with all the kills", _a_minute(acknowledged, begin))
    verdict.say("what the clients saw", str(dict(outcome.counts)))
    verdict.say("back after a kill, the longest", f"{max(outcome.back_seconds, default=0):.1f} s")
    for fault in outcome.faults[:10]:
        verdict.say("fault", fault)
    verdict.fact(
        f"acknowledged over kills -9 ({killed})",
        is_so=acknowledged >= families * 0.95 and sum(outcome.kills.values()) >= kills,
        seen=f"{acknowledged:,} over {sum(outcome.kills.values())}",
        asked=f"{int(families * 0.95):,} over {kills}",
    )
    verdict.fact(
        "acknowledged and not there, or another answer there",
        is_so=not outcome.faults,
        seen=f"{len(outcome.faults)}",
        asked="0",
    )
    verdict.fact(
        "told again after a lost reply, and asked twice",
        is_so=outcome.counts["again"] > 0,
        seen=f"{outcome.counts['late']} and {outcome.counts['again']}",
        asked="some of each",
    )


def _a_minute(count: int, begin: float) -> str:
    return f"{60 * count / (time.monotonic() - begin):,.0f}"
