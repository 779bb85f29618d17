"""What each operation asks for and gives: said once, kept by the guard and told in OpenAPI."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self, TypeVar

import msgspec
from litestar import Response
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from marketplace.access import Actor
from marketplace.services.staff.api_tokens import Caller
from marketplace.web.api.problems import Fault, ProblemError
from marketplace.web.rendering import WebRequest

T = TypeVar("T")

JSON = "application/json"
WHERE = re.compile(r" - at `(?P<path>[^`]*)`$")
INDEX = re.compile(r"\[(\d+)\]")
NAMED = re.compile(r"field `(?P<field>[^`]*)`")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """`asks`: of the query; `takes`: of the body; `gives`: the answer; all with their bounds."""

    scope: str
    summary: str
    gives: type[msgspec.Struct]
    takes: Any = None
    asks: type[msgspec.Struct] | None = None
    status: int = 200
    may_repeat: bool = False
    problems: Sequence[int] = ()

    def __deepcopy__(self, _: object) -> Self:
        # A router copies its handlers with all they carry, and bounds cannot be copied.
        return self


def operation(**given: Any) -> dict[str, Any]:
    return {"audience": "machine", "operation": Operation(**given)}


def require_scope(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    wanted: Operation | None = handler.opt.get("operation")
    caller: Caller = connection.scope["state"]["caller"]
    if wanted and wanted.scope not in caller.scopes:
        raise ProblemError(
            HTTPStatus.FORBIDDEN, f"This token may not do that: it lacks the scope {wanted.scope}."
        )


def actor_of(request: WebRequest) -> Actor:
    caller: Caller = request.scope["state"]["caller"]
    return caller.actor


async def read_body(request: WebRequest, wanted: Any) -> Any:
    """Strictly as told in OpenAPI: a figure in quotation marks is none."""
    expect_json(request)
    return decode_as(await request.body(), wanted)


def expect_json(request: WebRequest) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send {JSON}.")


def decode_as(body: bytes | str, wanted: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=wanted)
    except msgspec.ValidationError as error:
        raise _refusal(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"This is not JSON: {error}.") from error


def read_query(request: WebRequest, wanted: type[T]) -> T:
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise refuse([Fault(field=name, what_to_do="Give this once.")])
        given[name] = value
    try:
        return msgspec.convert(given, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise _refusal(error) from error


def refuse(faults: Sequence[Fault]) -> ProblemError:
    detail = "Nothing was stored. Put right what is named here, then send it again."
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail, faults=faults)


def answer(told: msgspec.Struct, status: int = 200) -> Response[bytes]:
    return Response(msgspec.json.encode(told), status_code=status, media_type=JSON)


def _refusal(error: msgspec.ValidationError) -> ProblemError:
    return refuse([fault_of(error)])


def fault_of(error: msgspec.ValidationError, *, index: int | None = None) -> Fault:
    """Where it was and what was wrong, out of the one sentence that says both."""
    text = str(error)
    found = WHERE.search(text)
    path = found["path"] if found else "$"
    sentence = text[: found.start()] if found else text
    if index is None and (number := INDEX.match(path, 1)):
        index, path = int(number[1]), "$" + path[number.end() :]
    field = path.removeprefix("$").removeprefix(".")
    if named := NAMED.search(sentence):
        field = f"{field}.{named['field']}".removeprefix(".")
    return Fault(index=index, field=field, what_to_do=f"{sentence.replace('`', '')}.")
