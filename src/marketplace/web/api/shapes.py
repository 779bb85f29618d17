"""Kinds of values that several nouns share, each with its bounds."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any

import msgspec

from directory.spreadsheets.report import Fault as CellFault
from marketplace.web.api.problems import Fault

Meta = msgspec.Meta
NOTHING: Any = msgspec.field(default_factory=list)

MOST_PENCE = 1_000_000_000
MOST_RECORDS = 20_000
# 20,000 records with all their fields filled in.
RECORDS_BYTES = 16_000_000
BODY_BYTES = 65_536

Ref = Annotated[str, Meta(min_length=1, max_length=100, description="The family's pseudonym.")]
Code = Annotated[str, Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=50)]
Word = Annotated[str, Meta(pattern="^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$", max_length=35)]
Pence = Annotated[int, Meta(ge=0, le=MOST_PENCE)]


class Taken(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The base of what is sent: a field that nobody knows is refused by its name."""


def as_cells(record: msgspec.Struct, columns: Mapping[str, str]) -> dict[str, str]:
    """A record as a row of a sheet; `columns`: field → column, where the names differ."""
    return {
        columns.get(name, name): _as_cell(name, getattr(record, name))
        for name in record.__struct_fields__
        if getattr(record, name) is not None
    }


def _as_cell(name: str, value: Any) -> str:
    if name.endswith("_pence"):
        return f"{value // 100}.{value % 100:02d}"
    if isinstance(value, list):
        return ";".join(map(str, value))
    if isinstance(value, float):
        return f"{value:.6f}"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)


def faults_of(faults: Iterable[CellFault], columns: Mapping[str, str]) -> list[Fault]:
    """In the names that the program used."""
    fields = {column: field for field, column in columns.items()}
    return list(_faults(faults, fields))


def _faults(faults: Iterable[CellFault], fields: Mapping[str, str]) -> Iterator[Fault]:
    for one in faults:
        field = fields.get(one.column, one.column)
        yield Fault(index=one.row, field=field, what_to_do=one.what_to_do)
