"""A real database, migrated as the product's is; nothing that a test stores stays in it."""

import os
import uuid
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.migrate import migrate
from marketplace.db.session import make_engine


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database_url() -> AsyncIterator[str]:
    server = os.environ.get("TEST_DATABASE_SERVER")
    if not server:
        pytest.skip("set TEST_DATABASE_SERVER to a PostgreSQL where databases may be made")
    name = f"directory_test_{uuid.uuid4().hex[:8]}"
    url = urlsplit(server)._replace(path=f"/{name}").geturl()
    connection = await asyncpg.connect(server)
    await connection.execute(f"CREATE DATABASE {name}")
    try:
        await migrate(url)
        yield url
    finally:
        # Not WITH (FORCE): an owner may not end autovacuum so, while a plain drop waits for it.
        await connection.execute(f"DROP DATABASE {name}")
        await connection.close()


@pytest_asyncio.fixture
async def session(database_url: str) -> AsyncIterator[AsyncSession]:
    engine = make_engine(database_url)
    async with AsyncSession(engine, expire_on_commit=False, autoflush=False) as session:
        yield session
        await session.rollback()
    await engine.dispose()
