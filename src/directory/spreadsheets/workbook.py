"""An Excel workbook as rows of text, read one after the other and never unpacked past a limit."""

import io
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from directory.spreadsheets.report import Fault, UnreadableSheet

MAGIC = b"PK\x03\x04"
# A file of 20 MB can be made to unpack to 20 GB; an honest one unpacks to a tenth of this.
MOST_UNPACKED_BYTES = 200_000_000
CHUNK_BYTES = 1_000_000
NOT_A_WORKBOOK = (
    "This is a zipped file that is no Excel workbook (.xlsx), or one that is broken. "
    "Open it in Excel, save it again, then bring that file."
)
BROKEN = (
    InvalidFileException,
    KeyError,
    OSError,
    ParseError,
    ValueError,
    NotImplementedError,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
)

Records = Iterator[tuple[int, list[str]]]


def read_workbook(data: bytes, *, count_names: Callable[[list[str]], int]) -> Records:
    """Yield numbered rows of the sheet whose first row `count_names` knows best."""
    _refuse_bombs(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        headers = {sheet: next(_rows(sheet), (0, []))[1] for sheet in book.worksheets}
        best = max(headers, key=lambda sheet: count_names(headers[sheet]), default=None)
        if best is not None:
            yield from _rows(best)
    except BROKEN as error:
        raise UnreadableSheet(Fault(None, "", "", NOT_A_WORKBOOK)) from error


def _refuse_bombs(data: bytes) -> None:
    """Unpack once, counting, since what a zipped file says of its size may be a lie."""
    try:
        is_too_large = _unpacks_past(MOST_UNPACKED_BYTES, data)
    except (*BROKEN, RuntimeError) as error:
        raise UnreadableSheet(Fault(None, "", "", NOT_A_WORKBOOK)) from error
    if is_too_large:
        advice = "The workbook is too large inside. Split it into smaller ones."
        raise UnreadableSheet(Fault(None, "", "", advice))


def _unpacks_past(most: int, data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            with archive.open(entry) as part:
                while chunk := part.read(CHUNK_BYTES):
                    most -= len(chunk)
                    if most < 0:
                        return True
    return False


def _rows(sheet: Any) -> Records:
    # What the file says of a sheet's extent may be wrong as well.
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        texts = [_as_text(cell) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            yield number, texts


def _as_text(cell: Any) -> str:
    """As a person reads it: 12 and not 12.0, yes and not TRUE, a day without its midnight."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return (cell.date() if cell.time() == time.min else cell).isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    # As in text files: “é” can be written as one character or as two.
    return unicodedata.normalize("NFC", str(cell)).strip()
