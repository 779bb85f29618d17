"""What is told about a spreadsheet that was sent, and the rows of it that need work."""

from collections.abc import Sequence
from typing import Any

from litestar import Response
from litestar.response import Template

from directory.spreadsheets.report import Fault, Report
from marketplace.web import carried
from marketplace.web.rendering import WebRequest, as_errors, page

MOST_SHOWN = 500


async def show_report(
    request: WebRequest,
    kind: str,
    sent: tuple[str, bytes],
    report: Report[Any],
    *,
    objected: int = 0,
) -> Template:
    """Stored whole, or not at all with every fault named; but for rows of who objected."""
    name, data = sent
    return page(
        request,
        "commissioner/upload_report.html",
        status=200 if report.is_fine else 422,
        kind=kind,
        file_name=name,
        carried=None if report.is_fine else await carried.pack(data),
        rows=report.row_count,
        good=report.good_count,
        stored=report.row_count - objected if report.is_fine else 0,
        objected=objected,
        warnings=tell_faults(report.warnings),
        faults=tell_faults(report.faults),
        faults_total=len(report.faults),
        errors=_error(len(report.faults)),
    )


def refuse_file(request: WebRequest, kind: str, name: str, faults: Sequence[Fault]) -> Template:
    """For a file of which nothing could be read."""
    return page(
        request,
        "commissioner/upload_report.html",
        status=422,
        kind=kind,
        file_name=name,
        carried=None,
        rows=0,
        good=0,
        stored=0,
        objected=0,
        warnings=[],
        faults=tell_faults(faults),
        faults_total=len(faults),
        errors=_error(len(faults)),
    )


def rows_to_correct(report: Report[Any], kind: str) -> Response[bytes]:
    return csv_file(report.faulty_rows_as_csv(), f"{kind}-to-correct.csv")


def csv_file(content: bytes, name: str) -> Response[bytes]:
    return Response(
        content,
        status_code=200,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def example(columns: Sequence[dict[str, Any]], name: str) -> Response[bytes]:
    lines = (",".join(column[part] for column in columns) for part in ("name", "example"))
    return csv_file("".join(f"{line}\r\n" for line in lines).encode(), name)


def tell_faults(faults: Sequence[Fault]) -> list[dict[str, Any]]:
    return [
        {
            "row": one.row,
            "column": one.column,
            "value": one.value,
            "text": one.what_to_do[:1].upper() + one.what_to_do[1:],
        }
        for one in faults[:MOST_SHOWN]
    ]


def _error(count: int) -> list[dict[str, str]]:
    if count == 0:
        return []
    return as_errors({"faults": "Nothing was stored. Mend what is named below and send it again"})
