"""What a program sent twice is done once: it is told the first answer again."""

import hashlib
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import by_exchange
from marketplace.db.machines import ApiRequest
from marketplace.errors import MarketplaceError


class OtherRequestError(MarketplaceError):
    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key came before, with other words. Nothing was changed. "
            "Give each request a key of its own."
        )


@dataclass(frozen=True)
class Told:
    status: int
    answer: dict[str, Any]


@by_exchange
async def first_answer(
    session: AsyncSession, token_id: uuid.UUID, key: str, request: bytes
) -> Told | None:
    """What was answered to this key; None where it is new, and taken now.

    Whoever sends it at the same time waits here until the first is stored, or taken back.
    """
    sent = hashlib.sha256(request).digest()
    values = {"token_id": token_id, "key": key, "request_hash": sent, "status": 0, "answer": {}}
    taken = await session.scalar(
        insert(ApiRequest).values(values).on_conflict_do_nothing().returning(ApiRequest.key)
    )
    if taken is not None:
        return None
    first = (await session.scalars(select(ApiRequest).where(*_is(token_id, key)))).one()
    if first.request_hash != sent:
        raise OtherRequestError
    return Told(first.status, first.answer)


@by_exchange
async def keep_answer(session: AsyncSession, token_id: uuid.UUID, key: str, told: Told) -> None:
    await session.execute(
        update(ApiRequest)
        .where(*_is(token_id, key))
        .values(status=told.status, answer=told.answer, at=func.now())
    )


def _is(token_id: uuid.UUID, key: str) -> tuple[Any, Any]:
    return ApiRequest.token_id == token_id, ApiRequest.key == key
