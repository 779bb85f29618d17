"""Who looked at whose details: in the history, once a day for each reader and each person."""

import uuid
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Uuid, column, func, insert, literal, select, values
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from directory.sealed import opened_in
from marketplace.access import Actor
from marketplace.db.acting import by_exchange
from marketplace.db.history import Event

DETAILS_READ: Final = "details_read"
# Whose details a sealed row holds, where it is not what the table is called after.
_ABOUT: Final = {"contact": "family"}
# The name of a worker: staff, and no secret of the family's.
_NOT_PERSONAL: Final = {"family"}


@by_exchange
async def note_reads(session: AsyncSession, *, actor: Actor) -> None:
    """Write down what was opened in this session, whichever page did it."""
    about: dict[str, list[uuid.UUID]] = {}
    for table, row_id in opened_in(session):
        if table not in _NOT_PERSONAL:
            about.setdefault(_ABOUT.get(table, table), []).append(row_id)
    for kind, subject_ids in about.items():
        await _add_unless_there(session, kind, subject_ids, actor=actor)


async def _add_unless_there(
    session: AsyncSession, kind: str, subject_ids: Iterable[uuid.UUID], *, actor: Actor
) -> None:
    opened = values(column("id", Uuid), name="opened").data([(one,) for one in subject_ids])
    today = func.date_trunc("day", func.now())
    was_there = (
        select(Event.id)
        .where(
            Event.subject_kind == kind,
            Event.subject_id == opened.c.id,
            Event.actor_id == actor.id,
            Event.target == DETAILS_READ,
            Event.at >= today,
        )
        .exists()
    )
    row = {
        "actor_kind": literal(actor.kind),
        "actor_id": literal(actor.id, Uuid),
        "subject_kind": literal(kind),
        "subject_id": opened.c.id,
        "target": literal(DETAILS_READ),
        "detail": literal({}, JSONB),
    }
    new = select(*row.values()).select_from(opened).where(~was_there)
    await session.execute(insert(Event).inline().from_select(list(row), new))
