"""What goes wrong for a program, as a problem of RFC 9457: what happened, and what to do."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any
from uuid import uuid4

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from sqlalchemy.exc import DBAPIError

from marketplace.errors import BadFormError, MarketplaceError
from marketplace.web.failures import log, show_failure

PROBLEM = "application/problem+json"
MOST_FAULTS_TOLD = 1_000


class Fault(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One thing to put right; `index` where a list was sent, from 0.

    `value`: what was sent, where it cannot be read: � stands for each sign that is none.
    """

    index: int | None = None
    field: str = ""
    value: str = ""
    what_to_do: str


class Problem(msgspec.Struct, omit_defaults=True, kw_only=True):
    status: Annotated[int, msgspec.Meta(ge=400, le=599)]
    title: str
    detail: str
    faults: list[Fault] = msgspec.field(default_factory=list)
    # Tell it when you ask us what happened: it stands in our log.
    reference: str = ""


class ProblemError(MarketplaceError):
    """Something that only a program can meet."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status, self.faults, self.headers = status, faults, headers or {}
        super().__init__(detail)


WORDS = {
    400: "This request cannot be read.",
    404: "There is nothing at this address, or it is not yours.",
    405: "This address takes other methods: see Allow.",
    413: "This is too large. Send it in parts.",
    500: "Something went wrong here. Nothing was changed.",
    503: "We are busy. Nothing was changed: send it again in a minute.",
}


def show_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A problem for programs, a page for people."""
    if not request.scope["path"].startswith("/api/"):
        return show_failure(request, error)
    return answer_problem(problem_of(error), _headers_of(error))


def problem_of(error: Exception) -> Problem:
    status, detail, reference = HTTPStatus.INTERNAL_SERVER_ERROR, "", ""
    faults: Sequence[Fault] = ()
    if isinstance(error, MarketplaceError):
        status = error.status
        detail = WORDS[status] if status == HTTPStatus.NOT_FOUND else str(error)
        faults = _faults_of(error)
    elif isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        detail = WORDS.get(status, error.detail)
    else:
        if isinstance(error, (DBAPIError, OSError)):
            status = HTTPStatus.SERVICE_UNAVAILABLE
        detail = WORDS[status]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        reference = uuid4().hex[:8]
        log.error("request failed", reference=reference, exc_info=error)
    return Problem(
        status=status,
        title=status.phrase,
        detail=detail,
        faults=list(faults)[:MOST_FAULTS_TOLD],
        reference=reference,
    )


def answer_problem(problem: Problem, headers: Mapping[str, str] | None = None) -> Response[bytes]:
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        media_type=PROBLEM,
        headers=dict(headers or {}),
    )


def _faults_of(error: MarketplaceError) -> Sequence[Fault]:
    if isinstance(error, BadFormError):
        return [Fault(field=field, what_to_do=text) for field, text in error.faults.items()]
    return error.faults if isinstance(error, ProblemError) else ()


def _headers_of(error: Exception) -> Mapping[str, str]:
    if isinstance(error, ProblemError):
        return error.headers
    return (error.headers or {}) if isinstance(error, HTTPException) else {}
