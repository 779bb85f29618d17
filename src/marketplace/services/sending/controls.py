"""Stop all messages: one press, and the way back."""

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.acting import by_exchange
from marketplace.db.families import Family
from marketplace.db.history import Event
from marketplace.db.offers import Message, Offer
from marketplace.db.people import Commissioner, User
from marketplace.db.queue import SEND_MESSAGE, enqueue
from marketplace.errors import NotFoundError
from marketplace.services.matches.transitions import note_deed


async def stop_messages(session: AsyncSession, *, actor: Actor) -> None:
    """Nothing more is sent to any family; the worker asks again before each single message."""
    await _set_stopped(session, actor, stopped=True)


@by_exchange
async def start_messages(session: AsyncSession, *, actor: Actor) -> None:
    """Let messages leave again, those included that were waiting when they were stopped."""
    await _set_stopped(session, actor, stopped=False)
    await requeue_stopped(session, actor=actor)


@by_exchange
async def requeue_stopped(session: AsyncSession, *, actor: Actor) -> None:
    """Let what was stopped try again; each is asked once more before it leaves."""
    waiting = await session.scalars(
        update(Message)
        .where(_waits_for(actor))
        .values(state="queued")
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    await enqueue(session, SEND_MESSAGE, list(waiting))


@by_exchange
async def count_stopped(session: AsyncSession, *, actor: Actor) -> int:
    """How many messages starting again would let go."""
    waiting = select(func.count()).select_from(Message).where(_waits_for(actor))
    return await session.scalar(waiting) or 0


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


def _waits_for(actor: Actor) -> ColumnElement[bool]:
    """Stopped, and not another council's to start.

    A message to a provider may be about families of several councils: it is asked again as it
    leaves, and stays while one of them holds it.
    """
    another_council = Family.commissioner_id != actor.commissioner_id
    to_their_family = exists().where(
        Family.id == Offer.family_id, Offer.id == Message.subject_id, another_council
    )
    about_their_family = exists().where(Family.id == Message.subject_id, another_council)
    return (Message.state == "stopped") & ~to_their_family & ~about_their_family


async def _set_stopped(session: AsyncSession, actor: Actor, *, stopped: bool) -> None:
    commissioner = await get_commissioner(session, actor=actor)
    commissioner.messages_stopped_at = func.now() if stopped else None
    await session.flush()
    await session.refresh(commissioner)
    deed = "messages_stopped" if stopped else "messages_started"
    await note_deed(session, ("commissioner", commissioner.id), deed, actor=actor)
