from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from directory.spreadsheets import cells
from directory.spreadsheets.cells import CellFault
from directory.spreadsheets.places import postcode
from directory.spreadsheets.records import sheet_of
from directory.spreadsheets.report import Fault, Report
from directory.spreadsheets.table import Column, TableRow, check_sheet, find_repeats, read_table

SafeToContact = Literal["yes", "no", "unknown"]

OLDEST_CHECK_DAYS = 30
NEEDED_BY_CHANNEL = {
    "email": ("email",),
    "sms": ("phone",),
    "letter": ("address", "postcode"),
    "phone": ("phone",),
    "in-person": (),
}
# some landlines read a text message out loud to whoever picks up
MOBILE_START = "+447"


# no repr: a log must never hold where a family lives
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ContactRow:
    family_ref: str
    name: str
    safe_to_contact: SafeToContact
    safe_channels: tuple[str, ...]  # best first
    safe_checked_on: date
    email: str | None
    phone: str | None
    address: str | None
    postcode: str | None


def read_contacts(data: bytes, *, today: date) -> Report[ContactRow]:
    return read_table(data, columns=_columns(today), row_type=ContactRow, check=_check)


def read_contact_records(
    records: Mapping[int, Mapping[str, str]], *, today: date
) -> Report[ContactRow]:
    """The same of records that a program sent, each by its place in the list."""
    columns = _columns(today)
    sheet = sheet_of(records, header=columns)
    return check_sheet(sheet, columns=columns, row_type=ContactRow, check=_check)


def _columns(today: date) -> Mapping[str, Column]:
    return {
        "family_ref": Column(read=cells.text(longest=100), required=True),
        "name": Column(read=cells.text(longest=200), required=True),
        "safe_to_contact": Column(read=cells.one_of("yes", "no", "unknown"), required=True),
        "safe_channels": Column(
            read=cells.list_of(cells.one_of(*NEEDED_BY_CHANNEL)), default=(), in_header=True
        ),
        "safe_checked_on": Column(read=_lately(today), required=True),
        "email": Column(read=cells.email),
        "phone": Column(read=cells.uk_telephone),
        "address": Column(read=cells.text(longest=500)),
        "postcode": Column(read=postcode),
    }


def _lately(today: date) -> Callable[[str], date]:
    read_day = cells.day_not_after(today)
    oldest = today - timedelta(days=OLDEST_CHECK_DAYS)

    def read(cell: str) -> date:
        found = read_day(cell)
        if found < oldest:
            raise CellFault(
                f"this is more than {OLDEST_CHECK_DAYS} days ago. Check again that it is safe "
                f"to write, and give that day ({oldest.isoformat()} or later)."
            )
        return found

    return read


def _check(rows: Sequence[TableRow]) -> Iterator[Fault]:
    yield from find_repeats(rows, ("family_ref",))
    for row in rows:
        if row.values.get("safe_to_contact") == "yes" and row.lacks("safe_channels"):
            channels = ", ".join(NEEDED_BY_CHANNEL)
            yield row.fault("safe_channels", f"say which are safe, best first: {channels}.")
        yield from _find_missing_contacts(row)


def _find_missing_contacts(row: TableRow) -> Iterator[Fault]:
    channels = row.values.get("safe_channels", ())
    missing = {
        field: channel
        for channel in channels
        for field in NEEDED_BY_CHANNEL[channel]
        if row.lacks(field)
    }
    for field, channel in missing.items():
        yield row.fault(field, f"{channel} is a safe channel, so fill this in, or take it out.")
    telephone = row.values.get("phone")
    if "sms" in channels and telephone and not telephone.startswith(MOBILE_START):
        yield row.fault("phone", "a text needs a mobile number (07…). Give one, or take out sms.")
