"""Holds the pages of a list against each other: a list that does not add up is not whole."""

from dataclasses import dataclass
from math import ceil
from typing import Any

from directory.open_referral.faults import BrokenFeedError

Json = dict[str, Any]

COUNTS = ("total_items", "total_pages", "page_number", "size")


@dataclass
class Reading:
    """How far a list has been read."""

    pages: int = 0
    rows: int = 0
    total_items: int | None = None
    total_pages: int = 0

    def finish(self) -> None:
        if self.total_items is not None and self.rows != self.total_items:
            raise BrokenFeedError(
                f"It says that there are {self.total_items:,} rows and gave {self.rows:,}."
            )


def read_page(told: Any, reading: Reading) -> list[Any]:
    """Give the rows of the next page, or say what is wrong with its numbers."""
    number = reading.pages + 1
    where = f"Page {number}"
    if not isinstance(told, dict) or not isinstance(told.get("contents"), list):
        raise BrokenFeedError(f"{where} has no list of contents.")
    rows: list[Any] = told["contents"]
    for name in COUNTS:
        if not isinstance(told.get(name), int) or told[name] < 0:
            raise BrokenFeedError(f"{where}, {name}: give a whole number.")
    if told["page_number"] != number:
        raise BrokenFeedError(f"{where} says that it is page {told['page_number']}.")
    if told["size"] != len(rows):
        raise BrokenFeedError(f"{where} says that it has {told['size']} rows and has {len(rows)}.")
    _hold_against_first(told, reading, where, rows)
    reading.pages, reading.rows = number, reading.rows + len(rows)
    if reading.rows > told["total_items"]:
        raise BrokenFeedError(f"{where} goes past the {told['total_items']:,} rows that it tells.")
    return rows


def _hold_against_first(told: Json, reading: Reading, where: str, rows: list[Any]) -> None:
    if reading.total_items is None:
        pages = ceil(told["total_items"] / len(rows)) if rows else 0
        if told["total_pages"] not in {pages, max(pages, 1)}:
            raise BrokenFeedError(
                f"{where} tells {told['total_pages']} pages where {told['total_items']} rows, "
                f"{len(rows)} a page, make {pages}."
            )
        reading.total_items, reading.total_pages = told["total_items"], told["total_pages"]
    elif told["total_items"] != reading.total_items:
        raise BrokenFeedError(f"The list was changed while it was read, at {where.lower()}.")
    if not rows and reading.rows < told["total_items"]:
        raise BrokenFeedError(f"{where} is empty, and rows are missing.")
