"""Records that a program sent, as a sheet: whatever is asked of a file's row is asked of them."""

import unicodedata
from collections.abc import Iterable, Mapping

from directory.spreadsheets.sheet import Sheet, SheetRow


def sheet_of(records: Mapping[int, Mapping[str, str]], *, header: Iterable[str]) -> Sheet:
    """Each under the number that its sender knows it by; a cell that is not there is blank."""
    names = tuple(header)
    rows = tuple(
        SheetRow(number, {name: _clean(record.get(name, "")) for name in names})
        for number, record in records.items()
    )
    return Sheet(header=names, rows=rows, faults=())


def _clean(cell: str) -> str:
    return unicodedata.normalize("NFC", cell).strip()
