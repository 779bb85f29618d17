from collections.abc import Collection
from datetime import date
from decimal import Decimal

import pytest
from spreadsheet_files import TAXONOMY, TODAY, columns_at_fault, write_csv

from directory.spreadsheets.report import Report
from directory.spreadsheets.services import ServiceRow, read_services
from directory.spreadsheets.words import ANY_TIME

CHARITY = {
    "provider_ref": "P-1",
    "provider_name": "Orwell Example Trust",
    "kind": "charity",
    "hosted_by": "",
    "service_ref": "S-1",
    "service_name": "Parents' café",
    "needs": "parenting;meals",
    "takes_level": "",
    "places": "12",
    "price": "",
    "family_pays": "",
    "effect": "",
    "postcode": "ip12de",
    "reach_km": "",
    "min_age": "",
    "max_age": "",
    "languages": "",
    "days": "",
    "access": "",
    "starts_on": "",
    "weeks": "",
    "at_least": "",
    "opening_cost": "",
    "standing_yes": "",
    "contact_email": "tom@example.org",
    "contact_phone": "",
    "charity_number": "",
    "check_kind": "",
    "check_seen_on": "",
    "check_seen_by": "",
    "recheck_by": "",
}
CHECKED = {
    "check_kind": "enhanced",
    "check_seen_on": "2026-01-05",
    "check_seen_by": "Tom Example",
    "recheck_by": "2027-01-05",
}
VOLUNTEER = CHARITY | CHECKED
VOLUNTEER |= {"provider_ref": "V-1", "provider_name": "Grace Example", "kind": "volunteer"}
VOLUNTEER |= {"hosted_by": "P-1", "needs": "meals", "places": "2"}


def read(
    *rows: dict[str, str], known_providers: Collection[str] = frozenset()
) -> Report[ServiceRow]:
    return read_services(
        write_csv(rows), taxonomy=TAXONOMY, today=TODAY, known_providers=known_providers
    )


def test_a_row_with_only_what_is_required_takes_the_defaults() -> None:
    assert read(CHARITY).rows == [
        ServiceRow(
            provider_ref="P-1",
            provider_name="Orwell Example Trust",
            kind="charity",
            hosted_by=None,
            service_ref="S-1",
            service_name="Parents' café",
            needs=("parenting", "meals"),
            takes_level=1,
            places=12,
            price_pence=0,
            family_pays_pence=0,
            effect=None,
            postcode="IP1 2DE",
            reach_metres=None,
            min_age=None,
            max_age=None,
            languages=("en",),
            days=ANY_TIME,
            access=(),
            starts_on=None,
            weeks=None,
            at_least=None,
            opening_cost_pence=0,
            standing_yes=False,
            contact_email="tom@example.org",
            contact_phone=None,
            charity_number=None,
            check_kind=None,
            check_seen_on=None,
            check_seen_by=None,
            recheck_by=None,
        )
    ]


@pytest.mark.parametrize(
    ("row", "field", "expected"),
    [
        ({"takes_level": "3"}, "takes_level", 3),
        ({"places": "0"}, "places", 0),
        ({"kind": "digital", "places": "Unlimited", "postcode": ""}, "places", None),
        ({"price": "£45.50"}, "price_pence", 4550),
        ({"family_pays": "2"}, "family_pays_pence", 200),
        ({"effect": "0.2"}, "effect", Decimal("0.2")),
        ({"reach_km": "2.5"}, "reach_metres", 2500),
        ({"min_age": "0", "max_age": "4"}, "min_age", 0),
        ({"days": "sat-am;tue"}, "days", ("tue-am", "tue-pm", "tue-eve", "sat-am")),
        ({"starts_on": "05/01/2027", "weeks": "6"}, "starts_on", date(2027, 1, 5)),
        ({"at_least": "12"}, "at_least", 12),
        ({"opening_cost": "1,000"}, "opening_cost_pence", 100_000),
        ({"contact_email": "", "contact_phone": "01473 000000"}, "contact_phone", "+441473000000"),
        ({"charity_number": "sc012345"}, "charity_number", "SC012345"),
        ({"charity_number": "1123456-2"}, "charity_number", "1123456-2"),
    ],
)
def test_a_cell_is_read(row: dict[str, str], field: str, expected: object) -> None:
    report = read(CHARITY | row)
    assert report.faults == ()
    assert getattr(report.rows[0], field) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (CHARITY, False),
        (CHARITY | {"kind": "group"}, True),
        (CHARITY | {"kind": "group", "standing_yes": "no"}, False),
        (CHARITY | {"starts_on": "2027-01-05", "weeks": "6"}, True),
        (CHARITY | {"standing_yes": "Yes"}, True),
        (VOLUNTEER | {"starts_on": "2027-01-05", "weeks": "6"}, False),
    ],
)
def test_groups_and_courses_say_yes_by_themselves(row: dict[str, str], *, expected: bool) -> None:
    assert read(row, known_providers={"P-1"}).rows[0].standing_yes is expected


