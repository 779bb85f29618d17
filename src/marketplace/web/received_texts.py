"""Where GOV.UK Notify brings the texts that it receives: JSON, with a bearer token of ours."""

import hmac
import uuid
from http import HTTPStatus

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.services.texts import receive_text
from marketplace.settings import Settings
from marketplace.web.rendering import WebRequest

MOST_BYTES = 16_384


class BroughtText(msgspec.Struct):
    """What is used of the callback; the rest of it is left alone."""

    id: uuid.UUID
    source_number: str
    message: str


@post("/texts/received", opt={"audience": "machine"}, request_max_body_size=MOST_BYTES)
async def take_text(request: WebRequest, session: NamedDependency[AsyncSession]) -> Response[str]:
    """Answer 200 for strangers' texts too: else Notify would bring them again and again."""
    if not _is_allowed(request):
        return _answer(HTTPStatus.UNAUTHORIZED, "A bearer token is needed.")
    try:
        text = msgspec.json.decode(await request.body(), type=BroughtText)
    except msgspec.DecodeError as error:
        return _answer(HTTPStatus.BAD_REQUEST, f"This is not a text as Notify brings it: {error}.")
    await receive_text(session, text.id, number=text.source_number, words=text.message)
    return _answer(HTTPStatus.OK, "Taken.")


def _is_allowed(request: WebRequest) -> bool:
    settings: Settings = request.app.state.settings
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    is_same = hmac.compare_digest(token.strip().encode(), settings.text_token.encode())
    return scheme.lower() == "bearer" and bool(settings.text_token) and is_same


def _answer(status: HTTPStatus, words: str) -> Response[str]:
    return Response(words + "\n", status_code=status, media_type="text/plain")
