"""Nothing about a family is deleted while a court or an inquiry may ask for it."""

import uuid

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor, readable_families
from marketplace.db.families import Family
from marketplace.db.rights import LegalHold
from marketplace.errors import BadFormError, NotFoundError
from marketplace.services.matches.locks import lock_families
from marketplace.services.matches.transitions import note_deed

LONGEST_REASON = 300


def is_held(family_id: object) -> ColumnElement[bool]:
    return exists().where(LegalHold.family_id == family_id, LegalHold.lifted_at.is_(None))


async def find_hold(session: AsyncSession, family_id: uuid.UUID) -> LegalHold | None:
    return await session.scalar(
        select(LegalHold).where(LegalHold.family_id == family_id, LegalHold.lifted_at.is_(None))
    )


async def hold(session: AsyncSession, family_id: uuid.UUID, *, reason: str, actor: Actor) -> None:
    """Pressed again, the first reason stands."""
    await _own(session, family_id, actor)
    if not reason:
        raise BadFormError({"reason": "Say why, in a few words, without a name"})
    if await find_hold(session, family_id):
        return
    session.add(LegalHold(family_id=family_id, reason=reason, set_by=actor.name or "The council"))
    await session.flush()
    await note_deed(session, ("family", family_id), "legal_hold", actor=actor)


async def lift_hold(session: AsyncSession, family_id: uuid.UUID, *, actor: Actor) -> None:
    await _own(session, family_id, actor)
    found = await find_hold(session, family_id)
    if found is None:
        return
    found.lifted_at = func.now()
    await session.flush()
    await note_deed(session, ("family", family_id), "legal_hold_lifted", actor=actor)


async def _own(session: AsyncSession, family_id: uuid.UUID, actor: Actor) -> None:
    """Locked: what is being erased at this moment is erased, or held, never half of each."""
    own = readable_families(actor).with_only_columns(Family.id).where(Family.id == family_id)
    if await session.scalar(own) is None:
        raise NotFoundError
    await lock_families(session, [family_id])
