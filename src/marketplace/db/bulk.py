"""Many rows at once: a plan of a county is tens of thousands."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession


async def copy_rows(session: AsyncSession, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows by COPY, inside the session's transaction; all have the columns of the first.

    By way of a table of this transaction's own: PostgreSQL copies into none that guards its rows.
    """
    if not rows:
        return
    target: Table = table.__table__
    columns = list(rows[0])
    is_json = [isinstance(target.columns[name].type, JSONB) for name in columns]
    records = [
        tuple(
            json.dumps(row[name]) if as_json else row[name]
            for name, as_json in zip(columns, is_json, strict=True)
        )
        for row in rows
    ]
    connection = await session.connection()
    raw: Any = (await connection.get_raw_connection()).driver_connection
    # SQLAlchemy begins lazily: without a statement before, this would commit by itself.
    if not raw.is_in_transaction():
        raise RuntimeError("rows are stored inside the session's transaction")
    named = ", ".join(columns)
    await raw.execute(
        f'CREATE TEMP TABLE brought AS SELECT {named} FROM "{target.name}" WITH NO DATA'  # noqa: S608 - names of our own tables
    )
    await raw.copy_records_to_table("brought", records=records, columns=columns)
    await raw.execute(f'INSERT INTO "{target.name}" ({named}) SELECT {named} FROM brought')  # noqa: S608 - as above
    await raw.execute("DROP TABLE brought")
