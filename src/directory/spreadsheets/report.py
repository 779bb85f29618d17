import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

T = TypeVar("T")

ADVICE_COLUMN = "what to do"
LONGEST_SHOWN_VALUE = 60
FORMULA_STARTS = tuple("=+-@\t\r\n")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to put right; `row` is the row number that Excel shows, None for the whole file."""

    row: int | None
    column: str
    value: str
    what_to_do: str

    def __str__(self) -> str:
        shown = self.value
        if len(shown) > LONGEST_SHOWN_VALUE:
            shown = shown[: LONGEST_SHOWN_VALUE - 1] + "…"
        about = f"{self.column} “{shown}”".strip() if self.value else self.column
        return f"{about}: {self.what_to_do}" if about else self.what_to_do


class UnreadableSheet(ValueError):  # noqa: N818 - the name says what the person brought
    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("\n".join(map(_with_row, faults)))


def _with_row(fault: Fault) -> str:
    return str(fault) if fault.row is None else f"Row {fault.row}: {fault}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Generic[T]):
    """A file checked whole. `good` and `cells` are keyed by the row number that Excel shows."""

    header: tuple[str, ...]
    cells: Mapping[int, tuple[str, ...]] = field(repr=False)  # may be personal, so not in logs
    good: Mapping[int, T]
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()

    @property
    def rows(self) -> list[T]:
        return list(self.good.values())

    @property
    def is_fine(self) -> bool:
        return not self.faults

    @property
    def row_count(self) -> int:
        return len(self.cells)

    @property
    def good_count(self) -> int:
        return len(self.good)

    @property
    def faulty_count(self) -> int:
        return len({fault.row for fault in self.faults if fault.row is not None})

    def raise_faults(self) -> None:
        """For whoever has no page to show them on."""
        if self.faults:
            raise UnreadableSheet(*self.faults)

    def with_faults(self, faults: Iterable[Fault]) -> "Report[T]":
        """Add what only the caller can know, such as a postcode that does not exist."""
        every_fault = self._sorted({*self.faults, *faults})
        bad = {fault.row for fault in every_fault}
        good = {number: row for number, row in self.good.items() if number not in bad}
        return replace(self, good=good, faults=every_fault)

    def with_warnings(self, warnings: Iterable[Fault]) -> "Report[T]":
        return replace(self, warnings=self._sorted({*self.warnings, *warnings}))

    def faulty_rows_as_csv(self) -> bytes:
        """Give back the rows to correct; the same reader takes them again as they are."""
        advice: dict[int, list[str]] = {}
        for fault in self.faults:
            if fault.row is not None:
                advice.setdefault(fault.row, []).append(str(fault))
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow([*self.header, ADVICE_COLUMN])
        for number, lines in advice.items():
            cells = [*self.cells[number], "\n".join(lines)]
            writer.writerow([make_inert(cell) for cell in cells])
        # without the byte order mark Excel would read UTF-8 as Windows-1252
        return text.getvalue().encode("utf-8-sig")

    def _sorted(self, faults: Iterable[Fault]) -> tuple[Fault, ...]:
        place = {column: index for index, column in enumerate(self.header)}

        def reading_order(fault: Fault) -> tuple[int, int, str, str]:
            column = place.get(fault.column, len(place))
            return (fault.row or 0, column, fault.column, fault.what_to_do)

        return tuple(sorted(faults, key=reading_order))


def make_inert(cell: str) -> str:
    """Keep Excel from running a cell that somebody typed into another form."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def undo_inert(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell
