from decimal import Decimal

import pytest
from spreadsheet_files import TAXONOMY, write_csv

from directory.spreadsheets.evidence import EvidenceRow, read_evidence
from directory.spreadsheets.report import Report

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


def test_a_row_is_read() -> None:
    assert read({}).rows == [
        EvidenceRow(
            need="parenting",
            kind="group",
            level=2,
            effect_low=Decimal("0.05"),
            effect_central=Decimal("0.1"),
            effect_high=Decimal("0.2"),
            source="a guess",
            year=2026,
        )
    ]


def test_three_equal_effects_are_in_order() -> None:
    assert read({"effect_low": "0.1", "effect_high": "0.10"}).is_fine


@pytest.mark.parametrize(
    ("row", "column", "advice"),
    [
        ({"need": "knitting"}, "need", "the code of a need that we know"),
        ({"kind": "club"}, "kind", "charity, group"),
        ({"level": "4"}, "level", "from 1 to 3"),
        ({"effect_low": "-0.1"}, "effect_low", "from 0 to 1"),
        ({"effect_central": ""}, "effect_central", "from 0 to 1"),
        ({"effect_high": "20%"}, "effect_high", "from 0 to 1"),
        ({"effect_low": "0.15"}, "effect_central", "put the three in order"),
        ({"effect_high": "0.09"}, "effect_central", "put the three in order"),
        ({"source": ""}, "source", "Fill it in"),
        ({"year": "last"}, "year", "from 1950"),
    ],
)
def test_a_bad_row_is_told_where_and_what_to_do(
    row: dict[str, str], column: str, advice: str
) -> None:
    report = read(row)
    assert [(fault.row, fault.column) for fault in report.faults] == [(2, column)]
    assert advice in report.faults[0].what_to_do


def test_a_figure_that_stands_twice_names_the_row_it_repeats() -> None:
    assert read({}, {"level": "3"}, {"kind": "charity"}).is_fine
    report = read({}, {"effect_low": "0.01"})
    assert "repeats row 2" in str(report.faults[0])
