from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from directory.spreadsheets import cells
from directory.spreadsheets.records import sheet_of
from directory.spreadsheets.report import Fault, Report
from directory.spreadsheets.table import Column, TableRow, check_sheet, read_table

StopReason = Literal["moved", "died", "pregnancy-ended", "case-opened", "court-order", "objected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRow:
    family_ref: str
    reason: StopReason


_COLUMNS = {
    "family_ref": Column(read=cells.text(longest=100), required=True),
    "reason": Column(read=cells.one_of(*get_args(StopReason)), required=True),
}


def read_stops(data: bytes) -> Report[StopRow]:
    """Read a stop list; its good rows are to work at once, whatever ails the others."""
    # on a good day the list is empty, and messages may leave only when it was brought
    return read_table(
        data, columns=_COLUMNS, row_type=StopRow, check=_check_nothing, may_have_no_rows=True
    )


def read_stop_records(records: Mapping[int, Mapping[str, str]]) -> Report[StopRow]:
    """The same of records that a program sent, each by its place in the list."""
    sheet = sheet_of(records, header=_COLUMNS)
    return check_sheet(sheet, columns=_COLUMNS, row_type=StopRow, check=_check_nothing)


def _check_nothing(_rows: Sequence[TableRow]) -> Iterator[Fault]:
    """Let a family stand twice: to stop it twice does no harm, to refuse a stop would."""
    yield from ()
