"""Brings a database to the newest form; run by its owner, never by the application."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from marketplace.db.session import APPLICATION_ROLE, make_engine
from marketplace.paths import migrations_dir

# Any constant will do, as long as all who migrate use the same one.
MIGRATION_LOCK = 7_093_001


def scripts() -> ScriptDirectory:
    folder = str(migrations_dir())
    return ScriptDirectory(folder, version_locations=[folder])


def newest_revision() -> str | None:
    return scripts().get_current_head()


async def migrate(
    owner_url: str,
    application_url: str | None = None,
    *,
    secret_keys: Sequence[str] = (),
    to: str = "head",
) -> None:
    """Upgrade (or downgrade) the database, and let the application's login act as its role.

    `secret_keys`: for a step that seals what stands; an empty database needs none.
    """
    engine = make_engine(owner_url, role=None)
    login = unquote(urlsplit(application_url).username or "") if application_url else None
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_migrate_alone, to, login, secret_keys)
    finally:
        await engine.dispose()


def _migrate_alone(
    connection: Connection, to: str, login: str | None, secret_keys: Sequence[str]
) -> None:
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
    connection.commit()
    try:
        _run(connection, to, secret_keys)
        if login:
            quoted = connection.dialect.identifier_preparer.quote_identifier(login)
            connection.execute(text(f"GRANT {APPLICATION_ROLE} TO {quoted}"))
            # Alembic makes this table before any migration runs; /readyz reads it.
            connection.execute(text(f"GRANT SELECT ON alembic_version TO {APPLICATION_ROLE}"))
            connection.commit()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.commit()


def _run(connection: Connection, to: str, secret_keys: Sequence[str]) -> None:
    # Rather fail than queue behind, or hold up, the people who are working.
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.execute(text("SET statement_timeout = '10min'"))
    connection.commit()
    script = scripts()

    def steps(current: Any, _context: Any) -> Any:
        walk = script._upgrade_revs if to == "head" else script._downgrade_revs  # noqa: SLF001 - Alembic's documented way to run without an env.py
        return walk(to, current)

    config = Config()
    config.attributes["secret_keys"] = secret_keys
    with EnvironmentContext(config, script, fn=steps, destination_rev=to) as environment:
        environment.configure(connection=connection, transaction_per_migration=True)
        with environment.begin_transaction():
            environment.run_migrations()
