"""The stop list: brought each day, works at once, lifted one by one."""

import asyncio
from collections.abc import Collection
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider, Service
from directory.spreadsheets.report import Report, UnreadableSheet
from marketplace.access import Actor, readable_matches
from marketplace.db.families import Family, StopEntry
from marketplace.db.history import Event
from marketplace.db.plans import Match
from marketplace.defaults import defaults_for
from marketplace.errors import BadFormError, NotFoundError
from marketplace.services.needs import stops
from marketplace.services.sending import controls
from marketplace.spreadsheets.stops import StopRow, read_stops
from marketplace.states import MatchState
from marketplace.web import carried, columns, forms, sheet_reports, words
from marketplace.web.pages.uploads import UPLOAD_BYTES
from marketplace.web.rendering import PageNumber, Paging, WebRequest, as_errors, page

PATH = "/commissioner/stop-list"


@get("/stop-list")
async def show_list(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    family: FromQuery[str] = "",
    lifted: FromQuery[str] = "",
    page_number: PageNumber = 1,
) -> Template:
    return await _show_list(request, session, family=family, number=page_number, lifted=lifted)


@post("/stop-list", request_max_body_size=UPLOAD_BYTES)
async def take_list(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    try:
        name, data = await forms.upload(await request.form(), "file")
    except BadFormError as error:
        return await _show_list(request, session, faults=error.faults)
    try:
        report: Report[StopRow] = await asyncio.to_thread(read_stops, data)
    except UnreadableSheet as error:
        return sheet_reports.refuse_file(request, "stop-list", name, error.faults)
    # Who is named in a good row is stopped, whatever ails the others.
    outcome = await stops.store_stops(
        session, report.rows, actor=request.user, is_whole=report.is_fine
    )
    return page(
        request,
        "commissioner/stop_list_report.html",
        status=200 if report.is_fine else 422,
        file_name=name,
        carried=None if report.is_fine else await carried.pack(data),
        outcome=outcome,
        faults=sheet_reports.tell_faults(report.faults),
        faults_total=len(report.faults),
        errors=[]
        if report.is_fine
        else as_errors({"faults": "Some rows could not be read. Mend them and send them today"}),
    )


@post("/stop-list/corrected.csv", request_max_body_size=carried.MOST_BYTES)
async def stops_to_correct(request: WebRequest) -> Response[bytes]:
    _, data = await carried.unpack(await request.form())
    report = await asyncio.to_thread(read_stops, data)
    return sheet_reports.rows_to_correct(report, "stop-list")


@get("/stop-list/example.csv", sync_to_thread=False)
def example_stops() -> Response[bytes]:
    return sheet_reports.example(columns.STOPS, "stop-list.csv")


@get("/stop-list/{entry_id:str}/lift")
async def lift_form(
    request: WebRequest, session: NamedDependency[AsyncSession], entry_id: FromPath[str]
) -> Template:
    entry = await stops.get_entry(session, _parse_number(entry_id), actor=request.user)
    return _lift_form(request, entry)


@post("/stop-list/{entry_id:str}/lift")
async def lift(
    request: WebRequest, session: NamedDependency[AsyncSession], entry_id: FromPath[str]
) -> Redirect | Template:
    actor: Actor = request.user
    entry = await stops.get_entry(session, _parse_number(entry_id), actor=actor)
    reason = forms.text(await request.form(), "reason")
    if not reason:
        return _lift_form(request, entry, faults={"reason": "Say why, in a few words"})
    await stops.lift_entry(session, entry.id, reason=reason, actor=actor)
    return Redirect(f"{PATH}?lifted=yes", status_code=303)


def _lift_form(
    request: WebRequest, entry: StopEntry, *, faults: dict[str, str] | None = None
) -> Template:
    return page(
        request,
        "commissioner/stop_list_lift.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        entry=_line(entry, []),
    )


async def stop_list_state(session: AsyncSession, actor: Actor) -> dict[str, Any]:
    """Whether messages may leave, for this page and for the first one."""
    commissioner = await controls.get_commissioner(session, actor=actor)
    now = (await session.execute(select(func.now()))).scalar_one()
    return {
        "is_fresh": stops.is_list_fresh(commissioner, now=now),
        "brought_at": commissioner.stop_list_at,
        "hours": defaults_for(commissioner.policy)["contact"]["stop_list_hours"],
    }


async def _show_list(
    request: WebRequest,
    session: AsyncSession,
    *,
    family: str = "",
    number: int = 1,
    lifted: str = "",
    faults: dict[str, str] | None = None,
) -> Template:
    actor: Actor = request.user
    chosen = stops.open_entries(actor)
    if family.strip():
        chosen = chosen.where(func.upper(StopEntry.family_ref) == family.strip().upper())
    count = await session.scalar(select(func.count()).select_from(chosen.subquery()))
    paging = Paging(number, count or 0, PATH, {"family": family})
    found = await session.scalars(
        chosen.order_by(StopEntry.added_at.desc(), StopEntry.id.desc())
        .offset(paging.offset)
        .limit(paging.size)
    )
    entries = found.all()
    ring = await _who_knows(session, {one.family_ref.upper() for one in entries}, actor=actor)
    return page(
        request,
        "commissioner/stop_list.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        state=await stop_list_state(session, actor),
        entries=[_line(one, ring.get(one.family_ref.upper(), [])) for one in entries],
        page=paging.as_context(),
        search=family,
        just_lifted=bool(lifted),
        columns=columns.STOPS,
        example_href=f"{PATH}/example.csv",
    )


def _line(entry: StopEntry, ring: list[str]) -> dict[str, Any]:
    return {
        "id": entry.id,
        "pseudonym": entry.family_ref,
        "reason_text": words.STOP_REASONS[entry.reason],
        "added_at": entry.added_at,
        "ring": ring,
    }


async def _who_knows(
    session: AsyncSession, refs: Collection[str], *, actor: Actor
) -> dict[str, list[str]]:
    """Providers who have the family's name, for somebody to ring: a list does not reach them."""
    said_yes = exists().where(
        Event.subject_kind == "match",
        Event.subject_id == Match.id,
        Event.target == MatchState.ACCEPTED,
    )
    helping = Match.state.in_((MatchState.ACCEPTED, MatchState.UNDER_WAY, MatchState.ON_HOLD))
    rows = await session.execute(
        readable_matches(actor)
        .join(Match.intake)
        .join(Intake.service)
        .join(Service.provider)
        .where(
            func.upper(Family.ref).in_(refs),
            helping | (said_yes & (Match.state == MatchState.WITHDRAWN)),
        )
        .with_only_columns(func.upper(Family.ref), Provider.name)
        .distinct()
        .order_by(Provider.name)
    )
    known: dict[str, list[str]] = {}
    for ref, name in rows:
        known.setdefault(ref, []).append(name)
    return known


def _parse_number(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 18):  # noqa: PLR2004 - a bigint
        raise NotFoundError
    return int(value)


HANDLERS = [show_list, take_list, stops_to_correct, example_stops, lift_form, lift]
