"""`Idempotency-Key`: the same request sent again is told what the first one was told."""

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Response
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.services.staff.api_requests import Told, first_answer, keep_answer
from marketplace.services.staff.api_tokens import Caller
from marketplace.web.api.operations import JSON, answer
from marketplace.web.api.problems import ProblemError
from marketplace.web.checked_input import read_as_sent
from marketplace.web.rendering import WebRequest

HEADER = "Idempotency-Key"
# Of signs that every program can send.
KEY_PATTERN = "^[A-Za-z0-9._:-]{1,100}$"


async def answer_once(
    request: WebRequest,
    session: AsyncSession,
    do: Callable[[], Awaitable[msgspec.Struct]],
    *,
    status: int = 200,
) -> Response[bytes]:
    """Without a key, do it; with one, do it once. What is refused stores no key."""
    key = request.headers.get(HEADER)
    if key is None:
        return answer(await do(), status)
    if not re.fullmatch(KEY_PATTERN, key):
        raise ProblemError(
            HTTPStatus.BAD_REQUEST,
            f"{HEADER} is at most 100 letters, figures and . _ : - such as a UUID.",
        )
    caller: Caller = request.scope["state"]["caller"]
    first = await first_answer(session, caller.token_id, key, await _words_of(request))
    if first is not None:
        body: Any = msgspec.json.encode(first.answer)
        return Response(body, status_code=first.status, media_type=JSON)
    told = await do()
    await keep_answer(session, caller.token_id, key, Told(status, msgspec.to_builtins(told)))
    return answer(told, status)


async def _words_of(request: WebRequest) -> bytes:
    asked = f"{request.method} {request.url.path}?{request.url.query}\n"
    return asked.encode() + await read_as_sent(request)
