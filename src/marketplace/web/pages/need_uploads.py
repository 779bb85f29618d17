"""Needs come in: checked whole, shown where they change what stands, then stored."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.spreadsheets.report import Report, UnreadableSheet
from directory.taxonomy import load_taxonomy
from marketplace.access import Actor
from marketplace.errors import BadFormError
from marketplace.services.needs import legal_basis, needs
from marketplace.services.needs.need_changes import Comparison
from marketplace.services.needs.needs import Published
from marketplace.spreadsheets.needs import NeedRow, read_needs
from marketplace.web import carried, columns, forms, need_words, sheet_reports
from marketplace.web.pages.uploads import UPLOAD_BYTES
from marketplace.web.rendering import WebRequest, as_errors, page

Sent = tuple[str, bytes]


@get("/needs/upload")
async def needs_form(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    return await _needs_form(request, session)


@post("/needs/upload", request_max_body_size=UPLOAD_BYTES)
async def upload_needs(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    await legal_basis.require_law(session, actor=request.user)
    form = await request.form()
    try:
        sent = await forms.upload(form, "file")
    except BadFormError as error:
        return await _needs_form(request, session, faults=error.faults)
    try:
        report = await _read(session, sent[1])
    except UnreadableSheet as error:
        return sheet_reports.refuse_file(request, "needs", sent[0], error.faults)
    if not report.is_fine:
        return await sheet_reports.show_report(request, "needs", sent, report)
    only_look = forms.text(form, "step") == "check"
    return await _take(request, session, sent, report.rows, only_look=only_look, seen=False)


@post("/needs/store", request_max_body_size=carried.MOST_BYTES)
async def store_needs(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    """The second press: for changes that were shown, or for the good rows of a file with faults."""
    form = await request.form()
    try:
        sent = await carried.unpack(form)
        report = await _read(session, sent[1])
    except BadFormError as error:
        return await _needs_form(request, session, faults=error.faults)
    except UnreadableSheet as error:
        return sheet_reports.refuse_file(request, "needs", "", error.faults)
    seen = forms.text(form, "seen") == "yes"
    return await _take(request, session, sent, report.rows, only_look=False, seen=seen)


@post("/needs/corrected.csv", request_max_body_size=carried.MOST_BYTES)
async def needs_to_correct(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    _, data = await carried.unpack(await request.form())
    return sheet_reports.rows_to_correct(await _read(session, data), "needs")


@get("/needs/example.csv", sync_to_thread=False)
def example_needs() -> Response[bytes]:
    return sheet_reports.example(columns.NEEDS, "needs.csv")


async def _read(session: AsyncSession, data: bytes) -> Report[NeedRow]:
    today = datetime.now(UTC).date()
    report = await asyncio.to_thread(read_needs, data, taxonomy=load_taxonomy(), today=today)
    return await needs.check_areas(session, report)


async def _take(
    request: WebRequest,
    session: AsyncSession,
    sent: Sent,
    rows: Sequence[NeedRow],
    *,
    only_look: bool,
    seen: bool,
) -> Template:
    """Store the rows; first show what they change, unless it was seen or is all new."""
    actor: Actor = request.user
    found, counts = await needs.preview_needs(session, rows, actor=actor)
    changes = bool(counts.changed or counts.kept or counts.objected)
    if only_look or (changes and not seen):
        return await _show_changes(request, sent, found, counts)
    published = await needs.publish_needs(session, rows, actor=actor, name=sent[0])
    return page(request, "commissioner/needs_stored.html", file_name=sent[0], counts=published)


async def _show_changes(
    request: WebRequest, sent: Sent, found: Comparison, counts: Published
) -> Template:
    most = sheet_reports.MOST_SHOWN
    return page(
        request,
        "commissioner/needs_preview.html",
        file_name=sent[0],
        carried=await carried.pack(sent[1]),
        counts=counts,
        objected=sorted({one.family_ref for one in found.objected})[:most],
        changed=[need_words.change_line(one) for one in found.changed[:most]],
        kept=[
            need_words.change_line(one) | {"why": need_words.why_kept(one, found)}
            for one in found.kept[:most]
        ],
    )


async def _needs_form(
    request: WebRequest, session: AsyncSession, *, faults: dict[str, str] | None = None
) -> Template:
    actor: Actor = request.user
    return page(
        request,
        "commissioner/upload_needs.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        columns=columns.NEEDS,
        example_href="/commissioner/needs/example.csv",
        has_law=await legal_basis.find_law(session, actor.commissioner_id) is not None,
    )


HANDLERS = [needs_form, upload_needs, store_needs, needs_to_correct, example_needs]
