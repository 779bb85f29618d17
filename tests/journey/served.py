"""The application as it is served: pages and worker as processes of their own, on loopback."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from world_databases import Database, Worlds, run_apart, settings_for

from marketplace.db.session import make_engine, make_sessions
from marketplace.demo.loading import make_sign_in_path
from marketplace.demo.servers import processes, wait_until
from marketplace.settings import Settings


@contextmanager
def serve(worlds: Worlds, folder: Path, *, stage: str) -> Iterator[Settings]:
    """The world at a stage, served until the test is done."""
    database: Database = worlds.make(stage)
    port = _free_port()
    settings = settings_for(database, folder, base_url=f"http://127.0.0.1:{port}")
    with processes(settings, port=port):
        wait_until(lambda: _answers(settings), seconds=60, what="Serving the pages")
        yield settings
    worlds.drop(database)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(settings: Settings) -> bool:
    try:
        return httpx.get(f"{settings.base_url}/healthz", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def sign_in_path(settings: Settings, email: str) -> str:
    async def run() -> str:
        engine = make_engine(settings.database_url)
        try:
            return await make_sign_in_path(make_sessions(engine, settings), email)
        finally:
            await engine.dispose()

    return run_apart(run())
