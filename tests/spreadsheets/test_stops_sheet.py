import pytest
from spreadsheet_files import write_csv

from marketplace.spreadsheets.stops import StopRow, read_stops


def test_a_stop_is_read() -> None:
    report = read_stops(write_csv([{"family_ref": "F-1", "reason": "Case-Opened"}]))
    assert report.rows == [StopRow(family_ref="F-1", reason="case-opened")]


def test_an_empty_list_is_brought_on_a_good_day() -> None:
    report = read_stops(b"family_ref,reason\n")
    assert report.is_fine
    assert report.rows == []


def test_a_family_may_stand_twice() -> None:
    rows = [{"family_ref": "F-1", "reason": reason} for reason in ("moved", "moved", "objected")]
    assert read_stops(write_csv(rows)).good_count == 3


@pytest.mark.parametrize(("column", "cell"), [("family_ref", ""), ("reason", "bored")])
def test_a_bad_row_does_not_hide_the_good_ones(column: str, cell: str) -> None:
    good = {"family_ref": "F-1", "reason": "moved"}
    report = read_stops(write_csv([good | {column: cell}, good]))
    assert [(fault.row, fault.column) for fault in report.faults] == [(2, column)]
    assert list(report.good) == [3]
