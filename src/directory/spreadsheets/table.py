from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from directory.spreadsheets.cells import CellFault
from directory.spreadsheets.report import Fault, Report, UnreadableSheet
from directory.spreadsheets.sheet import Sheet, SheetRow, read_sheet

T = TypeVar("T")

MOST_FAULTS = 100_000
FAULTS_SHOWN_OF_TOO_MANY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """How a column is read; `field` is its name in the row type where that has a unit."""

    read: Callable[[str], Any]
    required: bool = False
    in_header: bool = False  # the column must be there, though a cell in it may be blank
    default: Any = None
    field: str = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row under way; `values` lacks every field whose cell has a fault."""

    number: int
    cells: Mapping[str, str]
    values: Mapping[str, Any]

    def fault(self, column: str, what_to_do: str) -> Fault:
        return Fault(self.number, column, self.cells.get(column, ""), what_to_do)

    def lacks(self, *fields: str) -> bool:
        """Say whether one was left blank, which is not the same as filled in wrongly."""
        return any(field in self.values and not self.values[field] for field in fields)


def read_table(
    data: bytes,
    *,
    columns: Mapping[str, Column],
    row_type: Callable[..., T],
    check: Callable[[Sequence[TableRow]], Iterable[Fault]],
    may_have_no_rows: bool = False,
) -> Report[T]:
    required = [name for name, column in columns.items() if column.required or column.in_header]
    sheet = read_sheet(data, known=columns, required=required, may_have_no_rows=may_have_no_rows)
    return check_sheet(sheet, columns=columns, row_type=row_type, check=check)


def check_sheet(
    sheet: Sheet,
    *,
    columns: Mapping[str, Column],
    row_type: Callable[..., T],
    check: Callable[[Sequence[TableRow]], Iterable[Fault]],
) -> Report[T]:
    """Check what was read already, from a file or from elsewhere."""
    faults = list(sheet.faults)
    rows = []
    for row in sheet.rows:
        rows.append(_read_row(row, columns=columns, faults=faults))
        _stop_at_too_many(faults)
    faults.extend(check(rows))
    bad = {fault.row for fault in faults}
    report = Report(
        header=sheet.header,
        cells={row.number: tuple(row.cells[name] for name in sheet.header) for row in sheet.rows},
        good={row.number: row_type(**row.values) for row in rows if row.number not in bad},
    )
    return report.with_faults(faults)


def _stop_at_too_many(faults: Sequence[Fault]) -> None:
    """Keep a small file of nothing but faults from filling the memory with advice."""
    if len(faults) > MOST_FAULTS:
        advice = (
            f"More than {MOST_FAULTS:,} cells need work. Correct the columns that the first "
            "rows show, then bring the file again."
        )
        raise UnreadableSheet(Fault(None, "", "", advice), *faults[:FAULTS_SHOWN_OF_TOO_MANY])


def _read_row(row: SheetRow, *, columns: Mapping[str, Column], faults: list[Fault]) -> TableRow:
    values = {}
    for name, column in columns.items():
        cell = row.cells.get(name, "")
        try:
            given = cell or column.required
            values[column.field or name] = column.read(cell) if given else column.default
        except CellFault as fault:
            faults.append(Fault(row.number, name, cell, str(fault)))
    return TableRow(row.number, row.cells, values)


def find_repeats(rows: Sequence[TableRow], key: Sequence[str]) -> Iterator[Fault]:
    first_with: dict[tuple[Any, ...], int] = {}
    for row in rows:
        if not all(field in row.values for field in key):
            continue
        first = first_with.setdefault(tuple(row.values[field] for field in key), row.number)
        if first != row.number:
            named = " and ".join([", ".join(key[:-1]), key[-1]]) if key[1:] else key[0]
            yield row.fault(
                key[0], f"this row repeats row {first}: the same {named}. Keep one of them."
            )


def find_disagreements(
    rows: Sequence[TableRow], *, key: str, columns: Mapping[str, Column], names: Sequence[str]
) -> Iterator[Fault]:
    """Find rows that say two things of one family or one provider."""
    first_with: dict[tuple[Any, str], TableRow] = {}
    for row in rows:
        for name in names:
            field = columns[name].field or name
            if key not in row.values or field not in row.values:
                continue
            first = first_with.setdefault((row.values[key], name), row)
            if first.values[field] != row.values[field]:
                there = first.cells.get(name) or "nothing"
                yield row.fault(
                    name,
                    f"row {first.number} says “{there}” for the same {key}. "
                    "Find out which is right and write it in both rows.",
                )
