"""Pages from templates, with what every page needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request
from litestar.params import QueryParameter
from litestar.response import Template

from marketplace.web.auth import csrf_token

PAGE_SIZE = 25

WebRequest = Request[Any, Any, Any]
PageNumber = Annotated[int, QueryParameter(name="page")]


def page(
    request: WebRequest,
    template: str,
    *,
    status: int = 200,
    errors: Sequence[Mapping[str, str]] = (),
    **context: Any,
) -> Template:
    everywhere = {
        "csp_nonce": request.scope["state"]["csp_nonce"],
        "csrf_token": csrf_token(request),
        "user": {"name": request.user.name, "role": request.user.kind} if request.user else None,
        "errors": list(errors),
    }
    return Template(
        f"pages/{template}",
        context=everywhere | context,
        status_code=status,
        media_type="text/html",
    )


def as_errors(faults: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"field": field, "text": text} for field, text in faults.items()]


@dataclass(frozen=True)
class Paging:
    """One page of a long list; numbers outside the list are brought back into it."""

    wanted: int
    rows: int
    path: str
    query: Mapping[str, str]
    size: int = PAGE_SIZE

    @property
    def last(self) -> int:
        return max(1, ceil(self.rows / self.size))

    @property
    def number(self) -> int:
        return min(max(1, self.wanted), self.last)

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    def as_context(self) -> dict[str, Any]:
        before = self._address(self.number - 1) if self.number > 1 else None
        after = self._address(self.number + 1) if self.number < self.last else None
        return {
            "number": self.number,
            "last": self.last,
            "total": self.rows,
            "previous_href": before,
            "next_href": after,
        }

    def _address(self, number: int) -> str:
        return f"{self.path}?{urlencode({**self.query, 'page': str(number)})}"
