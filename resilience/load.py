"""What the pages bear, driven by wrk: scanners, journeys, one popular place, and memory.

load.py [PART …] [--minutes M] [--seed S]     LONG=1: an hour at half load instead of M minutes
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
from families import make_links, note_all_sent
from links import Link, write_links
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from stage import Stage, stage
from verdict import Verdict

from marketplace.services.offers.offers import LINK
from marketplace.tokens import sign_proof

SCRIPT = Path(__file__).with_name("families.lua")
LOOKS_A_SECOND = 400  # 350 GET and 50 HEAD: each eighth is a HEAD
JOURNEYS_A_MINUTE = 5_000
POPULAR_PLACES, POPULAR_FAMILIES, POPULAR_SECONDS = 20, 2_000, 10
CHANGES = """
SELECT (SELECT count(*) FROM offer WHERE answer IS NOT NULL)
     + (SELECT count(*) FROM wrong_answer) + (SELECT count(*) FROM call)
"""
MOST_GROWTH = 0.10


def drive(
    world: Stage, links: Path, kind: str, *, rate: float, seconds: float, browsers: int = 40
) -> dict[str, Any]:
    """One connection a thread; `rate` a second, of looks or of journeys begun."""
    command = [
        *("wrk", f"-t{browsers}", f"-c{browsers}", f"-d{int(seconds)}s", "--timeout", "10s"),
        *("-s", str(SCRIPT), world.address(), "--", str(links), kind, str(rate), str(browsers)),
    ]
    done = subprocess.run(  # noqa: S603 - a program of the system, our own words
        command, capture_output=True, text=True, check=True
    )
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told | {"failures": world.failures}


def look_while_a_wave_goes_out(verdict: Verdict, *, seconds: float, seed: int) -> None:
    with stage() as world:
        links = world.folder / "links.txt"
        write_links(links, asyncio.run(make_links(world.settings, 3_000, seed=seed)))
        world.start_pages(workers=os.cpu_count() or 1)
        world.wait_for_pages()
        world.start_worker()
        seen = drive(world, links, "look", rate=LOOKS_A_SECOND, seconds=seconds)
        changed = ask(world, CHANGES)
        sent = ask(world, "SELECT count(*) FROM message WHERE state = 'sent'")
    verdict.say("messages that left meanwhile", f"{sent:,}")
    rate = seen["requests"] / seen["seconds"]
    verdict.fact(
        "looks of mail scanners",
        is_so=rate > 0.98 * LOOKS_A_SECOND,
        seen=f"{rate:.0f} a second for {seen['seconds']:.0f} s",
        asked=f"{LOOKS_A_SECOND} a second",
    )
    verdict.fact("p99 of a look", is_so=seen["p99"] <= 300, seen=_ms(seen), asked="p99 ≤ 300 ms")
    _tell_errors(verdict, seen)
    verdict.fact("changed by looking", is_so=changed == 0, seen=str(changed), asked="0")


def journeys(verdict: Verdict, *, minutes: float, share: float, seed: int) -> None:
    """`share` of the full load: 0.5 is the hour's."""
    a_minute = JOURNEYS_A_MINUTE * share
    families = int(a_minute * minutes)
    with stage() as world:
        links = world.folder / "links.txt"
        write_links(links, asyncio.run(make_links(world.settings, families, seed=seed)))
        asyncio.run(note_all_sent(world.settings))
        world.start_pages(workers=os.cpu_count() or 1)
        world.start_worker()
        world.wait_for_pages()
        # From when every page has been seen by both processes: what they learn then is no leak.
        warm: list[int] = []
        sixth = threading.Timer(10 * minutes, lambda: warm.append(memory_of(world)))
        sixth.start()
        seen = drive(world, links, "journey", rate=a_minute / 60, seconds=60 * minutes + 30)
        sixth.join()
        before, after = warm[0], memory_of(world)
        kept = ask(world, "SELECT count(*) FROM offer WHERE answer IS NOT NULL")
    reached = 60 * seen["told"] / seen["seconds"]
    verdict.fact(
        "full journeys: the page, the question, the answer",
        is_so=reached >= 0.9 * a_minute,
        seen=f"{reached:,.0f} a minute",
        asked=f"{a_minute:,.0f} a minute",
    )
    is_quick = seen["p95"] <= 300 and seen["p99"] <= 1_000
    verdict.fact("requests of journeys", is_so=is_quick, seen=_ms(seen), asked="p95 300, p99 1,000")
    _tell_errors(verdict, seen)
    verdict.fact(
        "told and stored",
        is_so=seen["told"] <= kept <= seen["told"] + 40,
        seen=f"{seen['told']:,} and {kept:,}",
        asked="the same",
    )
    growth = after / before - 1
    told = f"{before} MB after a sixth of it, {after} MB at the end"
    verdict.say(f"memory of pages over {minutes:g} minutes", told)
    if share < 1:
        flat = growth <= MOST_GROWTH
        verdict.fact("memory grew by", is_so=flat, seen=f"{growth:.0%}", asked="≤ 10 %")


