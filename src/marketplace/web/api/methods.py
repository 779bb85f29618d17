"""`OPTIONS`: all that an address takes. The framework's own tells the methods of one handler."""

from collections.abc import Sequence

from litestar import Response
from litestar.handlers import HTTPRouteHandler, route


def tell_methods(handlers: Sequence[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """One handler an address, for the router that the others go to."""
    methods: dict[str, set[str]] = {}
    for handler in handlers:
        for path in handler.paths:
            methods.setdefault(path, {"OPTIONS"}).update(handler.http_methods)
    return [_tell(path, ", ".join(sorted(found))) for path, found in methods.items()]


def _tell(path: str, allowed: str) -> HTTPRouteHandler:
    @route(path, http_method="OPTIONS", status_code=204, opt={"audience": "machine"})
    async def tell() -> Response[None]:
        return Response(None, headers={"Allow": allowed})

    return tell
