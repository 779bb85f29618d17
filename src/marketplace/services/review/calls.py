"""Families to telephone: they asked for it, or nothing may be sent to them."""

import datetime as dt
import uuid
from typing import Final

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from directory.models import Intake, Service
from marketplace.access import Actor
from marketplace.db.families import Contact, Family
from marketplace.db.offers import Call, Offer
from marketplace.db.plans import Match
from marketplace.defaults import defaults
from marketplace.errors import BadFormError, NotFoundError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.staff.working_days import add_working_days
from marketplace.templating import LONDON

NO_ANSWER, BAD_TIME, WRONG_NUMBER = "no_answer", "bad_time", "wrong_number"
OUTCOMES: Final = (NO_ANSWER, BAD_TIME, WRONG_NUMBER)
OFFICE_OPENS = dt.time(9)


def open_calls(actor: Actor) -> Select[Call]:
    """The latest first to be late; whoever is to be tried again later stands at the end."""
    is_for_later = func.coalesce(Call.try_after > func.now(), False)
    return (
        select(Call)
        .join(Call.offer)
        .join(Offer.family)
        .outerjoin(Family.contact)
        .where(Family.commissioner_id == actor.commissioner_id, Call.done_at.is_(None))
        .order_by(is_for_later, Call.asked_at, Call.id)
        .options(
            contains_eager(Call.offer).contains_eager(Offer.family).contains_eager(Family.contact)
        )
    )


def with_support(calls: Select[Call]) -> Select[Call]:
    """And with what is to be offered."""
    about = contains_eager(Call.offer).joinedload(Offer.match)
    return calls.options(
        about.joinedload(Match.need),
        about.joinedload(Match.intake).joinedload(Intake.service).joinedload(Service.provider),
    )


async def get_call(session: AsyncSession, call_id: uuid.UUID, *, actor: Actor) -> Call:
    call = await session.scalar(with_support(open_calls(actor)).where(Call.id == call_id))
    if call is None:
        raise NotFoundError("It is done already, or was withdrawn.")
    return call


def due_on(asked_at: dt.datetime) -> dt.date:
    """The day by which somebody who asked for a call is rung."""
    asked_on = asked_at.astimezone(LONDON).date()
    return add_working_days(asked_on, defaults()["calls"]["within_working_days"])


async def finish_call(session: AsyncSession, call_id: uuid.UUID, *, actor: Actor) -> str:
    """Tick a call off; returns the name of who was called."""
    call = await get_call(session, call_id, actor=actor)
    await _end(session, call, code=call.reason, actor=actor)
    contact = call.offer.family.contact
    return contact.name if contact else call.offer.family.ref


async def note_outcome(
    session: AsyncSession, call_id: uuid.UUID, *, outcome: str, actor: Actor
) -> None:
    """Rung, and they were not spoken with; the day by which they are to be rung stays."""
    if outcome not in OUTCOMES:
        raise BadFormError({"outcome": "Say what came of the call"})
    call = await get_call(session, call_id, actor=actor)
    if outcome == WRONG_NUMBER:
        await _forget_contact(session, call.offer.family_id)
        await _end(session, call, code=WRONG_NUMBER, actor=actor)
        return
    now = (await session.execute(select(func.now()))).scalar_one()
    call.tries, call.tried_at = call.tries + 1, now
    call.try_after = _try_after(outcome, now)
    await session.flush()
    await note_deed(session, ("offer", call.offer_id), "call_tried", actor=actor, code=outcome)


def _try_after(outcome: str, now: dt.datetime) -> dt.datetime:
    if outcome == NO_ANSWER:
        return now + dt.timedelta(hours=defaults()["calls"]["again_after_hours"])
    tomorrow = add_working_days(now.astimezone(LONDON).date(), 1)
    return dt.datetime.combine(tomorrow, OFFICE_OPENS, tzinfo=LONDON)


async def reopen_call(session: AsyncSession, offer_id: uuid.UUID, *, actor: Actor) -> None:
    """An answer was entered by mistake: who was rung last about this offer is to be rung again."""
    of_offer = select(Call).where(Call.offer_id == offer_id)
    calls = (await session.scalars(of_offer.order_by(Call.asked_at.desc(), Call.id))).all()
    if not calls or any(call.done_at is None for call in calls):
        return
    calls[0].done_at = calls[0].try_after = None
    await session.flush()
    await note_deed(session, ("offer", offer_id), "call_reopened", actor=actor)


async def _forget_contact(session: AsyncSession, family_id: uuid.UUID) -> None:
    """Who answers there may read our messages too: the council has to bring another contact."""
    await session.execute(delete(Contact).where(Contact.family_id == family_id))
    await session.execute(
        update(Family).where(Family.id == family_id).values(contact_wrong_at=func.now())
    )


async def _end(session: AsyncSession, call: Call, *, code: str, actor: Actor) -> None:
    call.done_at = func.now()
    await session.flush()
    await note_deed(session, ("offer", call.offer_id), "call_done", actor=actor, code=code)
