"""The one row a match in which taps are kept: days and numbers, never words."""

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.outcomes import Outcome


async def note_outcome(session: AsyncSession, match_id: uuid.UUID, **values: Any) -> None:
    empty = {"match_id": match_id, "times_attended": 0}
    await session.execute(insert(Outcome).values(empty).on_conflict_do_nothing())
    await session.execute(
        update(Outcome).where(Outcome.match_id == match_id).values(**values),
        execution_options={"synchronize_session": False},
    )


async def outcomes_of(
    session: AsyncSession, match_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Outcome]:
    found = await session.scalars(
        select(Outcome)
        .where(Outcome.match_id.in_(match_ids))
        .execution_options(populate_existing=True)
    )
    return {outcome.match_id: outcome for outcome in found}
