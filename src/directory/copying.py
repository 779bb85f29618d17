"""Many rows at once by COPY, into tables that guard their rows."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession


async def copy_records(
    session: AsyncSession, table: str, *, columns: Sequence[str], records: Iterable[Any]
) -> int:
    """Store records inside the session's transaction; how many there were.

    By way of a table of this transaction's own: PostgreSQL copies into none that guards its rows.
    """
    connection = await session.connection()
    raw: Any = (await connection.get_raw_connection()).driver_connection
    # SQLAlchemy begins lazily: without a statement before, this would commit by itself.
    if not raw.is_in_transaction():
        raise RuntimeError("rows are stored inside the session's transaction")
    named = ", ".join(columns)
    await raw.execute(
        f'CREATE TEMP TABLE brought AS SELECT {named} FROM "{table}" WITH NO DATA'  # noqa: S608 - names of our own tables
    )
    await raw.copy_records_to_table("brought", records=records, columns=columns)
    done: str = await raw.execute(f'INSERT INTO "{table}" ({named}) SELECT {named} FROM brought')  # noqa: S608 - as above
    await raw.execute("DROP TABLE brought")
    return int(done.rpartition(" ")[2])
