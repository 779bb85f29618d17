from datetime import date
from decimal import Decimal

import pytest
from spreadsheet_files import TAXONOMY, TODAY, columns_at_fault, write_csv

from directory.spreadsheets.places import Area
from directory.spreadsheets.report import Report, UnreadableSheet
from directory.spreadsheets.words import ANY_TIME
from marketplace.spreadsheets.needs import NeedRow, Source, read_needs

GOOD = {
    "family_ref": "F-1",
    "need": "parenting",
    "level": "2",
    "likelihood": "0.35",
    "statutory_cost": "£1,200.50",
    "source": "model:early-signs@2.1",
    "reasons": "attendance;rent-arrears",
    "valid_until": "31/01/2027",
    "area": "ip12de",
    "child_born": "",
    "language": "",
    "availability": "",
    "access": "",
    "transport": "",
    "places": "",
    "asked_on": "",
    "cost_falls_on": "",
    "cashable": "",
}


def read(*rows: dict[str, str]) -> Report[NeedRow]:
    return read_needs(write_csv([GOOD | row for row in rows]), taxonomy=TAXONOMY, today=TODAY)


def test_a_row_with_only_what_is_required_takes_the_defaults() -> None:
    report = read({})
    assert report.is_fine
    assert report.rows == [
        NeedRow(
            family_ref="F-1",
            need="parenting",
            level=2,
            likelihood=Decimal("0.35"),
            statutory_cost_pence=120_050,
            source=Source(kind="model", name="early-signs", version="2.1"),
            reasons=("attendance", "rent-arrears"),
            valid_until=date(2027, 1, 31),
            area=Area(kind="postcode", code="IP1 2DE"),
            child_born=(),
            languages=("en",),
            availability=ANY_TIME,
            access=(),
            transport=("bus",),
            places=1,
            asked_on=None,
            cost_falls_on=(),
            cashable=Decimal(0),
        )
    ]


@pytest.mark.parametrize(
    ("column", "cell", "field", "expected"),
    [
        ("need", "Debt-Advice", "need", "debt-advice"),
        ("level", "3", "level", 3),
        ("likelihood", "0", "likelihood", Decimal(0)),
        ("likelihood", "1", "likelihood", Decimal(1)),
        ("likelihood", ".5", "likelihood", Decimal("0.5")),
        ("statutory_cost", "1200", "statutory_cost_pence", 120_000),
        ("statutory_cost", "0.1", "statutory_cost_pence", 10),
        ("source", "survey:Autumn visits", "source", Source(kind="survey", name="Autumn visits")),
        ("source", "Professional", "source", Source(kind="professional")),
        ("source", "life-event", "source", Source(kind="life-event")),
        ("reasons", "Attendance", "reasons", ("attendance",)),
        ("valid_until", "2026-11-23", "valid_until", date(2026, 11, 23)),
        ("area", "ip1", "area", Area(kind="outward-code", code="IP1")),
        ("area", "tm 16 44", "area", Area(kind="grid-square", code="TM1644")),
        ("area", "zz993vz", "area", Area(kind="no-fixed-abode", code="ZZ99 3VZ")),
        ("area", "EC1A 1BB", "area", Area(kind="postcode", code="EC1A 1BB")),
        ("child_born", "2023-11;2019-5", "child_born", ((2019, 5), (2023, 11))),
        ("child_born", "2019-05;2019-05", "child_born", ((2019, 5), (2019, 5))),
        ("child_born", "May-19", "child_born", ((2019, 5),)),
        ("child_born", "2027-09", "child_born", ((2027, 9),)),
        ("language", "PL;pt-br", "languages", ("pl", "pt-BR")),
        ("language", "zh-hant-tw", "languages", ("zh-Hant-TW",)),
        (
            "availability",
            "tue-eve; Mon",
            "availability",
            ("mon-am", "mon-pm", "mon-eve", "tue-eve"),
        ),
        ("access", "bsl;step-free;bsl", "access", ("step-free", "bsl")),
        ("transport", "walk;car", "transport", ("car", "walk")),
        ("places", "6", "places", 6),
        ("asked_on", "22/11/2026", "asked_on", date(2026, 11, 22)),
        ("cost_falls_on", "NHS;schools", "cost_falls_on", ("nhs", "schools")),
        ("cashable", "0.25", "cashable", Decimal("0.25")),
    ],
)
def test_a_cell_is_read(column: str, cell: str, field: str, expected: object) -> None:
    report = read({column: cell})
    assert report.faults == ()
    assert getattr(report.rows[0], field) == expected


