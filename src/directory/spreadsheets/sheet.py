import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from directory.spreadsheets.report import (
    ADVICE_COLUMN,
    LONGEST_SHOWN_VALUE,
    Fault,
    UnreadableSheet,
    undo_inert,
)

MOST_BYTES = 20_000_000
MOST_COLUMNS = 200
MOST_ROWS = 200_000
LONGEST_CELL = 10_000

DELIMITERS = ",;\t"
# while the delimiter is still unknown, a row of nothing but delimiters is blank too
BLANK = f" \xa0\r\n{DELIMITERS}"
# a tab and line ends are what a person may type into a cell
CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
SAVE_AS_CSV = "Open it and save it as “CSV UTF-8 (comma delimited)”, then bring that file."
OTHER_FILES = {
    b"PK\x03\x04": "This is an Excel workbook (.xlsx) or another zipped file, not a CSV file.",
    b"\xd0\xcf\x11\xe0": "This is an old Excel workbook (.xls), not a CSV file.",
    b"%PDF": "This is a PDF, not a CSV file.",
}


@dataclass(frozen=True, slots=True)
class SheetRow:
    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    header: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    faults: tuple[Fault, ...]


def read_sheet(
    data: bytes,
    *,
    known: Collection[str],
    required: Collection[str],
    may_have_no_rows: bool = False,
) -> Sheet:
    """Read cells as text; `known` and `required` are column names in normal form."""
    # Any other kind of file joins here: rows of cells, each with its number.
    records, has_control_characters = _open_csv(data, known=known)
    header_number, names = next(records, (0, []))
    if not names:
        raise _whole_file(
            "The file is empty. Bring one with a header row and a row for each entry."
        )
    header = [_normalise(name) for name in names]
    _check_header(header_number, header, known=known, required=required)
    rows: list[SheetRow] = []
    faults: list[Fault] = []
    for number, cells in records:
        if len(rows) == MOST_ROWS:
            raise _whole_file(
                f"The file has more than {MOST_ROWS:,} rows. Split it into smaller files."
            )
        faults.extend(_find_cell_faults(number, header, cells, look=has_control_characters))
        rows.append(_name_cells(number, header, cells))
    if not rows and not may_have_no_rows:
        raise _whole_file("The file has a header and no rows. Add a row for each entry.")
    return Sheet(
        header=tuple(name for name in header if name in known),
        rows=tuple(rows),
        faults=tuple(faults),
    )


def _open_csv(
    data: bytes, *, known: Collection[str]
) -> tuple[Iterator[tuple[int, list[str]]], bool]:
    text = _decode(data)
    # looked for once here, since most files have none and cells are many
    has_control_characters = CONTROL_CHARACTER.search(text) is not None
    return _records(text, delimiter=_find_delimiter(text, known=known)), has_control_characters


def _decode(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise _whole_file(
            f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it into smaller files."
        )
    for magic, what_it_is in OTHER_FILES.items():
        if data.startswith(magic):
            raise _whole_file(f"{what_it_is} {SAVE_AS_CSV}")
    try:
        text = data.decode(_find_encoding(data))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        advice = f"Near line {line} there are bytes that are no letters. {SAVE_AS_CSV}"
        raise _whole_file(advice) from error
    # “é” can be written as one character or as two; a family must not become two by it
    return unicodedata.normalize("NFC", text)


def _find_encoding(data: bytes) -> str:
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _find_delimiter(text: str, *, known: Collection[str]) -> str:
    """Take the delimiter under which the header names most columns that we know."""

    def count_names(delimiter: str) -> tuple[int, int]:
        try:
            _, names = next(_records(text, delimiter=delimiter), (0, []))
        except UnreadableSheet:  # quoted names do, under the wrong delimiter
            return 0, 0
        return sum(_normalise(name) in known for name in names), len(names)

    return max(DELIMITERS, key=count_names)


def _records(text: str, *, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield records numbered as in Excel: blank rows count, lines inside a cell do not."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            advice = (
                'a quotation mark (") is opened and not closed here, or one stands inside a '
                'value. Close it, or write it twice ("").'
            )
            raise UnreadableSheet(Fault(number, "", "", advice)) from error
        if cells is None:
            return
        if any(cell.strip(BLANK) for cell in cells):
            yield number, cells


def _normalise(name: str) -> str:
    return re.sub(r"[\s\-]+", "_", name.strip().lower())


def _check_header(
    number: int, header: Sequence[str], *, known: Collection[str], required: Collection[str]
) -> None:
    if len(header) > MOST_COLUMNS:
        advice = f"the header has more than {MOST_COLUMNS} columns. Take out those not needed."
        raise UnreadableSheet(Fault(number, "", "", advice))
    if any(CONTROL_CHARACTER.search(name) for name in header):
        advice = f"the header has characters that are no letters. {SAVE_AS_CSV}"
        raise UnreadableSheet(Fault(number, "", "", advice))
    faults = [*_find_header_faults(number, header, known=known, required=required)]
    if faults:
        raise UnreadableSheet(*faults)


def _find_header_faults(
    number: int, header: Sequence[str], *, known: Collection[str], required: Collection[str]
) -> Iterator[Fault]:
    for name in dict.fromkeys(header):
        if name and name not in known and name != _normalise(ADVICE_COLUMN):
            advice = f"we do not know this column. Take it out, or use one of: {', '.join(known)}."
            yield Fault(number, name[:LONGEST_SHOWN_VALUE], "", advice)
        elif name and header.count(name) > 1:
            yield Fault(number, name, "", "this column stands here twice. Keep one of them.")
    for name in required:
        if name not in header:
            advice = "this column is missing. Add it to the header and fill it in."
            yield Fault(number, name, "", advice)


def _name_cells(number: int, header: Sequence[str], cells: Sequence[str]) -> SheetRow:
    padded = [*cells, *[""] * (len(header) - len(cells))]
    named = zip(header, padded, strict=False)  # cells past the header are faults already
    return SheetRow(number, {name: _clean(cell) for name, cell in named if name})


def _clean(cell: str) -> str:
    return undo_inert(cell).replace("\r\n", "\n").replace("\r", "\n").strip()


def _find_cell_faults(
    number: int, header: Sequence[str], cells: Sequence[str], *, look: bool
) -> Iterator[Fault]:
    unnamed = [cell.strip() for cell, name in zip_longest(cells, header) if cell and not name]
    if stray := next(filter(None, unnamed), ""):
        advice = (
            "this value stands under no column name. A value that holds a comma, a "
            "semicolon or a tab must be in quotation marks."
        )
        yield Fault(number, "", stray, advice)
    for name, cell in zip(header, cells, strict=False):
        if len(cell) > LONGEST_CELL:
            advice = f"shorten this to {LONGEST_CELL:,} characters; it has {len(cell):,}."
            yield Fault(number, name, cell[:100], advice)
        if look and (found := CONTROL_CHARACTER.search(cell)):
            advice = f"take out the hidden character after “{cell[: found.start()][-20:]}”."
            yield Fault(number, name, CONTROL_CHARACTER.sub("�", cell), advice)


def _whole_file(advice: str) -> UnreadableSheet:
    return UnreadableSheet(Fault(None, "", "", advice))
