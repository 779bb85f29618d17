"""`marketplace demo`: everything started, filled, and either walked through or served."""

import asyncio
import datetime as dt
import os
import shutil
import signal
from contextlib import ExitStack
from pathlib import Path

import httpx
from rich.console import Console

from directory.postcodes import ATTRIBUTION
from marketplace.db.embedded import remove_cluster
from marketplace.db.migrate import migrate
from marketplace.db.session import make_engine, make_sessions
from marketplace.demo import servers
from marketplace.demo.household import County, demo_settings, draw_county
from marketplace.demo.journey import Journey
from marketplace.demo.links import print_links
from marketplace.demo.loading import load_directory
from marketplace.demo.stages import Stages
from marketplace.demo.walk import walk_all, walk_first_families
from marketplace.settings import Settings

USUAL_PORT = 8000
START_SECONDS = 60


def run_demo(data_dir: Path, *, port: int | None, once: bool) -> bool:
    """Start, fill, and walk or serve; True where all went well. Ends all that it started."""
    stages = Stages(Console())
    # Both ways of being told to stop end everything in order, also where a shell that starts us
    # in the background has told us to ignore the first.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    try:
        with ExitStack() as stack:
            return _run(data_dir, port=port, once=once, stages=stages, stack=stack)
    except KeyboardInterrupt:
        stages.console.print("\nStopped. Run it again and it goes on from here.")
        return not once


def remove_demo(data_dir: Path) -> None:
    """Delete the database with all that is in it, and the folder."""
    remove_cluster(data_dir)
    shutil.rmtree(data_dir, ignore_errors=True)


def _run(data_dir: Path, *, port: int | None, once: bool, stages: Stages, stack: ExitStack) -> bool:
    data_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
    port = servers.choose_port(port, usual=USUAL_PORT)
    with stages.time("start the database"):
        urls = stack.enter_context(servers.database(data_dir))
    settings = demo_settings(data_dir, port=port, urls=urls)
    with stages.time("migrate"):
        asyncio.run(
            migrate(
                settings.migration_database_url,
                settings.database_url,
                secret_keys=settings.secret_keys,
            )
        )
    today = dt.datetime.now(dt.UTC).date()
    with stages.time("draw the county"):
        county = draw_county(today)
    children = stack.enter_context(servers.processes(settings, port=port))
    with stages.time("start the pages"):
        _wait_for_pages(settings, children)
    return asyncio.run(_walk(settings, county, today=today, once=once, stages=stages))


async def _walk(
    settings: Settings, county: County, *, today: dt.date, once: bool, stages: Stages
) -> bool:
    engine = make_engine(settings.database_url, pool_size=8, max_overflow=4)
    sessions = make_sessions(engine, settings)
    try:
        with stages.time("load the directory"):
            await load_directory(sessions, county, today=today)
        journey = Journey(settings, sessions, county)
        if once:
            return await walk_all(journey, stages)
        await walk_first_families(journey, stages)
        await print_links(journey, stages.console)
        stages.console.print(ATTRIBUTION, style="dim")
        stages.console.print("\nServing until you press Ctrl-C.")
        await asyncio.Event().wait()
    finally:
        await engine.dispose()
    return True


def _wait_for_pages(settings: Settings, children: list[servers.Child]) -> None:
    def answers() -> bool:
        servers.refuse_if_dead(children, settings.data_dir / "log.txt")
        try:
            return (
                httpx.get(f"{settings.base_url}/healthz", timeout=5).status_code == httpx.codes.OK
            )
        except httpx.TransportError:
            return False

    servers.wait_until(answers, seconds=START_SECONDS, what="Starting the pages")
