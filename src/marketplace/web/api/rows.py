"""Lists of records, each read by itself: what is wrong with one is told of that one.

Whether the good ones work beside it is for each operation to say.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from directory.spreadsheets.report import LONGEST_SHOWN_VALUE, Report, UnreadableSheet
from marketplace.web.api.operations import decode_as, expect_json, fault_of, refuse
from marketplace.web.api.problems import Fault
from marketplace.web.api.shapes import as_cells, faults_of
from marketplace.web.checked_input import MARK, mark_unfit, read_as_sent
from marketplace.web.rendering import WebRequest

T = TypeVar("T")
Cells = Mapping[int, Mapping[str, str]]

TYPE_AGAIN = f"Type this again by hand: {MARK} stands for a sign that no keyboard types."
NO_OTHER_NAMES: Mapping[str, str] = {}


@dataclass(frozen=True)
class Rows(Generic[T]):
    """A report as of a sheet, each row by its place in the list; `unread`: what became no row."""

    report: Report[T]
    unread: Sequence[Fault]
    columns: Mapping[str, str]

    def faults(self, report: Report[T] | None = None) -> list[Fault]:
        """Of all rows as they were sent; `report`: the same after more was asked of it."""
        told = faults_of((report or self.report).faults, self.columns)
        return sorted([*self.unread, *told], key=lambda one: one.index or 0)


async def read_marked(request: WebRequest, wanted: Any) -> Any:
    """A body of which some is left as `msgspec.Raw`, for `check_rows`."""
    expect_json(request)
    return decode_as(await asyncio.to_thread(mark_unfit, await read_as_sent(request)), wanted)


async def check_rows(
    sent: Sequence[msgspec.Raw],
    *,
    record: type[msgspec.Struct],
    read: Callable[[Cells], Report[T]],
    columns: Mapping[str, str] = NO_OTHER_NAMES,
) -> Rows[T]:
    """`read` as a sheet is read; `columns`: field → column, where the names differ."""
    return await asyncio.to_thread(_check, sent, record, read, columns)


def _check(
    sent: Sequence[msgspec.Raw],
    record: type[msgspec.Struct],
    read: Callable[[Cells], Report[T]],
    columns: Mapping[str, str],
) -> Rows[T]:
    cells: dict[int, dict[str, str]] = {}
    unread: list[Fault] = []
    for index, raw in enumerate(sent):
        if marked := list(_find_marked(raw, index=index)):
            unread += marked
            continue
        try:
            cells[index] = as_cells(msgspec.json.decode(raw, type=record), columns)
        except msgspec.ValidationError as error:
            unread.append(fault_of(error, index=index))
    try:
        return Rows(read(cells), unread, columns)
    except UnreadableSheet as error:
        raise refuse(faults_of(error.faults, columns)) from error


def _find_marked(raw: msgspec.Raw, *, index: int) -> Iterator[Fault]:
    if MARK not in bytes(raw).decode():
        return
    try:
        fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        return  # no record at all, which is said of it otherwise
    for field, part in fields.items():
        value = bytes(part).decode().strip('"')
        if MARK in value:
            begin = max(0, value.index(MARK) - LONGEST_SHOWN_VALUE // 2)
            shown = value[begin : begin + LONGEST_SHOWN_VALUE]
            yield Fault(index=index, field=field, value=shown, what_to_do=TYPE_AGAIN)
