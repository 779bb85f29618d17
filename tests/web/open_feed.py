"""Asks the feed, and changes what it is made of."""

from typing import Any

from httpx import AsyncClient
from sqlalchemy import update

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction

FEED = "/open-referral/v3"
Json = dict[str, Any]


async def get(nobody: AsyncClient, path: str, **asked: Any) -> Json:
    answer = await nobody.get(FEED + path, params=asked)
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    return told


async def names(nobody: AsyncClient, path: str = "/services", **asked: Any) -> set[str]:
    rows = (await get(nobody, path, **asked))["contents"]
    return {row.get("service", row)["name"] for row in rows}


async def change(sessions: Sessions, model: type[Any], ref: str, **values: Any) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(model).where(model.ref == ref).values(**values))
