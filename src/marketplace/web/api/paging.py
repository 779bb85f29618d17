"""One page of a long list: the next begins where a cursor says, whatever came in between."""

import base64
import binascii
import uuid
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.web.api.operations import refuse
from marketplace.web.api.problems import Fault

T = TypeVar("T")

MOST_ROWS = 500
PAGE = 100
LARGEST_NUMBER = 2**63 - 1

Limit = Annotated[int, msgspec.Meta(ge=1, le=MOST_ROWS, description="Rows on a page.")]
Cursor = Annotated[
    str,
    msgspec.Meta(
        pattern="^[A-Za-z0-9_-]{2,600}$", description="`next` of the page before, as it was given."
    ),
]


class PageQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    limit: Limit = PAGE
    cursor: Cursor | msgspec.UnsetType = msgspec.UNSET


async def read_page(
    session: AsyncSession,
    rows: Select[Any],
    key: InstrumentedAttribute[Any],
    *,
    query: PageQuery,
    read: Callable[[str], Any] = uuid.UUID,
) -> tuple[list[Any], str | None]:
    """The rows, and the cursor of what comes after them; None at the end."""
    if query.cursor is not msgspec.UNSET:
        rows = rows.where(key > read_cursor(query.cursor, read))
    found = list(await session.scalars(rows.order_by(key).limit(query.limit + 1)))
    shown = found[: query.limit]
    return shown, write_cursor(getattr(shown[-1], key.key)) if len(found) > len(shown) else None


def read_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= LARGEST_NUMBER):
        raise ValueError
    return int(text)


def write_cursor(key: Any) -> str:
    return base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def read_cursor(cursor: str, read: Callable[[str], T]) -> T:
    try:
        return read(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode())
    except (ValueError, binascii.Error) as error:
        what_to_do = "Take `next` of the page before, as it was given."
        raise refuse([Fault(field="cursor", what_to_do=what_to_do)]) from error
