"""Everything under /api: one file a noun, and the description of them all."""

from functools import cache

import msgspec
from litestar import Response, Router, get

from marketplace.settings import Settings
from marketplace.web.api import (
    contacts,
    events,
    families,
    figures,
    funds,
    intakes,
    matches,
    needs,
    plan_rows,
    plans,
    stops,
)
from marketplace.web.api.door import API
from marketplace.web.api.methods import tell_methods
from marketplace.web.api.openapi import describe
from marketplace.web.api.operations import JSON, require_scope
from marketplace.web.api.shapes import BODY_BYTES
from marketplace.web.rendering import WebRequest

HANDLERS = [
    *needs.HANDLERS,
    *stops.HANDLERS,
    *contacts.HANDLERS,
    *plans.HANDLERS,
    *plan_rows.HANDLERS,
    *funds.HANDLERS,
    *figures.HANDLERS,
    *families.HANDLERS,
    *events.HANDLERS,
    *matches.HANDLERS,
    *intakes.HANDLERS,
]
ROUTER = Router(
    API,
    # These first, or the framework adds its own where it finds none yet.
    route_handlers=[*tell_methods(HANDLERS), *HANDLERS],
    guards=[require_scope],
    request_max_body_size=BODY_BYTES,
)


@get("/api/openapi.json", opt={"audience": "public"}, sync_to_thread=False)
def show_openapi(request: WebRequest) -> Response[bytes]:
    settings: Settings = request.app.state.settings
    return Response(_written(settings.base_url), media_type=JSON)


@cache
def _written(base_url: str) -> bytes:
    return msgspec.json.encode(describe(HANDLERS, base_url))
