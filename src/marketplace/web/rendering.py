"""Pages from templates, with what every page needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request
from litestar.params import QueryParameter
from litestar.response import Template

from marketplace.access import Actor
from marketplace.web.auth import csrf_token
from marketplace.web.headers import nonce_of

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
        "csp_nonce": nonce_of(request.scope),
        "csrf_token": csrf_token(request),
        "user": _user(request.user) if request.user else None,
        "errors": list(errors),
    }
    return Template(
        f"pages/{template}",
        context=everywhere | context,
        status_code=status,
        media_type="text/html",
    )


def _user(actor: Actor) -> dict[str, object]:
    # Only a provider's people come in two kinds; what a viewer may not press is not shown.
    return {
        "name": actor.name,
        "role": actor.provider_role or actor.kind,
        "may_edit": actor.is_editor,
    }


def as_errors(faults: Mapping[str, str], *, order: Sequence[str] = ()) -> list[dict[str, str]]:
    """In the order in which the fields stand on the page; what is none of them comes last."""
    places = {field: place for place, field in enumerate(order)}
    told = sorted(faults.items(), key=lambda fault: places.get(fault[0], len(places)))
    return [{"field": field, "text": text} for field, text in told]


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
