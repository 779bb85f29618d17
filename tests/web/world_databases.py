"""Databases of the small world at four stages: each built once a run, then cloned for each test."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg
import small_world

from marketplace.db.acting import EXCHANGE
from marketplace.db.embedded import Cluster
from marketplace.db.session import Sessions, make_engine, make_sessions, transaction
from marketplace.settings import Settings

KEY = "a-key-for-tests-only-0123456789abcdef"
T = TypeVar("T")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Database:
    owner_url: str
    application_url: str


async def _build_ground(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await small_world.build_ground(session)


# Each stage goes on from the one before it.
STAGES: dict[str, tuple[str, Callable[[Sessions], Coroutine[Any, Any, None]]]] = {
    "ground": ("marketplace", _build_ground),
    "drafted": ("ground", small_world.build_draft),
    "approved": ("drafted", small_world.build_approved),
    "claimed": ("approved", small_world.build_claimed),
}


@dataclass
class Worlds:
    cluster: Cluster
    folder: Path
    built: set[str] = field(default_factory=set)
    number: int = field(default_factory=lambda: next(_numbers))

    def make(self, stage: str) -> Database:
        """A database of its own at this stage."""
        self._build(stage)
        database = self._database(f"world_{next(_numbers)}")
        self._run(f"CREATE DATABASE {_name(database)} TEMPLATE {self._template(stage)}")
        return database

    def drop(self, database: Database) -> None:
        self._run(f"DROP DATABASE {_name(database)}")

    def _build(self, stage: str) -> None:
        if stage in self.built:
            return
        before, step = STAGES[stage]
        if before in STAGES:
            self._build(before)
        template = self._template(before) if before in STAGES else before
        self._run(f"CREATE DATABASE {self._template(stage)} TEMPLATE {template}")
        run_apart(self._take_step(self._database(self._template(stage)), step))
        self.built.add(stage)

    def _template(self, stage: str) -> str:
        return f"world_{self.number}_{stage}"

    async def _take_step(
        self, database: Database, step: Callable[[Sessions], Coroutine[Any, Any, None]]
    ) -> None:
        settings = settings_for(database, self.folder)
        engine = make_engine(settings.database_url)
        try:
            await step(make_sessions(engine, settings))
        finally:
            await engine.dispose()

    def _database(self, name: str) -> Database:
        def at(url: str) -> str:
            return urlsplit(url)._replace(path=f"/{name}").geturl()

        return Database(at(self.cluster.owner_url), at(self.cluster.application_url))

    def _run(self, statement: str) -> None:
        owner = urlsplit(self.cluster.owner_url)._replace(path="/postgres").geturl()
        run_apart(_execute(owner, statement))


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: a browser that is open holds this thread's loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def settings_for(database: Database, folder: Path, *, base_url: str = "") -> Settings:
    return Settings(
        base_url=base_url or "http://testserver.local",
        secret_keys=(KEY,),
        database_url=database.application_url,
        migration_database_url=database.owner_url,
        mail_url=f"folder://{folder / 'mail'}",
        data_dir=folder,
        demo=True,
    )


def _name(database: Database) -> str:
    return urlsplit(database.owner_url).path.removeprefix("/")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
