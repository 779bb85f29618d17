"""The stop list: whom it names is left alone at once, whatever ails the rest of it."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.families import StopEntry
from marketplace.db.people import Commissioner
from marketplace.services.needs import stops
from marketplace.spreadsheets.stops import StopReason, read_stop_records
from marketplace.web.api.operations import actor_of, answer, operation, read_query
from marketplace.web.api.paging import PageQuery, read_number, read_page
from marketplace.web.api.problems import Problem, answer_problem
from marketplace.web.api.rows import check_rows, read_marked
from marketplace.web.api.shapes import MOST_RECORDS, RECORDS_BYTES, Meta, Ref, Taken
from marketplace.web.rendering import WebRequest


class StopSent(Taken):
    family_ref: Ref
    reason: StopReason


class StopsSent(Taken):
    """`is_whole`: this is all of today's list. Only then may messages leave for another day."""

    is_whole: bool
    entries: Annotated[list[StopSent], Meta(max_length=MOST_RECORDS)]


class _StopsUnread(Taken):
    is_whole: bool
    entries: Annotated[list[msgspec.Raw], Meta(max_length=MOST_RECORDS)]


class Stopped(msgspec.Struct):
    """Entries that are new, those that stood already, and the matches that ended."""

    added: int
    standing: int
    ended: int


class StopTold(msgspec.Struct):
    family_ref: str
    reason: str
    added_at: datetime


class StopPage(msgspec.Struct):
    items: list[StopTold]
    next: str | None
    brought_at: datetime | None


@post(
    "/stops",
    status_code=200,
    request_max_body_size=RECORDS_BYTES,
    opt=operation(
        scope="stops:write",
        summary="Stop families at once. An entry with a fault is refused; the others work",
        takes=StopsSent,
        gives=Stopped,
        problems=(413,),
    ),
)
async def stop(request: WebRequest, session: NamedDependency[AsyncSession]) -> Response[bytes]:
    sent: _StopsUnread = await read_marked(request, _StopsUnread)
    rows = await check_rows(sent.entries, record=StopSent, read=read_stop_records)
    faults = rows.faults()
    done = await stops.store_stops(
        session,
        rows.report.rows,
        actor=actor_of(request),
        is_whole=sent.is_whole and not faults,
    )
    if faults:
        # Answered and not raised: the good entries are stored, since a stop must not wait.
        return answer_problem(
            Problem(
                status=422,
                title="Unprocessable Content",
                detail=f"{rows.report.good_count} of {len(sent.entries)} entries work from now "
                "on; those named here do not, so the list does not count as whole. Put them right "
                "and send it again.",
                faults=faults,
            )
        )
    return answer(Stopped(done.added, done.standing, done.ended))


@get(
    "/stops",
    opt=operation(
        scope="stops:read", summary="Who is on the stop list", asks=PageQuery, gives=StopPage
    ),
)
async def list_stops(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    actor, query = actor_of(request), read_query(request, PageQuery)
    found, after = await read_page(
        session, stops.open_entries(actor), StopEntry.id, query=query, read=read_number
    )
    council = await session.get_one(Commissioner, actor.commissioner_id)
    items = [StopTold(one.family_ref, one.reason, one.added_at) for one in found]
    return answer(StopPage(items, after, council.stop_list_at))


HANDLERS = [stop, list_stops]
