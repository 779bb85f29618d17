"""Contacts of approved families come in: checked whole, stored all or not at all."""

import asyncio
from datetime import UTC, datetime

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.spreadsheets.report import Report, UnreadableSheet
from marketplace.access import Actor
from marketplace.errors import BadFormError
from marketplace.services.needs import contacts
from marketplace.spreadsheets.contacts import ContactRow, read_contacts
from marketplace.web import carried, columns, forms, sheet_reports
from marketplace.web.rendering import WebRequest, as_errors, page

UPLOAD_BYTES = forms.MOST_UPLOAD_BYTES + 64 * 1024


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
        report = await _read(session, data, actor=actor)
    except UnreadableSheet as error:
        return sheet_reports.refuse_file(request, "contacts", name, error.faults)
    objected = 0
    if report.is_fine:
        stored = await contacts.store_contacts(session, report.rows, actor=actor)
        objected = report.row_count - stored
    return await sheet_reports.show_report(
        request, "contacts", (name, data), report, objected=objected
    )


@post("/contacts/corrected.csv", request_max_body_size=carried.MOST_BYTES)
async def contacts_to_correct(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    _, data = await carried.unpack(await request.form())
    report = await _read(session, data, actor=request.user)
    return sheet_reports.rows_to_correct(report, "contacts")


@get("/contacts/missing.csv")
async def missing_contacts(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    """A file to fill in: one row for each approved family that still lacks contacts."""
    refs = await contacts.families_without_contact(session, actor=request.user)
    header = ",".join(column["name"] for column in columns.CONTACTS)
    lines = [header, *(ref + "," * (len(columns.CONTACTS) - 1) for ref in refs)]
    return sheet_reports.csv_file(("\r\n".join(lines) + "\r\n").encode(), "contacts.csv")


async def _read(session: AsyncSession, data: bytes, *, actor: Actor) -> Report[ContactRow]:
    today = datetime.now(UTC).date()
    report = await asyncio.to_thread(read_contacts, data, today=today)
    return await contacts.check_families(session, report, actor=actor)


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


HANDLERS = [contacts_form, upload_contacts, contacts_to_correct, missing_contacts]
