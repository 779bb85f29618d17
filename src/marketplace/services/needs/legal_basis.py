"""The law a council acts under: written down whole, before the first need is published."""

import datetime as dt
import uuid
from dataclasses import asdict, dataclass

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.people import LegalBasis
from marketplace.errors import BadFormError, NoLawError, NotFoundError
from marketplace.services.matches.transitions import note_deed


@dataclass(frozen=True, kw_only=True)
class Law:
    """What stands on the page; families read all of it."""

    power: str
    lawful_basis: str
    special_category_basis: str
    impact_assessed_on: dt.date
    privacy_notice_address: str
    complaint_route: str


async def find_law(session: AsyncSession, commissioner_id: uuid.UUID | None) -> LegalBasis | None:
    return await session.get(LegalBasis, commissioner_id) if commissioner_id else None


async def require_law(session: AsyncSession, *, actor: Actor) -> None:
    if await find_law(session, actor.commissioner_id) is None:
        raise NoLawError


async def write_law(session: AsyncSession, law: Law, *, actor: Actor) -> None:
    """Store the whole of it or nothing: half a legal basis is none."""
    if actor.commissioner_id is None:
        raise NotFoundError
    given = asdict(law)
    blank = {field: "Fill this in" for field, value in given.items() if not value}
    if blank:
        raise BadFormError(blank)
    values = given | {"written_by": actor.name or "The council", "written_at": func.now()}
    await session.execute(
        insert(LegalBasis)
        .values(commissioner_id=actor.commissioner_id, **values)
        .on_conflict_do_update(index_elements=["commissioner_id"], set_=values)
    )
    written = await find_law(session, actor.commissioner_id)
    if written is not None:
        await session.refresh(written)
    await note_deed(session, ("commissioner", actor.commissioner_id), "law_written", actor=actor)
