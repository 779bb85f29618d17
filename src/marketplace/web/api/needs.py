"""Needs: published, read back, taken back."""

import uuid
from datetime import UTC, date, datetime
from typing import Annotated, Literal

import msgspec
from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from directory.spreadsheets.report import Report
from directory.taxonomy import load_taxonomy
from marketplace.access import readable_needs
from marketplace.db.families import Family, Need
from marketplace.errors import NotFoundError, NotReadyError
from marketplace.services.needs import needs
from marketplace.services.needs.withdrawals import Choice, withdraw_needs
from marketplace.spreadsheets.needs import NeedRow, read_need_records
from marketplace.states import NeedState
from marketplace.web.api.operations import (
    actor_of,
    answer,
    decode_as,
    operation,
    read_query,
    refuse,
)
from marketplace.web.api.paging import PageQuery, read_page
from marketplace.web.api.repeats import answer_once
from marketplace.web.api.rows import Cells, check_rows, read_marked
from marketplace.web.api.shapes import (
    MOST_RECORDS,
    NOTHING,
    RECORDS_BYTES,
    Code,
    Meta,
    Pence,
    Ref,
    Taken,
    Word,
)
from marketplace.web.rendering import WebRequest

COLUMNS = {"statutory_cost_pence": "statutory_cost", "languages": "language"}
Words = Annotated[list[Word], Meta(max_length=50)]
Share = Annotated[float, Meta(ge=0, le=1)]


class NeedSent(Taken):
    """One predicted or asked-for need, without a name; the words are those of needs.csv."""

    family_ref: Ref
    need: Code
    level: Annotated[int, Meta(ge=1, le=4, description="4 is refused: the front door's.")]
    likelihood: Share
    statutory_cost_pence: Pence
    source: Annotated[str, Meta(min_length=1, max_length=130, examples=["model:early-signs@2.1"])]
    valid_until: date
    area: Annotated[str, Meta(min_length=1, max_length=20, examples=["IP1 2DE", "IP1"])]
    reasons: Annotated[list[Code], Meta(max_length=3)] = NOTHING
    child_born: Annotated[
        list[Annotated[str, Meta(pattern="^[0-9]{4}-(0[1-9]|1[0-2])$")]], Meta(max_length=20)
    ] = NOTHING
    languages: Words = NOTHING
    availability: Words = NOTHING
    access: Words = NOTHING
    transport: Words = NOTHING
    places: Annotated[int, Meta(ge=1, le=100)] = 1
    asked_on: date | None = None
    cost_falls_on: Annotated[
        list[Literal["council", "nhs", "police", "dwp", "schools"]], Meta(max_length=5)
    ] = NOTHING
    cashable: Share = 0.0
    named_worker: Annotated[str, Meta(max_length=200)] | None = None


Needs = Annotated[list[NeedSent], Meta(min_length=1, max_length=MOST_RECORDS)]
_NeedsUnread = Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=MOST_RECORDS)]


class Published(msgspec.Struct):
    """`kept`: needs that are under way, so they stay as they are. `objected`: not stored."""

    added: int
    changed: int
    unchanged: int
    kept: int
    objected: int
    is_dry_run: bool


class PublishQuery(Taken):
    dry_run: bool = False


class NeedTold(msgspec.Struct):
    family_ref: str
    need: str
    level: int
    likelihood: float
    source: str
    valid_until: date
    state: NeedState
    published_at: datetime


class NeedPage(msgspec.Struct):
    items: list[NeedTold]
    next: str | None


class Withdrawn(msgspec.Struct):
    withdrawn: int


@post(
    "/needs",
    request_max_body_size=RECORDS_BYTES,
    opt=operation(
        scope="needs:write",
        summary="Publish needs: all of them, or none and every fault is named",
        takes=Needs | NeedSent,
        asks=PublishQuery,
        gives=Published,
        may_repeat=True,
        problems=(409, 413),
    ),
)
async def publish(request: WebRequest, session: NamedDependency[AsyncSession]) -> Response[bytes]:
    only_look = read_query(request, PublishQuery).dry_run
    sent: msgspec.Raw = await read_marked(request, msgspec.Raw)
    is_list = bytes(sent).lstrip().startswith(b"[")
    unread = decode_as(sent, _NeedsUnread) if is_list else [sent]
    rows = await check_rows(unread, record=NeedSent, read=_read, columns=COLUMNS)

    async def do() -> Published:
        report = await needs.check_areas(session, rows.report)
        if faults := rows.faults(report):
            raise refuse(faults)
        actor = actor_of(request)
        if only_look:
            _, counts = await needs.preview_needs(session, report.rows, actor=actor)
        else:
            counts = await needs.publish_needs(session, report.rows, actor=actor, name=actor.name)
        return Published(
            counts.added,
            counts.changed,
            counts.unchanged,
            counts.kept,
            counts.objected,
            is_dry_run=only_look,
        )

    return await answer_once(request, session, do)


def _read(cells: Cells) -> Report[NeedRow]:
    return read_need_records(cells, taxonomy=load_taxonomy(), today=datetime.now(UTC).date())


@get(
    "/needs",
    opt=operation(
        scope="needs:read", summary="The council's needs", asks=PageQuery, gives=NeedPage
    ),
)
async def list_needs(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    query = read_query(request, PageQuery)
    rows = readable_needs(actor_of(request)).options(contains_eager(Need.family))
    found, after = await read_page(session, rows, Need.id, query=query)
    return answer(NeedPage([_told(need) for need in found], after))


def _told(need: Need) -> NeedTold:
    return NeedTold(
        family_ref=need.family.ref,
        need=need.code,
        level=need.level,
        likelihood=float(need.likelihood),
        source=need.source,
        valid_until=need.valid_until,
        state=NeedState(need.state),
        published_at=need.published_at,
    )


@delete(
    "/needs/{family_ref:str}/{need:str}",
    status_code=200,
    opt=operation(
        scope="needs:write",
        summary="Take one need back; help that has begun goes on",
        gives=Withdrawn,
        problems=(404, 409),
    ),
)
async def withdraw(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    family_ref: FromPath[str],
    need: FromPath[str],
) -> Response[bytes]:
    need_id = await _find(request, session, family_ref, need)
    count = await withdraw_needs(session, Choice("need", need_id), actor=actor_of(request))
    if not count:
        raise NotReadyError("Nothing was taken back: help has begun, or it was closed before.")
    return answer(Withdrawn(count))


async def _find(
    request: WebRequest, session: AsyncSession, family_ref: str, code: str
) -> uuid.UUID:
    if not (family_ref.isprintable() and code.isprintable()):
        raise NotFoundError
    found: uuid.UUID | None = await session.scalar(
        readable_needs(actor_of(request))
        .where(func.upper(Family.ref) == family_ref.upper(), Need.code == code)
        .with_only_columns(Need.id)
    )
    if found is None:
        raise NotFoundError
    return found


HANDLERS = [publish, list_needs, withdraw]
