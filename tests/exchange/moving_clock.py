"""A clock that moves: everything in the database grows older by a day, so that now is a day later.

Python's clock and the database's stay as they are, and agree, as they do in a real council.
"""

import asyncpg

from marketplace.db.session import asyncpg_url

COLUMNS = """
SELECT table_name, column_name, data_type FROM information_schema.columns
JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND is_generated = 'NEVER'
AND data_type IN ('timestamp with time zone', 'date') ORDER BY 1, 2
"""
FAR = 100_000


async def pass_days(owner_url: str, days: int = 1) -> None:
    """Move every time and every day of every table back, in one transaction."""
    plain = asyncpg_url(owner_url).replace("postgresql+asyncpg://", "postgresql://", 1)
    connection = await asyncpg.connect(plain)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL acting.kind = 'exchange'")
            for statement in await _statements(connection, days):
                await connection.execute(statement)
    finally:
        await connection.close()


async def _statements(connection: asyncpg.Connection, days: int) -> list[str]:
    tables: dict[str, list[tuple[str, str]]] = {}
    for table, name, kind in await connection.fetch(COLUMNS):
        tables.setdefault(table, []).append((name, kind))
    statements = []
    for table, columns in tables.items():
        # A row a day may be unique: all go far away first, so that none meets its neighbour.
        has_days = any(kind == "date" for _, kind in columns)
        for by in (FAR, days - FAR) if has_days else (days,):
            changes = ", ".join(_moved(name, kind, by) for name, kind in columns)
            statements.append(f'UPDATE "{table}" SET {changes}')  # noqa: S608 - from the catalogue
    return statements


def _moved(name: str, kind: str, days: int) -> str:
    by = f"({days})" if kind == "date" else f"interval '{days} days'"
    return f'"{name}" = "{name}" - {by}'
