"""Every error becomes a page that says what to do; nothing inner is ever shown."""

from http import HTTPStatus
from typing import Any
from uuid import uuid4

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from sqlalchemy.exc import DBAPIError

from marketplace.errors import MarketplaceError, NotSignedInError, TooManyError
from marketplace.templating import shared_environment
from marketplace.web.auth import csrf_token
from marketplace.web.headers import nonce_of

SERVER_ERROR = 500
BUSY = 503

log = structlog.get_logger("marketplace.web")

GENERAL = {
    400: ("That did not work", ["Go back, check what you typed and try again."]),
    404: ("We cannot find that page", ["Check the address, or start from the first page."]),
    405: ("That did not work", ["Go back and use the buttons on the page."]),
    413: ("That file is too large", ["Send a file of at most 20 MB."]),
    SERVER_ERROR: ("Something went wrong here", ["Nothing was changed. Try again in a minute."]),
    BUSY: ("We are busy", ["Nothing was changed. Try again in a minute."]),
}


def show_failure(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    if isinstance(error, NotSignedInError):
        return Redirect("/sign-in", status_code=303)
    status, heading, what_to_do = words_for(error)
    if status == HTTPStatus.NOT_FOUND and _opened_by_link(request):
        heading = "This link does not work"
    reference = ""
    if status >= SERVER_ERROR:
        what_to_do = [*what_to_do, *_whom_to_ring(request)]
        reference = uuid4().hex[:8]
        # The path of a family's page holds its link, so the route's own name is logged instead.
        log.error("request failed", reference=reference, exc_info=error)
    html = (
        shared_environment()
        .get_template("pages/public/error.html")
        .render(
            status=status,
            heading=heading,
            what_to_do=what_to_do,
            reference=reference,
            way_out=error.way_out if isinstance(error, MarketplaceError) else None,
            csp_nonce=nonce_of(request.scope),
            csrf_token=csrf_token(request) if request.scope.get("auth") else "",
            user=request.scope.get("user"),
            errors=[],
        )
    )
    wait = {"Retry-After": str(error.wait_seconds)} if isinstance(error, TooManyError) else {}
    return Response(html, status_code=status, media_type="text/html", headers=wait)


def _whom_to_ring(request: Request[Any, Any, Any]) -> list[str]:
    phone = request.app.state.settings.help_phone
    return [f"If it cannot wait, ring {phone}."] if phone else []


def _opened_by_link(request: Request[Any, Any, Any]) -> bool:
    return request.scope["path"].startswith(
        ("/o/", "/v/", "/sign-in/", "/join/", "/confirm/", "/ask/")
    )


def words_for(error: Exception) -> tuple[int, str, list[str]]:
    if isinstance(error, MarketplaceError):
        return error.status, error.title, [str(error)]
    if isinstance(error, HTTPException):
        heading, what_to_do = GENERAL.get(error.status_code, GENERAL[400])
        return error.status_code, heading, what_to_do
    status = BUSY if isinstance(error, (DBAPIError, OSError)) else SERVER_ERROR
    heading, what_to_do = GENERAL[status]
    return status, heading, what_to_do
