"""A provider's intakes and their places."""

import uuid
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Response, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from directory.models import Intake
from marketplace.access import readable_intakes
from marketplace.services.providers import places
from marketplace.web.api.operations import actor_of, answer, operation, read_body, read_query
from marketplace.web.api.paging import PageQuery, read_page
from marketplace.web.api.shapes import Meta, Taken
from marketplace.web.forms import parse_id
from marketplace.web.rendering import WebRequest


class Places(Taken):
    """How many in all; never fewer than are promised. What was paused is open again."""

    places: Annotated[int, Meta(ge=0, le=10_000)]


class PlacesTold(msgspec.Struct):
    """`places` null: as many as come. `held`: promised; `used`: help has started."""

    id: uuid.UUID
    places: int | None
    held: int
    used: int
    is_paused: bool
    paused_until: date | None


class IntakeTold(PlacesTold):
    service: str
    starts_on: date | None


class IntakePage(msgspec.Struct):
    items: list[IntakeTold]
    next: str | None


@get(
    "/intakes",
    opt=operation(
        scope="intakes:read",
        summary="The provider's intakes, its volunteers' too",
        asks=PageQuery,
        gives=IntakePage,
    ),
)
async def list_intakes(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    query = read_query(request, PageQuery)
    rows = readable_intakes(actor_of(request)).options(contains_eager(Intake.service))
    found, after = await read_page(session, rows, Intake.id, query=query)
    items = [
        IntakeTold(**_places(one), service=one.service.name, starts_on=one.starts_on)
        for one in found
    ]
    return answer(IntakePage(items, after))


@patch(
    "/intakes/{intake_id:str}",
    opt=operation(
        scope="intakes:write",
        summary="Set how many places there are",
        takes=Places,
        gives=PlacesTold,
        problems=(404, 409),
    ),
)
async def set_places(
    request: WebRequest, session: NamedDependency[AsyncSession], intake_id: FromPath[str]
) -> Response[bytes]:
    one, sent = parse_id(intake_id), await read_body(request, Places)
    intake = await places.set_places(session, one, places=sent.places, actor=actor_of(request))
    return answer(PlacesTold(**_places(intake)))


def _places(intake: Intake) -> dict[str, Any]:
    return {
        "id": intake.id,
        "places": intake.places,
        "held": intake.held,
        "used": intake.used,
        "is_paused": intake.paused_at is not None,
        "paused_until": intake.paused_until,
    }


HANDLERS = [list_intakes, set_places]
