"""Records that a program sent, as a sheet: whatever is asked of a file's row is asked of them."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from directory.spreadsheets.report import Fault
from directory.spreadsheets.sheet import CONTROL_CHARACTER, Sheet, SheetRow


def sheet_of(records: Sequence[Mapping[str, str]], *, header: Iterable[str]) -> Sheet:
    """Number the records from 0, as programs do; a cell that is not there is blank."""
    names = tuple(header)
    rows = tuple(
        SheetRow(number, {name: _clean(record.get(name, "")) for name in names})
        for number, record in enumerate(records)
    )
    return Sheet(header=names, rows=rows, faults=tuple(_find_hidden(rows)))


def _clean(cell: str) -> str:
    return unicodedata.normalize("NFC", cell).strip()


def _find_hidden(rows: Sequence[SheetRow]) -> Iterator[Fault]:
    for row in rows:
        for name, cell in row.cells.items():
            if CONTROL_CHARACTER.search(cell):
                shown = CONTROL_CHARACTER.sub("�", cell)
                yield Fault(row.number, name, shown, "take out the hidden character.")
