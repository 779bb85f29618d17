"""The application as it is served, on loopback; beside it the worker's steps, taken when asked."""

import asyncio
import re
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, TypeVar

import httpx
import small_world as world
from granian.constants import Interfaces
from granian.server.embed import Server
from sqlalchemy.ext.asyncio import AsyncSession
from world_databases import Database, Worlds, settings_for

from marketplace.app import create_app
from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, make_engine, make_sessions, transaction
from marketplace.demo.loading import make_sign_in_path
from marketplace.demo.servers import wait_until
from marketplace.settings import Settings, mail_folder

T = TypeVar("T")


@dataclass
class Site:
    settings: Settings
    sessions: Sessions
    loop: asyncio.AbstractEventLoop
    stop: Callable[[], None]
    read: set[Path] = field(default_factory=set)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """On the loop of the pages: a browser that is open holds this thread's."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(120)

    def change(self, verb: Callable[[AsyncSession], Awaitable[T]]) -> T:
        async def run() -> T:
            async with transaction(self.sessions, EXCHANGE) as session:
                return await verb(session)

        return self.do(run())

    def work(self) -> None:
        """Everything that is queued, as the worker does it."""
        self.do(world.do_jobs(self.sessions))

    def sign_in_path(self, email: str) -> str:
        return self.do(make_sign_in_path(self.sessions, email))

    def link_to(self, address: str, kind: str) -> str:
        """The path in the newest message to this address that nobody has opened yet."""
        self.work()
        for file in sorted(mail_folder(self.settings).glob("*.eml"), key=_written_at, reverse=True):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            if file in self.read or address not in str(mail["To"]):
                continue
            found = re.search(rf"/{kind}/[A-Za-z0-9_-]+", mail.get_body(("plain",)).get_content())
            if found:
                self.read.add(file)
                return found[0]
        raise AssertionError(f"No message with /{kind}/ has come to {address}.")


def _written_at(file: Path) -> int:
    return file.stat().st_mtime_ns


@contextmanager
def serve(worlds: Worlds, folder: Path, *, stage: str) -> Iterator[Site]:
    """The world at a stage, served until the test is done."""
    database: Database = worlds.make(stage)
    port = _free_port()
    settings = settings_for(database, folder, base_url=f"http://127.0.0.1:{port}")
    site: list[Site] = []
    thread = threading.Thread(target=lambda: asyncio.run(_run(settings, port, site)))
    thread.start()
    try:
        wait_until(lambda: _answers(settings), seconds=60, what="Serving the pages")
        yield site[0]
    finally:
        site[0].loop.call_soon_threadsafe(site[0].stop)
        thread.join(20)
    worlds.drop(database)


async def _run(settings: Settings, port: int, site: list[Site]) -> None:
    engine = make_engine(settings.database_url)
    server = Server(create_app(settings), port=port, interface=Interfaces.ASGI, log_enabled=False)
    sessions = make_sessions(engine, settings)
    site.append(Site(settings, sessions, asyncio.get_running_loop(), server.stop))
    try:
        await server.serve()
    finally:
        await engine.dispose()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(settings: Settings) -> bool:
    try:
        return httpx.get(f"{settings.base_url}/healthz", timeout=2).status_code == 200
    except httpx.TransportError:
        return False
