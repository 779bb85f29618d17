"""What GOV.UK Notify brings: texts that it received, and what became of our messages.

JSON with a bearer token of ours. Strangers' are answered 200 too: else they would come again.
"""

import hmac
import uuid
from http import HTTPStatus

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.messages.notify import DELIVERIES
from marketplace.services.sending.receipts import take_receipt
from marketplace.services.sending.texts import receive_text
from marketplace.settings import Settings
from marketplace.web.rendering import WebRequest

MOST_BYTES = 16_384


class BroughtText(msgspec.Struct):
    """What is used of the callback; the rest of it is left alone."""

    id: uuid.UUID
    source_number: str
    message: str


class BroughtReceipt(msgspec.Struct):
    id: uuid.UUID
    status: str
    reference: str | None = None


@post("/texts/received", opt={"audience": "machine"}, request_max_body_size=MOST_BYTES)
async def take_text(request: WebRequest, session: NamedDependency[AsyncSession]) -> Response[str]:
    if not _is_allowed(request):
        return _answer(HTTPStatus.UNAUTHORIZED, "A bearer token is needed.")
    try:
        text = msgspec.json.decode(await request.body(), type=BroughtText)
    except msgspec.DecodeError as error:
        return _answer(HTTPStatus.BAD_REQUEST, f"This is not a text as Notify brings it: {error}.")
    await receive_text(session, text.id, number=text.source_number, words=text.message)
    return _answer(HTTPStatus.OK, "Taken.")


@post("/messages/receipts", opt={"audience": "machine"}, request_max_body_size=MOST_BYTES)
async def take_delivery(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[str]:
    if not _is_allowed(request):
        return _answer(HTTPStatus.UNAUTHORIZED, "A bearer token is needed.")
    try:
        receipt = msgspec.json.decode(await request.body(), type=BroughtReceipt)
    except msgspec.DecodeError as error:
        words = f"This is not a receipt as Notify brings it: {error}."
        return _answer(HTTPStatus.BAD_REQUEST, words)
    await take_receipt(
        session,
        carrier_reference=str(receipt.id),
        reference=receipt.reference,
        delivery=DELIVERIES.get(receipt.status),
    )
    return _answer(HTTPStatus.OK, "Taken.")


def _is_allowed(request: WebRequest) -> bool:
    settings: Settings = request.app.state.settings
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    is_same = hmac.compare_digest(token.strip().encode(), settings.notify_token.encode())
    return scheme.lower() == "bearer" and bool(settings.notify_token) and is_same


def _answer(status: HTTPStatus, words: str) -> Response[str]:
    return Response(words + "\n", status_code=status, media_type="text/plain")


HANDLERS = [take_text, take_delivery]
