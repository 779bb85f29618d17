"""Headers on every answer, errors included."""

import secrets

from litestar.datastructures import MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

SAME_ON_ALL = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # A link in a mailed address is a secret: no other site learns it from a referrer.
    "Referrer-Policy": "no-referrer",
}
# The feed holds nothing that is not public, and anybody's page may read it.
OPEN_DATA = "/open-referral/"


# The one page with a button that asks where somebody is; it keeps no more than a 1 km square.
ASKS_WHERE = "/find"


def new_nonce() -> str:
    return secrets.token_urlsafe(16)


def page_headers(nonce: str) -> dict[str, str]:
    """Also for answers that are given before any route is found."""
    return SAME_ON_ALL | {
        "Content-Security-Policy": content_policy(nonce),
        # Pages hold families' affairs: no shared computer keeps them.
        "Cache-Control": "no-store",
    }


def content_policy(nonce: str) -> str:
    return (
        "default-src 'none'; "
        f"script-src 'self' 'nonce-{nonce}'; "
        "style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
    )


def security_headers(app: ASGIApp) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        nonce = new_nonce()
        scope["state"]["csp_nonce"] = nonce

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in page_headers(nonce).items():
                    headers[name] = value
                if scope["path"] == ASKS_WHERE:
                    headers["Permissions-Policy"] = "camera=(), geolocation=(self), microphone=()"
                if scope["path"].startswith("/static/"):
                    headers["Cache-Control"] = "public, max-age=86400"
                if scope["path"].startswith(OPEN_DATA) and "Access-Control-Allow-Origin" in headers:
                    headers["Cache-Control"] = "public, no-cache"
                    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            await send(message)

        await app(scope, receive, send_with_headers)

    return answer
