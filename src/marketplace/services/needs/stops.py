"""The stop list: whom the council names is written to no more, from that moment on."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.families import Family, StopEntry
from marketplace.db.offers import Call, Message, Offer
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match
from marketplace.defaults import defaults_for
from marketplace.errors import NotFoundError
from marketplace.services.matches.endings import end_not_begun
from marketplace.services.matches.transitions import move_needs, note_deed
from marketplace.services.sending.controls import requeue_stopped
from marketplace.services.sending.outbox import Refusal
from marketplace.spreadsheets.stops import StopRow
from marketplace.states import NeedState


@dataclass(frozen=True)
class Stopped:
    """What a list did: entries that are new, those that stood already, matches it ended."""

    added: int
    standing: int
    ended: int


def on_stop_list() -> ColumnElement[bool]:
    """Of a family in a query. A stop must not fail over a capital letter."""
    return exists().where(
        StopEntry.commissioner_id == Family.commissioner_id,
        func.upper(StopEntry.family_ref) == func.upper(Family.ref),
        StopEntry.lifted_at.is_(None),
    )


def open_entries(actor: Actor) -> Select[StopEntry]:
    return select(StopEntry).where(
        StopEntry.commissioner_id == actor.commissioner_id, StopEntry.lifted_at.is_(None)
    )


async def store_stops(
    session: AsyncSession, rows: Sequence[StopRow], *, actor: Actor, is_whole: bool = True
) -> Stopped:
    """Stop every family named, in this transaction; an empty list says that nobody is new.

    `is_whole`: every row could be read. A list with gaps stops whom it names, and is not fresh.
    """
    commissioner = await _lock_commissioner(session, actor)
    known = {
        (entry.family_ref.upper(), entry.reason)
        for entry in await session.scalars(open_entries(actor))
    }
    new = {(row.family_ref.upper(), row.reason): row.family_ref for row in rows}
    added = [
        {"commissioner_id": commissioner.id, "family_ref": ref, "reason": key[1]}
        for key, ref in new.items()
        if key not in known
    ]
    if added:
        await session.execute(insert(StopEntry), added)
    ended = await keep_stopped(session, commissioner.id, actor=actor)
    if is_whole:
        commissioner.stop_list_at = func.now()
        await session.flush()
        await session.refresh(commissioner)
        await requeue_stopped(session, actor=actor)
    outcome = Stopped(added=len(added), standing=len(new) - len(added), ended=ended)
    detail = {"added": outcome.added, "ended": ended, "whole": is_whole}
    subject = ("commissioner", commissioner.id)
    await note_deed(session, subject, "stop_list_brought", actor=actor, detail=detail)
    return outcome


async def keep_stopped(session: AsyncSession, commissioner_id: uuid.UUID, *, actor: Actor) -> int:
    """End what has not begun for whoever is on the list; how many matches it was.

    Also after every plan: it may have been reckoned while the list came in.
    """
    listed = select(Family.id).where(Family.commissioner_id == commissioner_id, on_stop_list())
    ended = await end_not_begun(session, Match.family_id.in_(listed), code="stop_list", actor=actor)
    needs = [match.need_id for match, _ in ended.values()]
    await move_needs(session, needs, to=NeedState.PUBLISHED, actor=actor, code="stop_list")
    offers = select(Offer.id).where(Offer.family_id.in_(listed))
    await session.execute(
        update(Message)
        .where(Message.subject_id.in_(offers), Message.state.in_(("queued", "stopped")))
        .values(state="refused", refusal="on the stop list")
    )
    # Nor is anybody telephoned: who was to be called may have died, or be in court.
    await session.execute(
        update(Call)
        .where(Call.offer_id.in_(offers), Call.done_at.is_(None))
        .values(done_at=func.now())
    )
    return len(ended)


async def lift_entry(session: AsyncSession, entry_id: int, *, reason: str, actor: Actor) -> str:
    """Take one family off the list; returns its pseudonym. What was ended stays ended."""
    entry = await get_entry(session, entry_id, actor=actor)
    entry.lifted_at = func.now()
    await session.flush()
    await note_deed(
        session,
        ("commissioner", entry.commissioner_id),
        "stop_lifted",
        actor=actor,
        # Not the pseudonym: the history is never deleted, and the family one day is.
        detail={"entry": entry.id, "reason": reason},
    )
    return entry.family_ref


async def get_entry(session: AsyncSession, entry_id: int, *, actor: Actor) -> StopEntry:
    entry = await session.scalar(open_entries(actor).where(StopEntry.id == entry_id))
    if entry is None:
        raise NotFoundError("This family is not on the stop list any more.")
    return entry


def is_list_fresh(commissioner: Commissioner, *, now: dt.datetime) -> bool:
    hours = defaults_for(commissioner.policy)["contact"]["stop_list_hours"]
    brought = commissioner.stop_list_at
    return brought is not None and now - brought <= dt.timedelta(hours=hours)


def refusal_to_write(
    family: Family, commissioner: Commissioner, *, is_listed: bool, now: dt.datetime
) -> Refusal | None:
    """Asked before any message to a family leaves, on whatever channel."""
    if commissioner.messages_stopped_at is not None:
        return Refusal("messages are stopped", state="stopped")
    if family.stopped_at is not None:
        return Refusal("the family asked us to stop")
    if is_listed:
        return Refusal("on the stop list")
    if not is_list_fresh(commissioner, now=now):
        return Refusal("the stop list is too old", state="stopped")
    return None


async def _lock_commissioner(session: AsyncSession, actor: Actor) -> Commissioner:
    commissioner = await session.scalar(
        select(Commissioner)
        .where(Commissioner.id == actor.commissioner_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if commissioner is None:
        raise NotFoundError
    return commissioner