@pytest.mark.parametrize(
    ("row", "column", "advice"),
    [
        ({"provider_ref": ""}, "provider_ref", "Fill it in"),
        ({"provider_name": ""}, "provider_name", "Fill it in"),
        ({"kind": "club"}, "kind", "charity, group"),
        ({"hosted_by": "P-9"}, "hosted_by", "no provider with this reference"),
        ({"service_ref": ""}, "service_ref", "Fill it in"),
        ({"service_name": "x" * 201}, "service_name", "shorten this to 200"),
        ({"needs": ""}, "needs", "the code of a need that we know"),
        ({"needs": "parenting;knitting"}, "needs", "“knitting”: use the code"),
        ({"takes_level": "4"}, "takes_level", "from 1 to 3"),
        ({"places": ""}, "places", "whole number of places"),
        ({"places": "-1"}, "places", "whole number of places"),
        ({"places": "unlimited"}, "places", "only a digital service is unlimited"),
        ({"price": "-1"}, "price", "give pounds"),
        ({"family_pays": "free"}, "family_pays", "give pounds"),
        ({"effect": "1.1"}, "effect", "from 0 to 1"),
        ({"postcode": ""}, "postcode", "where it happens"),
        ({"postcode": "IP1"}, "postcode", "full postcode"),
        ({"reach_km": "far"}, "reach_km", "give kilometres"),
        ({"reach_km": "0"}, "reach_km", "give kilometres"),
        ({"min_age": "five"}, "min_age", "from 0 to 25"),
        ({"min_age": "9", "max_age": "4"}, "max_age", "below min_age 9"),
        ({"languages": "Polish"}, "languages", "such as en, pl"),
        ({"days": "weekends"}, "days", "write days"),
        ({"access": "lift"}, "access", "step-free"),
        ({"starts_on": "soon"}, "starts_on", "give a date"),
        ({"weeks": "0"}, "weeks", "from 1"),
        ({"at_least": "13"}, "at_least", "only 12 places"),
        ({"opening_cost": "some"}, "opening_cost", "give pounds"),
        ({"standing_yes": "maybe"}, "standing_yes", "yes, no"),
        ({"contact_email": ""}, "contact_email", "who claims?"),
        ({"contact_email": "tom"}, "contact_email", "whole e-mail"),
        ({"contact_phone": "999"}, "contact_phone", "UK telephone"),
        ({"charity_number": "one"}, "charity_number", "register number"),
        ({"check_kind": "police"}, "check_kind", "none, basic, enhanced, barred-list"),
        ({"check_seen_on": "2026-11-23"}, "check_seen_on", "still to come"),
        ({"recheck_by": "next year"}, "recheck_by", "give a date"),
    ],
)
def test_a_bad_row_is_told_where_and_what_to_do(
    row: dict[str, str], column: str, advice: str
) -> None:
    report = read(CHARITY | row)
    assert [(fault.row, fault.column) for fault in report.faults] == [(2, column)]
    assert advice in report.faults[0].what_to_do
    assert report.rows == []


def test_a_host_stands_in_the_file_in_any_order_or_is_known() -> None:
    assert read(VOLUNTEER, CHARITY).is_fine
    assert read(VOLUNTEER, known_providers={"P-1"}).is_fine
    assert columns_at_fault(read(VOLUNTEER)) == {(2, "hosted_by")}


def test_a_volunteer_has_a_host_that_is_no_volunteer() -> None:
    alone = read(VOLUNTEER | {"hosted_by": ""})
    assert "needs a host" in str(alone.faults[0])
    own_host = read(VOLUNTEER | {"hosted_by": "V-1"})
    assert "this is a volunteer" in str(own_host.faults[0])


@pytest.mark.parametrize(
    "check",
    [
        {"check_kind": ""},
        {"check_seen_on": ""},
        {"check_seen_by": ""},
        {"recheck_by": ""},
        {"recheck_by": "2026-11-21"},
    ],
)
def test_a_lapsed_check_is_kept_but_never_matched(check: dict[str, str]) -> None:
    report = read(VOLUNTEER | check, known_providers={"P-1"})
    assert report.is_fine
    assert report.rows[0].is_never_matched(TODAY)
    assert [warning.row for warning in report.warnings] == [2]
    assert "Grace Example is matched with nobody" in str(report.warnings[0])


def test_a_valid_check_is_matched_until_its_last_day() -> None:
    report = read(VOLUNTEER | {"recheck_by": "2026-11-22"}, known_providers={"P-1"})
    assert report.warnings == ()
    assert not report.rows[0].is_never_matched(TODAY)


def test_a_charity_shows_no_check_or_a_whole_one() -> None:
    assert read(CHARITY).warnings == ()
    assert read(CHARITY | CHECKED).warnings == ()
    assert len(read(CHARITY | CHECKED | {"recheck_by": ""}).warnings) == 1


def test_an_intake_that_stands_twice_names_the_row_it_repeats() -> None:
    later = CHARITY | {"starts_on": "2027-03-01"}
    assert read(CHARITY, later).is_fine
    report = read(CHARITY, later, later | {"starts_on": "01/03/2027"})
    assert columns_at_fault(report) == {(4, "provider_ref")}
    assert "repeats row 3" in str(report.faults[0])


@pytest.mark.parametrize(
    ("column", "cell"), [("provider_name", "Another name"), ("kind", "universal")]
)
def test_one_provider_has_one_name_and_kind(column: str, cell: str) -> None:
    report = read(CHARITY, CHARITY | {"service_ref": "S-2", column: cell})
    assert columns_at_fault(report) == {(3, column)}
    assert "row 2 says" in str(report.faults[0])
