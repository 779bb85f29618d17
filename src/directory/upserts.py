"""Adds or changes many rows in one statement."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, ColumnElement, column, func, literal, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from directory.base import Base

Values = dict[str, Any]
# Given the row that was refused, as PostgreSQL names it, the columns that are worked out.
WorkOut = Callable[[Any], Mapping[str, ColumnElement[Any]]]


@dataclass(frozen=True, slots=True)
class Changes:
    added: int
    changed: int


async def upsert(
    session: AsyncSession,
    model: type[Base],
    rows: Sequence[Values],
    *,
    key: Sequence[str],
    only_when_new: Sequence[str] = (),
    worked_out: WorkOut = lambda _excluded: {},
) -> Changes:
    """Change a row only where it says something new, so that the same rows again change nothing.

    In one statement foreign keys are checked at its end: a row may stand above what it points to.
    """
    if not rows:
        return Changes(added=0, changed=0)
    table, names = model.__table__, list(rows[0])
    given = (
        func.jsonb_to_recordset(literal(_as_json(rows), JSONB))
        .table_valued(*[column(name, table.c[name].type) for name in names])
        .render_derived(with_types=True)
    )
    statement = insert(model).from_select(names, select(*[given.c[name] for name in names]))
    told = [name for name in names if name not in {*key, *only_when_new}]
    new = {name: statement.excluded[name] for name in told}
    statement = statement.on_conflict_do_update(
        index_elements=key,
        set_={**new, **worked_out(statement.excluded)},
        where=tuple_(*[table.c[name] for name in told]).is_distinct_from(tuple_(*new.values())),
    )
    # A row that this statement added has been ended by no transaction.
    was_added: ColumnElement[bool] = literal_column("xmax = 0", Boolean)
    added = list(await session.scalars(statement.returning(was_added)))
    return Changes(added=added.count(True), changed=added.count(False))


def _as_json(rows: Sequence[Values]) -> list[Values]:
    return [{name: _as_json_value(value) for name, value in row.items()} for row in rows]


def _as_json_value(value: Any) -> Any:
    plain = value is None or isinstance(value, str | int | float | tuple | list | dict)
    return value if plain else str(value)
