from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from directory.spreadsheets import cells
from directory.spreadsheets.report import Fault, Report
from directory.spreadsheets.table import Column, TableRow, read_table

StopReason = Literal["moved", "died", "pregnancy-ended", "case-opened", "court-order", "objected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRow:
    family_ref: str
    reason: StopReason


def read_stops(data: bytes) -> Report[StopRow]:
    """Read a stop list; its good rows are to work at once, whatever ails the others."""
    columns = {
        "family_ref": Column(read=cells.text(longest=100), required=True),
        "reason": Column(read=cells.one_of(*get_args(StopReason)), required=True),
    }
    # on a good day the list is empty, and messages may leave only when it was brought
    return read_table(
        data, columns=columns, row_type=StopRow, check=_check_nothing, may_have_no_rows=True
    )


def _check_nothing(_rows: Sequence[TableRow]) -> Iterator[Fault]:
    """Let a family stand twice: to stop it twice does no harm, to refuse a stop would."""
    yield from ()