@pytest.mark.parametrize(
    ("column", "cell", "advice"),
    [
        ("family_ref", "", "Fill it in"),
        ("need", "knitting", "the code of a need that we know, such as debt-advice"),
        ("need", "", "the code of a need that we know"),
        ("level", "4", "this belongs with the front door"),
        ("level", "0", "give 1 (universal)"),
        ("likelihood", "1,4", "give a number from 0 to 1, such as 0.35"),
        ("likelihood", "1.01", "from 0 to 1"),
        ("likelihood", "-0.1", "from 0 to 1"),
        ("likelihood", "nan", "from 0 to 1"),
        ("likelihood", "35%", "from 0 to 1"),
        ("likelihood", "", "from 0 to 1"),
        ("statutory_cost", "a lot", "give pounds"),
        ("statutory_cost", "-5", "give pounds"),
        ("statutory_cost", "12,00", "give pounds"),
        ("statutory_cost", "1.005", "give pounds"),
        ("statutory_cost", "10000001", "give pounds"),
        ("source", "model:early-signs", "model:<name>@<version>"),
        ("source", "survey:", "survey:<name>"),
        ("source", "gossip", "professional, self or life-event"),
        ("reasons", "", "a model must say why"),
        ("reasons", "a;b;c;d", "at most 3"),
        ("reasons", "the rent is late", "short codes"),
        ("valid_until", "2026-11-22", "run out"),
        ("valid_until", "31/02/2027", "no such day"),
        ("valid_until", "01/02/27", "four figures"),
        ("valid_until", "9999-01-01", "9999 cannot be the year"),
        ("area", "Ipswich", "TM1644"),
        ("area", "ZZ99 3WZ", "no fixed abode"),
        ("area", "TM16445", "1 km grid square"),
        ("child_born", "2019", "such as 2019-05"),
        ("child_born", "2019-13", "such as 2019-05"),
        ("child_born", "2027-10", "too far ahead"),
        ("child_born", "1999-05", "too long ago"),
        ("language", "Polish", "such as en, pl"),
        ("availability", "mon;someday", "“someday”: write days"),
        ("access", "lift", "step-free"),
        ("transport", "bike", "car, bus, walk"),
        ("places", "0", "from 1 to 100"),
        ("places", "1.5", "whole number"),
        ("places", "²", "whole number"),
        ("asked_on", "2026-11-23", "still to come"),
        ("cost_falls_on", "treasury", "council, nhs"),
        ("cashable", "2", "from 0 to 1"),
    ],
)
def test_a_faulty_cell_is_told_where_and_what_to_do(column: str, cell: str, advice: str) -> None:
    report = read({}, {"family_ref": "F-2", column: cell})
    assert [(fault.row, fault.column, fault.value) for fault in report.faults] == [
        (3, column, cell)
    ]
    assert advice in report.faults[0].what_to_do
    assert report.good_count == 1
    assert report.faulty_count == 1


def test_only_a_model_must_give_reasons() -> None:
    assert read({"source": "self", "reasons": ""}).is_fine


def test_a_need_that_stands_twice_names_the_row_it_repeats() -> None:
    report = read({}, {"need": "meals"}, {})
    assert [(fault.row, fault.column) for fault in report.faults] == [(4, "family_ref")]
    assert "repeats row 2" in str(report.faults[0])


def test_a_repeat_is_seen_though_the_row_has_another_fault() -> None:
    report = read({}, {"likelihood": "high"})
    assert columns_at_fault(report) == {(3, "likelihood"), (3, "family_ref")}


@pytest.mark.parametrize(
    ("column", "first", "second"),
    [
        ("area", "IP1 2DE", "IP2 8AA"),
        ("child_born", "2019-05", "2019-06"),
        ("language", "en", "pl"),
        ("availability", "mon", "tue"),
        ("transport", "bus", "car"),
    ],
)
def test_one_family_says_one_thing(column: str, first: str, second: str) -> None:
    report = read({column: first}, {"need": "meals", column: second})
    assert [(fault.row, fault.column) for fault in report.faults] == [(3, column)]
    assert "row 2 says" in str(report.faults[0])


@pytest.mark.parametrize(
    ("column", "first", "second"),
    [
        ("area", "IP1 2DE", "ip12de"),
        ("language", "", "en"),
        ("availability", "mon", "mon-eve;mon-pm;mon-am"),
        ("child_born", "2019-05;2023-11", "Nov-23;May-19"),
    ],
)
def test_one_thing_written_in_two_ways_is_no_fault(column: str, first: str, second: str) -> None:
    assert read({column: first}, {"need": "meals", column: second}).is_fine


def test_every_fault_of_every_row_is_told_at_once() -> None:
    faulty = [
        {"likelihood": "1,4", "level": "4"},
        {"need": "knitting"},
        {"statutory_cost": "lots"},
        {"source": "gossip"},
        {"reasons": ""},
        {"valid_until": "2020-01-01"},
        {"area": "Ipswich"},
        {"child_born": "soon"},
        {"language": "Polish"},
        {"places": "none"},
    ]
    report = read({}, *({"family_ref": f"F-{index}"} | row for index, row in enumerate(faulty, 2)))
    assert {fault.row for fault in report.faults} == set(range(3, 13))
    assert [fault.column for fault in report.faults][:2] == ["level", "likelihood"]
    assert (report.row_count, report.good_count, report.faulty_count) == (11, 1, 10)


def test_a_missing_column_is_named() -> None:
    rows = [{name: cell for name, cell in GOOD.items() if name not in {"area", "level"}}]
    with pytest.raises(UnreadableSheet, match="area: this column is missing") as caught:
        read_needs(write_csv(rows), taxonomy=TAXONOMY, today=TODAY)
    assert {fault.column for fault in caught.value.faults} == {"area", "level"}


def test_a_source_is_written_as_it_was_read() -> None:
    assert str(Source(kind="model", name="early-signs", version="2.1")) == "model:early-signs@2.1"
    assert str(Source(kind="survey", name="Autumn")) == "survey:Autumn"
    assert str(Source(kind="self")) == "self"
