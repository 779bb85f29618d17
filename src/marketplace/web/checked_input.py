"""The one place through which all that is sent comes in: path, query, forms, JSON.

What no person types, and what is too much, ends here; nothing behind it has to think of it.
"""

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler

from marketplace.errors import NotFoundError, TooLargeError, UnfitInputError

MOST_BODY_BYTES = 256 * 1024
MOST_FIELDS = 2000
# Control characters but tab and line breaks; what turns the direction of writing, so that a line
# reads otherwise than it is; halves of characters, and what is none.
UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
# The same as JSON may write it, with six signs for one. What is no such sign is taken whole, so
# that the half of a pair, or what follows a backslash somebody typed, is not looked at by itself.
ESCAPE = re.compile(
    r"\\u(?:d[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}"
    r"|(?P<unfit>00(?:0[0-8bcef]|1[0-9a-f]|7f|[89][0-9a-f])"
    r"|202[a-e]|206[6-9]|d[89a-f][0-9a-f]{2}|fff[ef]))|\\.",
    re.IGNORECASE | re.DOTALL,
)
MARK = "\ufffd"


class CheckedRequest(Request[Any, Any, Any]):
    """A request whose form and body hold nothing that is unfit."""

    async def body(self) -> bytes:
        body = await super().body()
        kind = self.content_type[0]
        if kind == RequestEncodingType.JSON or kind.endswith("+json"):
            _check_json(body)
        elif kind == RequestEncodingType.URL_ENCODED:
            if body.count(b"&") >= MOST_FIELDS:
                raise TooLargeError
            _decode(unquote_to_bytes(body.replace(b"+", b" ")))
        return body

    async def form(self) -> FormMultiDict:
        form = await super().form()
        for name, value in form.multi_items():
            for words in (name, value.filename if isinstance(value, UploadFile) else value):
                if isinstance(words, str):
                    check_text(words)
        return form


async def refuse_unfit_address(
    connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
) -> None:
    """A page that nobody can have a link to is not there; a question is asked again."""
    if UNFIT.search(connection.scope["path"]):
        raise NotFoundError
    _decode(unquote_to_bytes(connection.scope["query_string"].replace(b"+", b" ")))


def check_text(text: str) -> None:
    if UNFIT.search(text):
        raise UnfitInputError


def _decode(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise UnfitInputError from None
    check_text(text)
    return text


def _check_json(body: bytes) -> None:
    if any(found["unfit"] for found in ESCAPE.finditer(_decode(body))):
        raise UnfitInputError


async def read_as_sent(request: Request[Any, Any, Any]) -> bytes:
    """What nobody looked at: to be marked, or to be compared with what was sent before."""
    return await Request.body(request)


def mark_unfit(body: bytes) -> str:
    """JSON with a mark for each sign that is unfit; whoever asks must look for marks.

    For lists of which one entry must not hold up the others.
    """
    text = UNFIT.sub(MARK, body.decode(errors="replace"))
    return ESCAPE.sub(lambda found: MARK if found["unfit"] else found[0], text)