def one_popular_place(verdict: Verdict, *, seed: int) -> None:
    with stage() as world:
        links = asyncio.run(
            make_links(world.settings, POPULAR_FAMILIES, seed=seed, prepare=_make_popular)
        )
        popular = ask(world, f"SELECT id::text FROM intake WHERE places = {POPULAR_PLACES}")
        file = world.folder / "links.txt"
        file.write_text("".join(_with_proof(world, one, popular) for one in links))
        world.start_pages(workers=os.cpu_count() or 1)
        world.wait_for_pages()
        rate = POPULAR_FAMILIES / POPULAR_SECONDS
        seen = drive(world, file, "popular", rate=rate, seconds=40)
        used = ask(world, f"SELECT held + used FROM intake WHERE id = '{popular}'")
    verdict.fact(
        f"{POPULAR_FAMILIES:,} families at a place for {POPULAR_PLACES}",
        is_so=(seen["told"], seen["full"], seen["odd"], used)
        == (POPULAR_PLACES, POPULAR_FAMILIES - POPULAR_PLACES, 0, POPULAR_PLACES),
        seen=f"{seen['told']} yes, {seen['full']:,} kind, {seen['odd']} odd, {used} taken",
        asked=f"{POPULAR_PLACES} yes",
    )
    verdict.fact(
        "how long they took",
        is_so=seen["took"] <= 1.5 * POPULAR_SECONDS,
        seen=f"{seen['took']:.0f} s, {_ms(seen)}",
        asked=f"they come within {POPULAR_SECONDS} s",
    )


def _tell_errors(verdict: Verdict, seen: dict[str, Any]) -> None:
    errors = {name: seen[name] for name in ("bad_status", "broken", "timed_out", "odd")}
    told = ", ".join(f"{count} {name}" for name, count in errors.items())
    verdict.fact("errors", is_so=not any(errors.values()), seen=told, asked="0")
    for line in seen["failures"][:3]:
        verdict.say("in the log", line[:300])


async def _make_popular(session: AsyncSession) -> None:
    """Everybody has a place of their own, and the same other one to choose."""
    await session.execute(text("UPDATE intake SET places = 5000"))
    popular = "(SELECT id FROM intake ORDER BY id LIMIT 1)"
    other = "(SELECT id FROM intake ORDER BY id LIMIT 1 OFFSET 1)"
    choice = (
        f"jsonb_build_object('next_best', jsonb_build_array(jsonb_build_object('intake_id',"
        f" {popular}::text, 'cost_pence', 100, 'price_pence', 0, 'effect', 0.2,"
        f" 'travel_metres', 500)))"
    )
    for change in (
        f"UPDATE intake SET places = {POPULAR_PLACES} WHERE id = {popular}",
        f"UPDATE match SET intake_id = {other} WHERE intake_id = {popular}",
        f"UPDATE match SET choices = {choice}",
    ):
        await session.execute(text(change))


def _with_proof(world: Stage, link: Link, popular: str) -> str:
    """The question was answered a moment ago."""
    keys, expires = world.settings.secret_keys, int(time.time()) + 1_500
    proof = sign_proof(keys, LINK, link.offer, expires=expires)
    return f"{link.offer} {link.token} yes {proof} {popular}\n"


def ask(world: Stage, question: str) -> Any:
    async def fetch() -> Any:
        connection = await asyncpg.connect(world.settings.migration_database_url)
        await connection.execute("SET acting.kind = 'exchange'")
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def memory_of(world: Stage, name: str = "pages") -> int:
    """Megabytes of a process and its children."""
    group, pages = world.processes[name].pid, 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            pages += int(fields[21])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def _ms(seen: dict[str, Any]) -> str:
    return f"p50 {seen['p50']:.0f}, p95 {seen['p95']:.0f}, p99 {seen['p99']:.0f} ms"


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("parts", nargs="*")
    reader.add_argument("--minutes", type=float, default=5)
    reader.add_argument("--seed", type=int, default=1)
    given = reader.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("load FAILED: wrk is not installed, and a slower generator would measure itself.")
    verdict, seed = Verdict("load"), given.seed
    is_long = os.environ.get("LONG") == "1"
    half = 60 if is_long else given.minutes
    parts: dict[str, Callable[[], None]] = {
        "looks": lambda: look_while_a_wave_goes_out(verdict, seconds=60 * given.minutes, seed=seed),
        "popular": lambda: one_popular_place(verdict, seed=seed),
        "journeys": lambda: journeys(verdict, minutes=given.minutes, share=1, seed=seed),
        "half": lambda: journeys(verdict, minutes=half, share=0.5, seed=seed),
    }
    for name in given.parts or parts:
        print(name, flush=True)
        try:
            parts[name]()
        except (OSError, TimeoutError, subprocess.SubprocessError) as error:
            verdict.fact(name, is_so=False, seen=f"{type(error).__name__}: {error}", asked="to end")
    if not is_long:
        verdict.say("memory over an hour", f"not asked: LONG=1 does; here {half:g} minutes")
    verdict.close()


if __name__ == "__main__":
    main()
