"""Migrations go up, down and up, with one head, on our PostgreSQL and on the system's."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from directory.base import Base
from marketplace.db import models
from marketplace.db.migrate import migrate, newest_revision, scripts
from marketplace.db.session import make_engine


@pytest.fixture(params=["database", "system_database"])
def each_database(request: pytest.FixtureRequest):  # noqa: ANN201 - a fixture of the conftest's
    return request.getfixturevalue(request.param)


def test_there_is_one_head() -> None:
    assert scripts().get_heads() == [newest_revision()]


def test_files_are_numbered_in_their_order() -> None:
    names = sorted(Path(revision.path).name for revision in scripts().walk_revisions())
    assert [name[:4] for name in names] == [f"{n:04}" for n in range(1, len(names) + 1)]


async def test_down_and_up_again(each_database) -> None:  # noqa: ANN001 - a Database of the conftest's
    await migrate(each_database.owner_url, to="base")
    engine = make_engine(each_database.owner_url, role=None)
    async with engine.connect() as connection:
        left = await connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'jobs')")
        )
        assert {row.tablename for row in left} <= {"alembic_version"}
    await migrate(each_database.owner_url, each_database.application_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


def _differences(connection: Connection) -> list[object]:
    assert models.__all__
    options = {"include_object": lambda _o, name, kind, *_: kind != "table" or name in _ours()}
    context = MigrationContext.configure(connection, opts=options)
    return compare_metadata(context, Base.metadata)


def _ours() -> set[str]:
    return set(Base.metadata.tables)


async def test_the_application_owns_nothing(each_database) -> None:  # noqa: ANN001 - as above
    engine = make_engine(each_database.application_url)
    async with engine.connect() as connection:
        role = await connection.scalar(text("SELECT current_user"))
        owned = await connection.scalar(
            text(
                "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner"
                " WHERE r.rolname = current_user OR r.rolname = session_user"
            )
        )
        assert (role, owned) == ("marketplace_application", 0)
    for forbidden in ("CREATE TABLE mine (a int)", "ALTER TABLE intake ADD COLUMN a int"):
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            async with engine.begin() as connection:
                await connection.execute(text(forbidden))
    await engine.dispose()
