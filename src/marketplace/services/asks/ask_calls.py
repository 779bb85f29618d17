"""Asks for which a person rings: to hear who it is, or because it is nothing for a message."""

import uuid
from collections.abc import Collection

from sqlalchemy import Select, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.access import Actor, readable_asks
from marketplace.db.acting import by_exchange
from marketplace.db.asks import Ask
from marketplace.db.families import Family, Need
from marketplace.errors import NotFoundError
from marketplace.services.asks.ask_safety import note_safety
from marketplace.services.asks.asks import accept_ask, lock_asks
from marketplace.services.matches.transitions import note_deed


def asks_to_ring(actor: Actor) -> Select[Ask]:
    return (
        readable_asks(actor)
        .where(
            Ask.ring_reason.is_not(None),
            Ask.rung_at.is_(None),
            Ask.withdrawn_at.is_(None),
            or_(Ask.proved_at.is_not(None), Ask.expires_at > func.now()),
        )
        .order_by(Ask.created_at, Ask.id)
        .options(
            joinedload(Ask.need).joinedload(Need.family).joinedload(Family.contact),
            joinedload(Ask.service),
        )
    )


@by_exchange
async def confirm_by_call(session: AsyncSession, ask_id: uuid.UUID, *, actor: Actor) -> None:
    """Somebody answered on that number, and asked for it: now it is a need; or it is still safe."""
    ask = await _find(session, ask_id, actor=actor, reasons=("prove", "still_safe"))
    if ask.ring_reason == "prove":
        await accept_ask(session, ask, actor=actor)
    else:
        await note_safety(session, ask, is_safe=True, actor=actor)
    if ask.ring_reason != "again":
        await _note_rung(session, ask, actor=actor)


@by_exchange
async def refuse_by_call(session: AsyncSession, ask_id: uuid.UUID, *, actor: Actor) -> None:
    """They never asked: nothing of it is kept but that it was so. Or it is no longer safe."""
    ask = await _find(session, ask_id, actor=actor, reasons=("prove", "still_safe"))
    if ask.ring_reason == "still_safe":
        await note_safety(session, ask, is_safe=False, actor=actor)
        await _note_rung(session, ask, actor=actor)
        return
    await note_deed(session, ("ask", ask.id), "not_them", actor=actor)
    await session.delete(ask)
    await session.flush()


@by_exchange
async def note_spoken(session: AsyncSession, ask_id: uuid.UUID, *, actor: Actor) -> None:
    ask = await _find(session, ask_id, actor=actor, reasons=("sensitive", "again"))
    await _note_rung(session, ask, actor=actor)


async def _note_rung(session: AsyncSession, ask: Ask, *, actor: Actor) -> None:
    ask.rung_at = func.now()
    if ask.ring_reason == "sensitive":
        need = await session.get_one(Need, ask.need_id)
        family = await session.get_one(Family, need.family_id)
        # Who has spoken about it once is whom they know: nobody else asks them again.
        family.named_worker = family.named_worker or actor.name
    await session.flush()
    await note_deed(session, ("ask", ask.id), "rung", actor=actor, code=ask.ring_reason)


async def _find(
    session: AsyncSession, ask_id: uuid.UUID, *, actor: Actor, reasons: Collection[str]
) -> Ask:
    """Under the lock that an ask takes, so that two who ring at once make one need."""
    if actor.commissioner_id is not None:
        await lock_asks(session, actor.commissioner_id)
    wanted = asks_to_ring(actor).where(Ask.id == ask_id, Ask.ring_reason.in_(reasons))
    ask = await session.scalar(wanted.execution_options(populate_existing=True))
    if ask is None:
        raise NotFoundError("It is done already, or was withdrawn.")
    return ask
