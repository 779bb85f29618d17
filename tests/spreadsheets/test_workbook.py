"""Excel workbooks: the same rows as a CSV file gives, and nothing that fills the memory."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from spreadsheet_files import TAXONOMY, TODAY, write_csv

from directory.spreadsheets import workbook as workbook_module
from directory.spreadsheets.cells import CellFault, month
from directory.spreadsheets.report import UnreadableSheet
from directory.spreadsheets.sheet import Sheet, read_sheet
from marketplace.spreadsheets.needs import read_needs

COLUMNS = ("ref", "name", "days")
HEADER = list(COLUMNS)


def write_xlsx(rows: Sequence[Sequence[Any]], *, before: Sequence[Sequence[Any]] = ()) -> bytes:
    """A workbook; `before` are rows of another sheet that stands first."""
    book = Workbook()
    sheet = book.active
    for row in before:
        sheet.append(row)
    sheet = book.create_sheet("Data") if before else sheet
    for row in rows:
        sheet.append(row)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def read(data: bytes) -> Sheet:
    return read_sheet(data, known=COLUMNS, required=("ref",))


def cells_of(data: bytes) -> list[dict[str, str]]:
    return [row.cells for row in read(data).rows]


word = st.text(alphabet="abé£€ñ", min_size=1, max_size=8)


@given(rows=st.lists(st.tuples(word, word, word), min_size=1, max_size=4))
def test_a_workbook_says_what_the_csv_file_says(rows: list[tuple[str, str, str]]) -> None:
    as_csv = write_csv([dict(zip(COLUMNS, row, strict=True)) for row in rows])
    assert cells_of(write_xlsx([HEADER, *rows])) == cells_of(as_csv)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (12, "12"),
        (12.0, "12"),
        (0.35, "0.35"),
        (True, "yes"),
        (date(2026, 11, 30), "2026-11-30"),
        (datetime(2026, 11, 30, 9, 5), "2026-11-30T09:05:00"),  # noqa: DTZ001 - cells have no zone
        ("  tue ", "tue"),
        ("e\u0301", "é"),
        (None, ""),
    ],
)
def test_a_cell_becomes_what_a_person_reads(cell: object, text: str) -> None:
    assert cells_of(write_xlsx([HEADER, ["1", cell, "x"]]))[0]["name"] == text


def test_rows_are_numbered_as_excel_shows_them() -> None:
    data = write_xlsx([[], HEADER, [], ["1", "a"], ["2", "b"]])
    assert [row.number for row in read(data).rows] == [4, 5]


def test_the_sheet_that_has_our_columns_is_read() -> None:
    data = write_xlsx([HEADER, ["1", "a"]], before=[["Notes about this file"], ["Ask Amina"]])
    assert cells_of(data) == [{"ref": "1", "name": "a", "days": ""}]


def test_a_month_of_birth_may_be_a_date_in_excel() -> None:
    need = {
        "family_ref": "F1",
        "need": "meals",
        "level": 2,
        "likelihood": 0.4,
        "statutory_cost": 900,
        "source": "professional",
        "valid_until": date(2027, 1, 31),
        "area": "IP1 2DE",
        "child_born": date(2019, 5, 1),
    }
    data = write_xlsx([list(need), list(need.values())])
    report = read_needs(data, taxonomy=TAXONOMY, today=TODAY)
    assert [str(fault) for fault in report.faults] == []
    assert [(born.year, born.month) for born in report.rows[0].child_born] == [(2019, 5)]


def test_a_day_of_birth_is_more_than_we_want_to_know() -> None:
    with pytest.raises(CellFault, match="give year and month"):
        month("2019-05-17")


def test_what_unpacks_past_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_xlsx([HEADER, *([str(row), "a", "b"] for row in range(200))])
    assert len(cells_of(data)) == 200
    monkeypatch.setattr(workbook_module, "MOST_UNPACKED_BYTES", 5_000)
    with pytest.raises(UnreadableSheet, match="too large inside"):
        read(data)


def test_a_cell_in_the_furthest_corner_fills_no_memory() -> None:
    book = Workbook()
    for row in (HEADER, ["1", "a", "b"]):
        book.active.append(row)
    book.active.cell(row=1_048_576, column=16_384, value="far")
    held = io.BytesIO()
    book.save(held)
    (fault,) = read(held.getvalue()).faults
    assert (fault.row, fault.value) == (1_048_576, "far")


def replaced(data: bytes, name: str, content: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(held, "w") as new:
        for entry in old.namelist():
            new.writestr(entry, content if entry == name else old.read(entry))
    return held.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<worksheet>",
        b'<!DOCTYPE a [<!ENTITY b "'
        + b"c" * 100
        + b'">'
        + b"".join(b'<!ENTITY b%d "%s">' % (n, (b"&b%d;" % (n - 1)) * 50) for n in range(1, 9))
        + b"]><worksheet><sheetData>&b8;</sheetData></worksheet>",
    ],
)
def test_a_broken_or_poisoned_sheet_is_refused_in_plain_words(content: bytes) -> None:
    data = replaced(write_xlsx([HEADER, ["1", "a"]]), "xl/worksheets/sheet1.xml", content)
    with pytest.raises(UnreadableSheet, match=r"Excel workbook|file is empty"):
        read(data)


def test_bytes_cut_off_anywhere_never_break_the_reader() -> None:
    data = write_xlsx([HEADER, ["1", "a"]])
    for end in range(4, len(data), 97):
        with pytest.raises(UnreadableSheet):
            read(data[:end])
