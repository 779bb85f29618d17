"""Headers on every answer, errors included."""

import secrets

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from marketplace.settings import Settings

SAME_ON_ALL = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # A link in a mailed address is a secret: no other site learns it from a referrer.
    "Referrer-Policy": "no-referrer",
    # Pages hold families' affairs: no shared computer keeps them.
    "Cache-Control": "no-store",
}
# Two years, as browsers' own lists ask.
ONLY_HTTPS = "max-age=63072000; includeSubDomains"
# The feed holds nothing that is not public, and anybody's page may read it.
OPEN_DATA = "/open-referral/"
# The one page with a button that asks where somebody is; it keeps no more than a 1 km square.
ASKS_WHERE = "/find"


def nonce_of(scope: Scope) -> str:
    """The nonce of one answer, drawn when it is first asked for."""
    nonce: str = scope["state"].setdefault("csp_nonce", secrets.token_urlsafe(16))
    return nonce


def content_policy(nonce: str) -> str:
    return (
        "default-src 'none'; "
        f"script-src 'self' 'nonce-{nonce}'; "
        "style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
    )


async def set_headers(message: Message, scope: Scope) -> None:
    """Before anything is sent, also where no route was found or a handler broke."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    settings: Settings = scope["litestar_app"].state.settings
    for name, value in SAME_ON_ALL.items():
        headers[name] = value
    headers["Content-Security-Policy"] = content_policy(nonce_of(scope))
    if settings.is_https:
        headers["Strict-Transport-Security"] = ONLY_HTTPS
    if scope["path"] == ASKS_WHERE:
        headers["Permissions-Policy"] = "camera=(), geolocation=(self), microphone=()"
    if scope["path"].startswith("/static/"):
        headers["Cache-Control"] = "public, max-age=86400"
    if scope["path"].startswith(OPEN_DATA) and "Access-Control-Allow-Origin" in headers:
        headers["Cache-Control"] = "public, no-cache"
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
