"""Steps forward as they come: a yes, a start, an end. A program asks for what is new."""

import uuid
from datetime import datetime

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.services.figures.steps_told import list_steps
from marketplace.web.api.operations import actor_of, answer, operation, read_query
from marketplace.web.api.paging import PageQuery, read_cursor, read_number, write_cursor
from marketplace.web.rendering import WebRequest


class StepTold(msgspec.Struct):
    at: datetime
    step: str
    match_id: uuid.UUID
    family_ref: str
    need: str


class StepPage(msgspec.Struct):
    """Steps: accepted, started, completed. `next` stands at the end too: ask again later."""

    items: list[StepTold]
    next: str | None


@get(
    "/events",
    opt=operation(
        scope="events:read",
        summary="What came of matches that stand, the oldest first",
        asks=PageQuery,
        gives=StepPage,
    ),
)
async def list_events(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    query = read_query(request, PageQuery)
    after = 0 if query.cursor is msgspec.UNSET else read_cursor(query.cursor, read_number)
    found = await list_steps(session, after=after, limit=query.limit, actor=actor_of(request))
    last = found[-1].id if found else after
    items = [StepTold(one.at, one.step, one.match_id, one.family_ref, one.need) for one in found]
    return answer(StepPage(items, write_cursor(last) if last else None))


HANDLERS = [list_events]
