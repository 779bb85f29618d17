"""The cookie of a signed-in browser, and where each of the staff begins."""

from typing import Any

from litestar import Response
from litestar.response import Redirect, Template

from marketplace.services.staff.sessions import SESSION_HOURS
from marketplace.settings import Settings
from marketplace.web.rendering import WebRequest

HOME_OF = {
    "commissioner": "/commissioner",
    "practitioner": "/practitioner",
    "provider": "/provider",
}


def go_in(request: WebRequest, session_token: str, *, to: str) -> Redirect:
    answer = Redirect(to, status_code=303)
    set_staff_cookie(request, answer, session_token)
    return answer


def set_staff_cookie(
    request: WebRequest, answer: Response[Any] | Template, session_token: str
) -> None:
    settings: Settings = request.app.state.settings
    answer.set_cookie(
        settings.cookie_name,
        session_token,
        max_age=SESSION_HOURS * 3600,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="lax",
    )
