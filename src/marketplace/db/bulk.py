"""Many rows at once: a plan of a county is tens of thousands."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from directory.copying import copy_records


async def copy_rows(session: AsyncSession, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows by COPY, inside the session's transaction; all have the columns of the first."""
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
    await copy_records(session, target.name, columns=columns, records=records)
