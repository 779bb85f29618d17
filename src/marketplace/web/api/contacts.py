"""Contacts: of families in an approved plan only, and never read back."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from directory.spreadsheets.report import Report
from marketplace.services.needs import contacts
from marketplace.spreadsheets.contacts import ContactRow, SafeToContact, read_contact_records
from marketplace.web.api.operations import (
    actor_of,
    answer,
    operation,
    read_query,
    refuse,
)
from marketplace.web.api.paging import PageQuery, read_cursor, write_cursor
from marketplace.web.api.rows import Cells, check_rows, read_marked
from marketplace.web.api.shapes import (
    MOST_RECORDS,
    NOTHING,
    RECORDS_BYTES,
    Meta,
    Ref,
    Taken,
)
from marketplace.web.rendering import WebRequest

Channel = Literal["email", "sms", "letter", "phone", "in-person"]


class ContactSent(Taken):
    """One adult of a family, and how it is safe to reach them, the best way first."""

    family_ref: Ref
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    safe_to_contact: SafeToContact
    safe_checked_on: date
    safe_channels: Annotated[list[Channel], Meta(max_length=5)] = NOTHING
    email: Annotated[str, Meta(max_length=254)] | None = None
    phone: Annotated[str, Meta(max_length=40)] | None = None
    address: Annotated[str, Meta(max_length=500)] | None = None
    postcode: Annotated[str, Meta(max_length=10)] | None = None


Contacts = Annotated[list[ContactSent], Meta(min_length=1, max_length=MOST_RECORDS)]
_ContactsUnread = Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=MOST_RECORDS)]


class Stored(msgspec.Struct):
    """`objected`: not stored, since somebody with this address or number objected."""

    stored: int
    objected: int


class MissingPage(msgspec.Struct):
    """Pseudonyms of approved families that nobody can write to yet."""

    items: list[str]
    next: str | None


@post(
    "/contacts",
    status_code=200,
    request_max_body_size=RECORDS_BYTES,
    opt=operation(
        scope="contacts:write",
        summary="Bring contacts of approved families: all of them, or none",
        takes=Contacts,
        gives=Stored,
        problems=(413,),
    ),
)
async def store(request: WebRequest, session: NamedDependency[AsyncSession]) -> Response[bytes]:
    sent = await read_marked(request, _ContactsUnread)
    rows = await check_rows(sent, record=ContactSent, read=_read)
    report = await contacts.check_families(session, rows.report, actor=actor_of(request))
    if faults := rows.faults(report):
        raise refuse(faults)
    count = await contacts.store_contacts(session, report.rows, actor=actor_of(request))
    return answer(Stored(count, objected=len(report.rows) - count))


def _read(cells: Cells) -> Report[ContactRow]:
    return read_contact_records(cells, today=datetime.now(UTC).date())


@get(
    "/contacts/missing",
    opt=operation(
        scope="contacts:read",
        summary="Approved families that still lack a contact",
        asks=PageQuery,
        gives=MissingPage,
    ),
)
async def list_missing(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    query = read_query(request, PageQuery)
    refs = sorted(await contacts.families_without_contact(session, actor=actor_of(request)))
    if query.cursor is not msgspec.UNSET:
        last = read_cursor(query.cursor, str)
        refs = [ref for ref in refs if ref > last]
    shown = refs[: query.limit]
    return answer(MissingPage(shown, write_cursor(shown[-1]) if len(refs) > len(shown) else None))


HANDLERS = [store, list_missing]
