"""Families to telephone: they asked for it, or nothing may be sent to them."""

import uuid

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from marketplace.access import Actor
from marketplace.db.families import Family
from marketplace.db.offers import Call, Offer
from marketplace.errors import NotFoundError
from marketplace.services.transitions import note_deed


def open_calls(actor: Actor) -> Select[Call]:
    return (
        select(Call)
        .join(Call.offer)
        .join(Offer.family)
        .join(Family.contact)
        .where(Family.commissioner_id == actor.commissioner_id, Call.done_at.is_(None))
        .order_by(Call.asked_at, Call.id)
        .options(
            contains_eager(Call.offer).contains_eager(Offer.family).contains_eager(Family.contact)
        )
    )


async def finish_call(session: AsyncSession, call_id: uuid.UUID, *, actor: Actor) -> str:
    """Tick a call off; returns the name of who was called."""
    call = await session.scalar(open_calls(actor).where(Call.id == call_id))
    if call is None:
        raise NotFoundError("It is done already, or was withdrawn.")
    call.done_at = func.now()
    await note_deed(session, ("offer", call.offer_id), "call_done", actor=actor, code=call.reason)
    contact = call.offer.family.contact
    return contact.name if contact else call.offer.family.ref
