from datetime import date

import pytest
from spreadsheet_files import TODAY, write_csv

from directory.spreadsheets.report import Report, UnreadableSheet
from marketplace.spreadsheets.contacts import ContactRow, read_contacts

GOOD = {
    "family_ref": "F-1",
    "name": "Kelly Example",
    "safe_to_contact": "yes",
    "safe_channels": "email;sms",
    "safe_checked_on": "2026-11-20",
    "email": "kelly@example.org",
    "phone": "07700 900123",
    "address": "",
    "postcode": "",
}


def read(*rows: dict[str, str]) -> Report[ContactRow]:
    return read_contacts(write_csv([GOOD | row for row in rows]), today=TODAY)


def test_a_contact_is_read_with_its_best_channel_first() -> None:
    assert read({"safe_channels": "sms;email"}).rows == [
        ContactRow(
            family_ref="F-1",
            name="Kelly Example",
            safe_to_contact="yes",
            safe_channels=("sms", "email"),
            safe_checked_on=date(2026, 11, 20),
            email="kelly@example.org",
            phone="+447700900123",
            address=None,
            postcode=None,
        )
    ]


@pytest.mark.parametrize(
    "row",
    [
        {"safe_checked_on": "2026-10-23"},
        {"safe_checked_on": "22/11/2026"},
        {"safe_to_contact": "Unknown"},
        {"safe_to_contact": "no", "safe_channels": "", "email": "", "phone": ""},
        {"safe_channels": "letter", "address": "1 High St\nIpswich", "postcode": "ip12de"},
        {"safe_channels": "phone", "phone": "+44 (0)1473 000 000", "email": ""},
        {"safe_channels": "in-person", "email": "", "phone": ""},
        {"email": "k.o'neil+help@sub.example.org"},
    ],
)
def test_a_good_row(row: dict[str, str]) -> None:
    report = read(row)
    assert report.faults == ()
    assert report.good_count == 1


@pytest.mark.parametrize(
    ("row", "column", "advice"),
    [
        ({"name": ""}, "name", "Fill it in"),
        ({"safe_to_contact": "probably"}, "safe_to_contact", "yes, no, unknown"),
        ({"safe_to_contact": ""}, "safe_to_contact", "yes, no, unknown"),
        ({"safe_channels": ""}, "safe_channels", "say which are safe"),
        ({"safe_channels": "email;pigeon"}, "safe_channels", "“pigeon”: write one of: email"),
        ({"safe_checked_on": "2026-10-22"}, "safe_checked_on", "2026-10-23 or later"),
        ({"safe_checked_on": "2026-11-23"}, "safe_checked_on", "still to come"),
        ({"safe_checked_on": ""}, "safe_checked_on", "give a date"),
        ({"email": ""}, "email", "email is a safe channel, so fill this in"),
        ({"email": "kelly@example"}, "email", "whole e-mail address"),
        ({"email": "a@example.org, b@example.org"}, "email", "one whole"),
        ({"email": "a@example.org\nBcc: b@example.org"}, "email", "one whole"),
        ({"phone": ""}, "phone", "sms is a safe channel"),
        ({"phone": "7700900123"}, "phone", "Excel took the 0 away"),
        ({"phone": "01473 000000"}, "phone", "a text needs a mobile number"),
        ({"phone": "+33 1 23 45 67 89"}, "phone", "UK telephone number"),
        ({"safe_channels": "letter", "address": "1 High St"}, "postcode", "letter is a safe"),
        ({"safe_channels": "letter", "postcode": "IP1 2DE"}, "address", "letter is a safe"),
        (
            {"safe_channels": "letter", "address": "1 High St", "postcode": "IP1"},
            "postcode",
            "full postcode",
        ),
    ],
)
def test_a_bad_row_is_told_where_and_what_to_do(
    row: dict[str, str], column: str, advice: str
) -> None:
    report = read(row)
    assert [(fault.row, fault.column) for fault in report.faults] == [(2, column)]
    assert advice in report.faults[0].what_to_do
    assert report.rows == []


def test_the_safe_channels_are_never_left_out_of_the_header() -> None:
    row = {name: cell for name, cell in GOOD.items() if name != "safe_channels"}
    with pytest.raises(UnreadableSheet, match="safe_channels: this column is missing"):
        read_contacts(write_csv([row]), today=TODAY)


def test_a_contact_keeps_itself_out_of_logs() -> None:
    report = read({})
    assert "Kelly" not in repr(report)
    assert "kelly@example.org" not in repr(report.rows)


def test_a_family_has_one_contact() -> None:
    report = read({}, {"name": "Somebody Else"})
    assert [(fault.row, fault.column) for fault in report.faults] == [(3, "family_ref")]
    assert "repeats row 2" in str(report.faults[0])
