"""Each function reads one cell, or raises a CellFault that says what to write instead."""

import calendar
import re
from collections.abc import Callable, Collection
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple, TypeVar

T = TypeVar("T")

MOST_POUNDS = 10_000_000
FIRST_YEAR, LAST_YEAR = 1900, 2199
LONGEST_EMAIL = 254

NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?|\.[0-9]+")
POUNDS = re.compile(r"£?\s*((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})(?:\.[0-9]{1,2})?)")
ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
UK_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
# A workbook holds a month as its first day; any other day is more than we want to know.
ISO_MONTH = re.compile(r"([0-9]{4})-([0-9]{1,2})(-01)?")
# Excel turns 2019-05 into May-19 when it opens a file, and saves it so
EXCEL_MONTH = re.compile(r"([a-z]{3})-([0-9]{2})", re.IGNORECASE)
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])",
    re.IGNORECASE,
)
UK_TELEPHONE = re.compile(r"(?:\+44|0044|0)([1-3578][0-9]{8,9})")
MONTHS = [name.lower() for name in calendar.month_abbr]


class CellFault(ValueError):  # noqa: N818 - it becomes a Fault once its row is known
    pass


class Month(NamedTuple):
    year: int
    month: int


def text(*, longest: int) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if not cell:
            raise CellFault("this cell is empty. Fill it in.")
        if len(cell) > longest:
            raise CellFault(f"shorten this to {longest} characters.")
        return cell

    return read


def whole_number(*, low: int, high: int) -> Callable[[str], int]:
    def read(cell: str) -> int:
        if re.fullmatch("[0-9]{1,9}", cell) and low <= int(cell) <= high:
            return int(cell)
        raise CellFault(f"give a whole number from {low} to {high:,}.")

    return read


def share(cell: str) -> Decimal:
    if NUMBER.fullmatch(cell) and Decimal(cell) <= 1:
        return Decimal(cell)
    raise CellFault("give a number from 0 to 1, such as 0.35.")


def pence(cell: str) -> int:
    found = POUNDS.fullmatch(cell)
    if found and (pounds := Decimal(found[1].replace(",", ""))) <= MOST_POUNDS:
        return int(pounds * 100)
    raise CellFault(
        f"give pounds from 0 to {MOST_POUNDS:,}, such as 1200 or £1,200.50, and nothing else."
    )


def metres(cell: str) -> int:
    if NUMBER.fullmatch(cell) and 0 < (km := Decimal(cell)) <= 1000:  # noqa: PLR2004 - Britain's length
        return int((km * 1000).quantize(Decimal(1), ROUND_HALF_UP))
    raise CellFault("give kilometres above 0 and up to 1,000, such as 5 or 2.5.")


def day(cell: str) -> date:
    advice = "give a date such as 2026-11-30 or 30/11/2026, with the year in four figures."
    if found := ISO_DATE.fullmatch(cell):
        year, month, day_of_month = map(int, found.groups())
    elif found := UK_DATE.fullmatch(cell):
        day_of_month, month, year = map(int, found.groups())
    else:
        raise CellFault(advice)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CellFault(f"{year} cannot be the year. {advice[0].upper()}{advice[1:]}")
    try:
        return date(year, month, day_of_month)
    except ValueError as error:
        raise CellFault(f"there is no such day. {advice[0].upper()}{advice[1:]}") from error


def day_not_after(today: date) -> Callable[[str], date]:
    def read(cell: str) -> date:
        found = day(cell)
        if found > today:
            raise CellFault("this day is still to come. Give the day it happened.")
        return found

    return read


def month(cell: str) -> Month:
    if found := ISO_MONTH.fullmatch(cell):
        year, number = int(found[1]), int(found[2])
    elif (found := EXCEL_MONTH.fullmatch(cell)) and found[1].lower() in MONTHS:
        year, number = 2000 + int(found[2]), MONTHS.index(found[1].lower())
    else:
        year, number = 0, 0
    if year and number in range(1, 13):
        return Month(year, number)
    raise CellFault("give year and month, such as 2019-05, or 2019-05;2023-11 for two children.")


def yes_or_no(cell: str) -> bool:
    return one_of("yes", "no")(cell) == "yes"


def one_of(*words: str) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if cell.lower() in words:
            return cell.lower()
        raise CellFault(f"write one of: {', '.join(words)}.")

    return read


def list_of(
    read_item: Callable[[str], T], *, most: int = 50, repeats: bool = False
) -> Callable[[str], tuple[T, ...]]:
    """Keep the order in which they were written, each once unless `repeats` mean something."""

    def read(cell: str) -> tuple[T, ...]:
        items = [item.strip() for item in cell.split(";") if item.strip()]
        found = [_read_one_of_many(item, read_item, alone=len(items) == 1) for item in items]
        if not found:
            read_item("")
        kept = found if repeats else list(dict.fromkeys(found))
        if len(kept) > most:
            raise CellFault(f"give at most {most}, split by semicolons; here are {len(kept)}.")
        return tuple(kept)

    return read


def _read_one_of_many(item: str, read_item: Callable[[str], T], *, alone: bool) -> T:
    try:
        return read_item(item)
    except CellFault as fault:
        if alone:
            raise
        raise CellFault(f"“{item}”: {fault}") from fault


def code(cell: str) -> str:
    if CODE.fullmatch(cell.lower()) and len(cell) <= 50:  # noqa: PLR2004 - a code, not a sentence
        return cell.lower()
    raise CellFault("give short codes such as attendance;rent-arrears: letters, figures, hyphens.")


def code_from(taxonomy: Collection[str]) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if cell.lower() in taxonomy:
            return cell.lower()
        examples = ", ".join(sorted(taxonomy)[:3])
        raise CellFault(f"use the code of a need that we know, such as {examples}.")

    return read


def email(cell: str) -> str:
    if len(cell) <= LONGEST_EMAIL and EMAIL.fullmatch(cell):
        return cell
    raise CellFault("give one whole e-mail address, such as kelly@example.org.")


def uk_telephone(cell: str) -> str:
    """Read into +44 form; Excel drops a leading 0, and guessing it back could ring a stranger."""
    digits = re.sub(r"[\s().\-]", "", cell.replace("(0)", ""))
    if found := UK_TELEPHONE.fullmatch(digits):
        return f"+44{found[1]}"
    raise CellFault(
        "give one UK telephone number with its first 0, such as 01473 000000. "
        "If Excel took the 0 away, format the column as text."
    )
