import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from directory.spreadsheets import cells, words
from directory.spreadsheets.cells import CellFault, Month
from directory.spreadsheets.places import Area, area
from directory.spreadsheets.records import sheet_of
from directory.spreadsheets.report import Fault, Report
from directory.spreadsheets.table import (
    Column,
    TableRow,
    check_sheet,
    find_disagreements,
    find_repeats,
    read_table,
)

SourceKind = Literal["model", "survey", "professional", "self", "life-event"]

# What access a support must offer differs by need: a quiet room for one, steps for another.
FAMILY_COLUMNS = ("area", "child_born", "language", "availability", "transport")
BUDGETS = ("council", "nhs", "police", "dwp", "schools")
MOST_REASONS = 3
# A family known to the council by nothing but its own ask: no file may take such a name.
ASKED_REF = "ASK-"
MOST_CHILDREN = 20
MONTHS_OF_A_CHILDHOOD = 26 * 12  # a plan for special needs may last until 25
MONTHS_UNTIL_BIRTH = 10
MODEL = re.compile(r"model:(?P<name>[^\s:@]{1,80})@(?P<version>[^\s:@]{1,40})")
SURVEY = re.compile(r"survey:(?P<name>[^\s:@][^:@]{0,79})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    kind: SourceKind
    name: str = ""
    version: str = ""

    def __str__(self) -> str:
        named = f"{self.kind}:{self.name}" if self.name else self.kind
        return f"{named}@{self.version}" if self.version else named


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedRow:
    family_ref: str
    need: str
    level: int
    likelihood: Decimal
    statutory_cost_pence: int
    source: Source
    reasons: tuple[str, ...]
    valid_until: date
    area: Area
    child_born: tuple[Month, ...]
    languages: tuple[str, ...]
    availability: tuple[str, ...]
    access: tuple[str, ...]
    transport: tuple[str, ...]
    places: int
    asked_on: date | None
    cost_falls_on: tuple[str, ...]
    cashable: Decimal
    named_worker: str | None = None


def read_needs(data: bytes, *, taxonomy: Collection[str], today: date) -> Report[NeedRow]:
    columns = _columns(taxonomy=taxonomy, today=today)
    return read_table(data, columns=columns, row_type=NeedRow, check=_check(columns))


def read_need_records(
    records: Mapping[int, Mapping[str, str]], *, taxonomy: Collection[str], today: date
) -> Report[NeedRow]:
    """The same of records that a program sent, each by its place in the list."""
    columns = _columns(taxonomy=taxonomy, today=today)
    sheet = sheet_of(records, header=columns)
    return check_sheet(sheet, columns=columns, row_type=NeedRow, check=_check(columns))


def _check(columns: Mapping[str, Column]) -> Callable[[Sequence[TableRow]], Iterator[Fault]]:
    def check(rows: Sequence[TableRow]) -> Iterator[Fault]:
        yield from find_repeats(rows, ("family_ref", "need"))
        yield from find_disagreements(rows, key="family_ref", columns=columns, names=FAMILY_COLUMNS)
        yield from _find_two_workers(rows)
        for row in rows:
            yield from _check_reasons(row)
            yield from _check_ref(row)

    return check


def _columns(*, taxonomy: Collection[str], today: date) -> Mapping[str, Column]:
    return {
        "family_ref": Column(read=cells.text(longest=100), required=True),
        "need": Column(read=cells.code_from(taxonomy), required=True),
        "level": Column(read=_level, required=True),
        "likelihood": Column(read=cells.share, required=True),
        "statutory_cost": Column(read=cells.pence, required=True, field="statutory_cost_pence"),
        "source": Column(read=_source, required=True),
        "reasons": Column(read=cells.list_of(cells.code, most=MOST_REASONS), default=()),
        "valid_until": Column(read=_still_to_come(today), required=True),
        "area": Column(read=area, required=True),
        "child_born": Column(read=_children(today), default=()),
        "language": Column(read=words.languages, default=("en",), field="languages"),
        "availability": Column(read=words.times, default=words.ANY_TIME),
        "access": Column(read=words.access, default=()),
        "transport": Column(read=words.transport, default=("bus",)),
        "places": Column(read=cells.whole_number(low=1, high=100), default=1),
        "asked_on": Column(read=cells.day_not_after(today)),
        "cost_falls_on": Column(read=cells.list_of(cells.one_of(*BUDGETS)), default=()),
        "cashable": Column(read=cells.share, default=Decimal(0)),
        "named_worker": Column(read=cells.text(longest=200)),
    }


def _level(cell: str) -> int:
    if cell == "4":
        # a child at risk must get a social worker, never a place in a plan
        raise CellFault(
            "this belongs with the front door. Level 4 is statutory: pass it to children's "
            "social care and take the row out."
        )
    if cell in {"1", "2", "3"}:
        return int(cell)
    raise CellFault("give 1 (universal), 2 (early help) or 3 (targeted).")


def _source(cell: str) -> Source:
    if found := MODEL.fullmatch(cell):
        return Source(kind="model", name=found["name"], version=found["version"])
    if found := SURVEY.fullmatch(cell):
        return Source(kind="survey", name=found["name"])
    for plain in ("professional", "self", "life-event"):
        if cell.lower() == plain:
            return Source(kind=plain)
    raise CellFault(
        "say where this comes from: model:<name>@<version>, survey:<name>, professional, "
        "self or life-event; such as model:early-signs@2.1."
    )


def _still_to_come(today: date) -> Callable[[str], date]:
    def read(cell: str) -> date:
        found = cells.day(cell)
        if found <= today:
            raise CellFault(
                f"this prediction has run out: today is {today.isoformat()}. "
                "Give a later day, or take the row out."
            )
        return found

    return read


def _children(today: date) -> Callable[[str], tuple[Month, ...]]:
    def read_one(cell: str) -> Month:
        born = cells.month(cell)
        months_old = (today.year - born.year) * 12 + today.month - born.month
        if months_old < -MONTHS_UNTIL_BIRTH:
            raise CellFault("this is too far ahead. Give the month of birth, or the due month.")
        if months_old > MONTHS_OF_A_CHILDHOOD:
            raise CellFault("this is too long ago for a child. Correct it or take it out.")
        return born

    # twins are born in one month, so a month that stands twice is two children
    read = cells.list_of(read_one, most=MOST_CHILDREN, repeats=True)
    return lambda cell: tuple(sorted(read(cell)))


def _check_reasons(row: TableRow) -> Iterator[Fault]:
    source = row.values.get("source")
    if source and source.kind == "model" and row.lacks("reasons"):
        yield row.fault(
            "reasons",
            "a model must say why: give one to three codes, such as attendance;rent-arrears.",
        )


def _check_ref(row: TableRow) -> Iterator[Fault]:
    if str(row.values.get("family_ref", "")).startswith(ASKED_REF):
        yield row.fault(
            "family_ref",
            f"{ASKED_REF} begins the names of families that asked here by themselves. "
            "Give this family another name.",
        )


def _find_two_workers(rows: Sequence[TableRow]) -> Iterator[Fault]:
    """One worker a family; the row of another need may leave it blank."""
    first_with: dict[str, TableRow] = {}
    for row in rows:
        if not row.values.get("named_worker") or "family_ref" not in row.values:
            continue
        first = first_with.setdefault(row.values["family_ref"], row)
        if first.values["named_worker"] != row.values["named_worker"]:
            yield row.fault(
                "named_worker",
                f"row {first.number} names {first.values['named_worker']} for the same family. "
                "Keep one of them.",
            )
