"""Who is signed in, and which pages are for whom. Every route names its audience."""

import hmac
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.session import transaction
from marketplace.errors import NotFoundError, NotSignedInError, OnlyLookError, StalePageError
from marketplace.services.staff.sessions import find_signed_in
from marketplace.settings import Settings

# Families sign in nowhere: the token in their link is their secret, so no cookie is set for them.
# So it is with volunteers; a machine shows a token of its own. "arriving" is staff whose
# second step is perhaps still to come.
AUDIENCES = (
    "public",
    "family",
    "volunteer",
    "machine",
    "arriving",
    "staff",
    "commissioner",
    "practitioner",
    "provider",
    "demo",
)
OPEN_TO_ALL = {"public", "family", "volunteer", "machine", "demo"}
CSRF_FIELD = "_csrf"


class StaffAuthentication(AbstractAuthenticationMiddleware):
    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        if caller := connection.scope["state"].get("caller"):
            # A program, let in at the door of the API: no cookie counts beside its token.
            return AuthenticationResult(user=caller.actor, auth=None)
        settings: Settings = connection.app.state.settings
        cookie = connection.cookies.get(settings.cookie_name)
        if not cookie:
            return AuthenticationResult(user=None, auth=None)
        async with transaction(connection.app.state.sessions, EXCHANGE) as session:
            signed_in = await find_signed_in(session, cookie)
        if signed_in is None:
            return AuthenticationResult(user=None, auth=None)
        connection.scope["state"]["arriving"] = signed_in.actor
        # With half a sign-in nobody is anybody yet, but for the page of the second step.
        return AuthenticationResult(
            user=signed_in.actor if signed_in.is_whole else None, auth=cookie
        )


async def require_audience(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    if connection.scope.get("method") == "OPTIONS":
        # The framework's own answer: which methods there are, and nothing else.
        return
    audience = handler.opt["audience"]
    if audience in OPEN_TO_ALL:
        return
    actor: Actor | None = arriving(connection) if audience == "arriving" else connection.user
    if actor is None:
        raise NotSignedInError("Sign in to see this page.")
    if audience not in {"arriving", "staff", actor.kind}:
        # Not "forbidden": what is not yours is not there.
        raise NotFoundError
    is_post = connection.scope.get("method") == "POST" and not handler.opt.get("viewers_may_post")
    if audience == "provider" and is_post and not actor.is_editor:
        # The services refuse a viewer too: this stands in front of pages that are still to come.
        raise OnlyLookError


def arriving(connection: ASGIConnection[Any, Any, Any, Any]) -> Actor | None:
    """Who is signed in, or will be after the second step."""
    actor: Actor | None = connection.scope["state"].get("arriving")
    return actor


async def refuse_foreign_posts(request: Request[Any, Any, Any]) -> None:
    """A staff form carries a token that only a page of the same session could hold."""
    handler = request.route_handler
    if request.method != "POST" or handler.opt.get("audience") in OPEN_TO_ALL:
        return
    form = await request.form()
    given = form.get(CSRF_FIELD)
    expected = csrf_token(request)
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), expected.encode()):
        raise StalePageError


def csrf_token(request: Request[Any, Any, Any]) -> str:
    """Bound to the session, so there is no cookie of its own to go stale."""
    if not request.auth:
        return ""
    settings: Settings = request.app.state.settings
    message = b"csrf:" + str(request.auth).encode()
    return hmac.digest(settings.secret_keys[0].encode(), message, "sha256").hex()
