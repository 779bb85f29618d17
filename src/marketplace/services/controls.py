"""Stop all messages: one press, and the way back."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.acting import by_exchange
from marketplace.db.history import Event
from marketplace.db.people import Commissioner, User
from marketplace.errors import NotFoundError
from marketplace.services.outbox import requeue_stopped
from marketplace.services.transitions import note_deed


async def stop_messages(session: AsyncSession, *, actor: Actor) -> None:
    """Nothing more is sent to any family; the worker asks again before each single message."""
    await _set_stopped(session, actor, stopped=True)


@by_exchange
async def start_messages(session: AsyncSession, *, actor: Actor) -> None:
    """Let messages leave again, those included that were waiting when they were stopped."""
    await _set_stopped(session, actor, stopped=False)
    await requeue_stopped(session)


async def get_commissioner(session: AsyncSession, *, actor: Actor) -> Commissioner:
    commissioner = await session.scalar(
        select(Commissioner).where(Commissioner.id == actor.commissioner_id)
    )
    if commissioner is None:
        raise NotFoundError
    return commissioner


@by_exchange
async def who_stopped(session: AsyncSession, commissioner: Commissioner) -> str:
    name = await session.scalar(
        select(User.name)
        .join(Event, Event.actor_id == User.id)
        .where(Event.subject_id == commissioner.id, Event.target == "messages_stopped")
        .order_by(Event.id.desc())
        .limit(1)
    )
    return name or ""


async def _set_stopped(session: AsyncSession, actor: Actor, *, stopped: bool) -> None:
    commissioner = await get_commissioner(session, actor=actor)
    commissioner.messages_stopped_at = func.now() if stopped else None
    await session.flush()
    await session.refresh(commissioner)
    deed = "messages_stopped" if stopped else "messages_started"
    await note_deed(session, ("commissioner", commissioner.id), deed, actor=actor)
