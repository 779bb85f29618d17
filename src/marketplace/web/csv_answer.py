"""A table as a CSV file to download, in which no cell is run by a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

from litestar import Response

from marketplace.services.providers.own_data import RUNS


def csv_answer(
    name: str, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> Response[bytes]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return Response(
        # The mark at the front is what a spreadsheet needs to read a pound sign or an accent.
        text.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _safe(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and RUNS.match(cell) else cell


def in_pounds(pence: int) -> str:
    """1250 pence is 12.50, which a spreadsheet adds up."""
    sign = "-" if pence < 0 else ""
    return f"{sign}{abs(pence) // 100}.{abs(pence) % 100:02d}"
