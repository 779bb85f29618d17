"""One PostgreSQL a run, migrated once; each test has a copy of that database for itself."""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

import asyncpg
import hypothesis
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.embedded import Cluster, remove_cluster, start_cluster
from marketplace.db.migrate import migrate
from marketplace.db.session import Sessions, make_engine, make_sessions, transaction
from marketplace.settings import Settings

# The machine is shared: no test fails because it was slow.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")

SYSTEM_POSTGRESQL = Path("/usr/lib/postgresql/15/bin")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Database:
    owner_url: str
    application_url: str


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    yield from _run_cluster(nullcontext())


@pytest.fixture(scope="session")
def system_cluster() -> Iterator[Cluster]:
    """A PostgreSQL 15 as Debian ships it: our SQL must stay within it."""
    if not (SYSTEM_POSTGRESQL / "postgres").exists():
        pytest.skip("there is no PostgreSQL 15 of the system's on this machine")
    with tempfile.TemporaryDirectory(prefix="marketplace-postgresql-15-") as folder:
        programs = _older_programs(Path(folder))
        older = patch("marketplace.db.embedded.server.find_programs", lambda _: programs)
        yield from _run_cluster(older)


def _older_programs(folder: Path) -> Path:
    """The system's programs, without the words that PostgreSQL 15 does not know yet."""
    folder.chmod(0o755)
    for name in ("initdb", "postgres"):
        script = folder / name
        script.write_text(
            "#!/bin/sh\n"
            "for word; do shift; case $word in --locale-provider=*|--builtin-locale=*) ;; "
            '*) set -- "$@" "$word" ;; esac; done\n'
            f'exec {SYSTEM_POSTGRESQL / name} "$@"\n'
        )
        script.chmod(0o755)
    return folder


def _run_cluster(programs: AbstractContextManager[object]) -> Iterator[Cluster]:
    """Only the start is under `programs`: other tests start servers of their own meanwhile."""
    folder = Path(tempfile.mkdtemp(prefix="marketplace-test-"))
    folder.chmod(0o755)
    try:
        with programs:
            cluster = start_cluster(folder, durable=False)
        asyncio.run(migrate(cluster.owner_url, cluster.application_url))
        yield cluster
    finally:
        remove_cluster(folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    yield from _clone(cluster)


@pytest.fixture
def system_database(system_cluster: Cluster) -> Iterator[Database]:
    yield from _clone(system_cluster)


def _clone(cluster: Cluster) -> Iterator[Database]:
    name = f"test_{next(_numbers)}"
    template = urlsplit(cluster.owner_url)
    maintenance = template._replace(path="/postgres").geturl()
    asyncio.run(_execute(maintenance, f"CREATE DATABASE {name} TEMPLATE marketplace"))
    try:
        yield Database(
            owner_url=template._replace(path=f"/{name}").geturl(),
            application_url=urlsplit(cluster.application_url)._replace(path=f"/{name}").geturl(),
        )
    finally:
        asyncio.run(_execute(maintenance, f"DROP DATABASE {name}"))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def clone_database(cluster: Cluster) -> Callable[[], AbstractContextManager[Database]]:
    """One more whenever it is asked: for a test that begins anew many times."""
    return lambda: contextmanager(_clone)(cluster)


@pytest.fixture
def database_url(database: Database) -> str:
    return database.application_url


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> Settings:
    return Settings(
        base_url="http://testserver.local",
        secret_keys=("a-key-for-tests-only-0123456789abcdef",),
        database_url=database.application_url,
        migration_database_url=database.owner_url,
        mail_url=f"folder://{tmp_path / 'mail'}",
        data_dir=tmp_path,
        demo=True,
    )


@pytest.fixture
async def sessions(settings: Settings) -> AsyncIterator[Sessions]:
    engine = make_engine(settings.database_url, pool_size=20, max_overflow=0)
    yield make_sessions(engine, settings)
    await engine.dispose()


@pytest.fixture
async def session(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """Committed at the end, so that constraints are asked too."""
    async with transaction(sessions, EXCHANGE) as session:
        yield session
