import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spreadsheet_files import TAXONOMY, columns_at_fault, write_csv

from directory.spreadsheets import table
from directory.spreadsheets.evidence import EvidenceRow, read_evidence
from directory.spreadsheets.report import (
    Fault,
    Report,
    UnreadableSheet,
    make_inert,
    undo_inert,
)

GOOD = {
    "need": "parenting",
    "kind": "group",
    "level": "2",
    "effect_low": "0.05",
    "effect_central": "0.1",
    "effect_high": "0.2",
    "source": "a guess",
    "year": "2026",
}


def read(*rows: dict[str, str]) -> Report[EvidenceRow]:
    return read_evidence(write_csv([GOOD | row for row in rows]), taxonomy=TAXONOMY)


def read_back(report: Report[EvidenceRow]) -> list[dict[str, str]]:
    text = report.faulty_rows_as_csv().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_fault_reads_as_a_sentence() -> None:
    advice = "give a number from 0 to 1, such as 0.35"
    assert str(Fault(2, "likelihood", "1,4", advice)) == f"likelihood “1,4”: {advice}"
    assert str(Fault(2, "likelihood", "", advice)) == f"likelihood: {advice}"
    assert str(Fault(2, "", "1,4", advice)) == f"“1,4”: {advice}"
    assert str(Fault(None, "", "", advice)) == advice
    assert str(Fault(2, "name", "x" * 61, advice)) == f"name “{'x' * 59}…”: {advice}"


def test_faults_stand_in_reading_order() -> None:
    report = read({"year": "x", "need": "x", "kind": ""}, {"level": "9"})
    assert [(fault.row, fault.column) for fault in report.faults] == [
        (2, "need"),
        (2, "kind"),
        (2, "year"),
        (3, "level"),
    ]


def test_a_caller_adds_faults_of_its_own() -> None:
    report = read({}, {"level": "3"}, {"year": "x", "kind": "charity"})
    fault = Fault(3, "need", "parenting", "we already know a better figure.")
    more = report.with_faults([fault])
    assert fault in more.faults
    assert (more.good_count, more.faulty_count) == (1, 2)
    assert (report.good_count, report.faulty_count) == (2, 1)
    assert more.with_faults([fault]).faults == more.faults


def test_a_fault_of_the_whole_file_leaves_no_row_out() -> None:
    report = read({}).with_faults([Fault(None, "", "", "another import is running.")])
    assert not report.is_fine
    assert (report.good_count, report.faulty_count) == (1, 0)


def test_faulty_rows_are_given_back_with_what_to_do() -> None:
    report = read({}, {"year": "x", "level": "9"})
    (row,) = read_back(report)
    assert row.pop("what to do").splitlines() == [str(fault) for fault in report.faults]
    assert row == GOOD | {"year": "x", "level": "9"}


def test_a_row_given_back_and_brought_again_has_the_same_faults() -> None:
    report = read({"year": "x", "source": "=1+1"}, {"kind": "club", "source": "'+ £5, Zoë"})
    again = read_evidence(report.faulty_rows_as_csv(), taxonomy=TAXONOMY)
    assert columns_at_fault(again) == columns_at_fault(report)
    assert again.cells == report.cells


@pytest.mark.parametrize("start", list("=+-@"))
def test_a_cell_that_could_be_a_formula_is_made_inert(start: str) -> None:
    (row,) = read_back(read({"source": f"{start}cmd|' /C calc'!A0", "year": "x"}))
    assert row["source"] == f"'{start}cmd|' /C calc'!A0"


@given(cell=st.text(alphabet="=+-@\t\r\n'a ", max_size=6))
def test_what_is_inert_starts_no_formula_and_can_be_undone(cell: str) -> None:
    inert = make_inert(cell)
    assert not inert.startswith(("=", "+", "-", "@", "\t", "\r"))
    if inert != cell:
        assert undo_inert(inert) == cell


def test_a_file_of_nothing_but_faults_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MOST_FAULTS", 10)
    monkeypatch.setattr(table, "FAULTS_SHOWN_OF_TOO_MANY", 3)
    rows = [{"year": "x", "source": f"guess {number}"} for number in range(11)]
    with pytest.raises(UnreadableSheet, match="More than 10 cells need work") as caught:
        read(*rows)
    assert [fault.row for fault in caught.value.faults] == [None, 2, 3, 4]
