"""In front of everything under /api/v1: no token, no answer, not even which addresses there are."""

from http import HTTPStatus
from typing import Final

import msgspec
from litestar.datastructures import Headers
from litestar.types import ASGIApp, Receive, Scope, Send

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.services.staff.api_tokens import Caller, admit_caller
from marketplace.web.api.problems import PROBLEM, Problem, ProblemError, problem_of

API: Final = "/api/v1"
LONGEST_TOKEN: Final = 200
MOST_CALLS_A_MINUTE: Final = 600
SECONDS_TO_WAIT: Final = 60


def guard_api(app: ASGIApp, sessions: Sessions) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if is_api(scope.get("path", "")):
            try:
                scope["state"]["caller"] = await _admit(scope, sessions)
            except Exception as error:  # noqa: BLE001 - nothing outside of this would answer it
                headers = error.headers if isinstance(error, ProblemError) else {}
                await _refuse(send, problem_of(error), dict(headers))
                return
        await app(scope, receive, send)

    return answer


def is_api(path: str) -> bool:
    return path == API or path.startswith(f"{API}/")


async def _admit(scope: Scope, sessions: Sessions) -> Caller:
    scheme, _, words = Headers.from_scope(scope).get("authorization", "").partition(" ")
    words = words.strip()
    caller = None
    if scheme.lower() == "bearer" and 0 < len(words) <= LONGEST_TOKEN:
        async with transaction(sessions, EXCHANGE) as session:
            caller = await admit_caller(session, words)
    if caller is None:
        raise ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "Send a token that is in force: “Authorization: Bearer earlyhelp_…”.",
            headers={"WWW-Authenticate": 'Bearer realm="early help"'},
        )
    if caller.calls > MOST_CALLS_A_MINUTE:
        raise ProblemError(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"At most {MOST_CALLS_A_MINUTE} calls a minute. Wait, then go on.",
            headers={"Retry-After": str(SECONDS_TO_WAIT)},
        )
    return caller


async def _refuse(send: Send, problem: Problem, headers: dict[str, str]) -> None:
    body = msgspec.json.encode(problem)
    told = headers | {"Content-Type": PROBLEM, "Content-Length": str(len(body))}
    await send(
        {
            "type": "http.response.start",
            "status": problem.status,
            "headers": [(name.lower().encode(), value.encode()) for name, value in told.items()],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
