"""Spreadsheets come in: checked whole, shown as a report, stored all or not at all."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.spreadsheets.report import Fault, Report, UnreadableSheet
from directory.taxonomy import load_taxonomy
from marketplace.access import Actor
from marketplace.errors import BadFormError
from marketplace.services import contacts, needs
from marketplace.spreadsheets.contacts import ContactRow, read_contacts
from marketplace.spreadsheets.needs import NeedRow, read_needs
from marketplace.web import columns, forms
from marketplace.web.rendering import WebRequest, as_errors, page

MOST_SHOWN = 500
UPLOAD_BYTES = forms.MOST_UPLOAD_BYTES + 64 * 1024


@get("/needs/upload", sync_to_thread=False)
def needs_form(request: WebRequest) -> Template:
    return _needs_form(request)


@post("/needs/upload", request_max_body_size=UPLOAD_BYTES)
async def upload_needs(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    actor: Actor = request.user
    try:
        name, data = await forms.upload(await request.form(), "file")
    except BadFormError as error:
        return _needs_form(request, faults=error.faults)
    try:
        today = datetime.now(UTC).date()
        report = await asyncio.to_thread(read_needs, data, taxonomy=load_taxonomy(), today=today)
    except UnreadableSheet as error:
        return _refused(request, "needs", name, error.faults)
    report = await needs.check_areas(session, report)
    if report.is_fine:
        await needs.publish_needs(session, report.rows, actor=actor)
    return _show_report(request, "needs", name, report)


@get("/contacts/upload")
async def contacts_form(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    return await _contacts_form(request, session)


@post("/contacts/upload", request_max_body_size=UPLOAD_BYTES)
async def upload_contacts(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    actor: Actor = request.user
    try:
        name, data = await forms.upload(await request.form(), "file")
    except BadFormError as error:
        return await _contacts_form(request, session, faults=error.faults)
    try:
        today = datetime.now(UTC).date()
        report = await asyncio.to_thread(read_contacts, data, today=today)
    except UnreadableSheet as error:
        return _refused(request, "contacts", name, error.faults)
    report = await contacts.check_families(session, report, actor=actor)
    if report.is_fine:
        await contacts.store_contacts(session, report.rows, actor=actor)
    return _show_report(request, "contacts", name, report)


@get("/contacts/missing.csv")
async def missing_contacts(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[str]:
    """A file to fill in: one row for each approved family that still lacks contacts."""
    refs = await contacts.families_without_contact(session, actor=request.user)
    header = ",".join(column["name"] for column in columns.CONTACTS)
    lines = [header, *(ref + "," * (len(columns.CONTACTS) - 1) for ref in refs)]
    return Response(
        "\r\n".join(lines) + "\r\n",
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="contacts.csv"'},
    )


@get("/needs/example.csv", sync_to_thread=False)
def example_needs() -> Response[str]:
    header = ",".join(column["name"] for column in columns.NEEDS)
    row = ",".join(column["example"] for column in columns.NEEDS)
    return Response(
        f"{header}\r\n{row}\r\n",
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="needs.csv"'},
    )


def _needs_form(request: WebRequest, *, faults: dict[str, str] | None = None) -> Template:
    return page(
        request,
        "commissioner/upload_needs.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        columns=columns.NEEDS,
        example_href="/commissioner/needs/example.csv",
    )


async def _contacts_form(
    request: WebRequest, session: AsyncSession, *, faults: dict[str, str] | None = None
) -> Template:
    missing = await contacts.families_without_contact(session, actor=request.user)
    approved = await contacts.approved_families(session, actor=request.user)
    return page(
        request,
        "commissioner/upload_contacts.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        missing=len(missing),
        approved=len(approved),
        columns=columns.CONTACTS,
        template_href="/commissioner/contacts/missing.csv" if missing else None,
    )


def _show_report(
    request: WebRequest, kind: str, name: str, report: Report[NeedRow] | Report[ContactRow]
) -> Template:
    return page(
        request,
        "commissioner/upload_report.html",
        status=200 if report.is_fine else 422,
        kind=kind,
        file_name=name,
        rows=report.row_count,
        stored=report.row_count if report.is_fine else 0,
        warnings=_told(report.warnings),
        faults=_told(report.faults),
        faults_total=len(report.faults),
        errors=_fault_error(len(report.faults)),
    )


def _refused(request: WebRequest, kind: str, name: str, faults: Sequence[Fault]) -> Template:
    return page(
        request,
        "commissioner/upload_report.html",
        status=422,
        kind=kind,
        file_name=name,
        rows=0,
        stored=0,
        warnings=[],
        faults=_told(faults),
        faults_total=len(faults),
        errors=_fault_error(len(faults)),
    )


def _told(faults: Sequence[Fault]) -> list[dict[str, Any]]:
    return [
        {
            "row": one.row,
            "column": one.column,
            "value": one.value,
            "text": _sentence(one.what_to_do),
        }
        for one in faults[:MOST_SHOWN]
    ]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _fault_error(count: int) -> list[dict[str, str]]:
    if count == 0:
        return []
    return as_errors({"faults": "Nothing was stored. Mend what is named below and send it again"})


HANDLERS = [
    needs_form,
    upload_needs,
    contacts_form,
    upload_contacts,
    missing_contacts,
    example_needs,
]
