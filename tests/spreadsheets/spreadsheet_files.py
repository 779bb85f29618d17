"""Spreadsheets as a person would bring them, for the tests beside this file."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date

from directory.spreadsheets.report import Report

TODAY = date(2026, 11, 22)
TAXONOMY = frozenset({"parenting", "debt-advice", "meals", "domestic-abuse"})

Row = Mapping[str, str]


def write_csv(rows: Sequence[Row], *, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, fieldnames=columns, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def columns_at_fault(report: Report[object]) -> set[tuple[int | None, str]]:
    return {(fault.row, fault.column) for fault in report.faults}
