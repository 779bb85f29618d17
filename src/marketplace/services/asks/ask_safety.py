"""Who asked and waits says once more that it is safe to write, or nothing would ever leave."""

import uuid
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from marketplace.access import Actor
from marketplace.db.acting import by_exchange
from marketplace.db.asks import ASKED_REF, Ask
from marketplace.db.families import Contact, Family, Need
from marketplace.db.offers import Message
from marketplace.defaults import defaults
from marketplace.services.asks.ask_ends import find_ask
from marketplace.services.matches.transitions import note_deed
from marketplace.services.sending.outbox import ASK_STILL_SAFE, queue_messages
from marketplace.states import NeedState

# Before the old yes is too old to be planned with.
DAYS_BEFORE = 5
WAITS: Final = (NeedState.PUBLISHED, NeedState.PLANNED)
_OtherAsk, _OtherNeed = aliased(Ask), aliased(Need)


async def ask_if_still_safe(session: AsyncSession) -> int:
    """Once for each yes: by e-mail where that is safe, else a person rings. How many."""
    mailed = await _due(session, by_email=True)
    await queue_messages(session, ASK_STILL_SAFE, mailed)
    rung = await _due(session, by_email=False)
    await session.execute(
        update(Ask).where(Ask.id.in_(rung)).values(ring_reason="still_safe", rung_at=None)
    )
    return len(mailed) + len(rung)


async def _due(session: AsyncSession, *, by_email: bool) -> list[uuid.UUID]:
    """The newest ask of each such family."""
    is_mailed = Contact.safe_channels.contains(["email"]) & Contact.email_sealed.is_not(None)
    # Of the household: it may have asked for several things.
    its_asks = select(_OtherAsk.id).join(_OtherAsk.need.of_type(_OtherNeed))
    its_asks = its_asks.where(_OtherNeed.family_id == Family.id)
    was_mailed = exists().where(
        Message.event == ASK_STILL_SAFE,
        Message.subject_id.in_(its_asks),
        Message.created_at > Contact.safe_checked_on,
    )
    waits_for_call = its_asks.where(_OtherAsk.ring_reason.is_not(None), _OtherAsk.rung_at.is_(None))
    found = await session.scalars(
        select(Ask.id)
        .join(Ask.need)
        .join(Need.family)
        .join(Family.contact)
        .where(
            Need.state.in_(WAITS),
            Family.ref.startswith(ASKED_REF),
            Family.stopped_at.is_(None),
            _is_old(),
            is_mailed if by_email else ~is_mailed,
            ~was_mailed if by_email else ~waits_for_call.exists(),
        )
        .ext(distinct_on(Need.family_id))
        .order_by(Need.family_id, Ask.created_at.desc())
    )
    return list(found)


def _is_old() -> ColumnElement[bool]:
    age = timedelta(days=defaults()["contact"]["safe_check_days"] - DAYS_BEFORE)
    return (Contact.safe_to_contact == "yes") & (
        Contact.safe_checked_on <= func.current_date() - age
    )


@by_exchange
async def is_due(session: AsyncSession, ask: Ask) -> bool:
    """Whether the family's page asks for it."""
    own = select(Need.family_id).where(Need.id == ask.need_id).scalar_subquery()
    found = await session.scalar(select(exists().where(Contact.family_id == own, _is_old())))
    return bool(found)


@by_exchange
async def confirm_safety(session: AsyncSession, token: str) -> None:
    """Whoever holds the family's own link says so; where it was said to be unsafe, it stays so."""
    ask = await find_ask(session, token)
    await note_safety(session, ask, is_safe=True, actor=Actor(kind="family"))


@by_exchange
async def note_safety(session: AsyncSession, ask: Ask, *, is_safe: bool, actor: Actor) -> None:
    contact = await session.scalar(
        select(Contact)
        .join(Need, Need.family_id == Contact.family_id)
        .where(Need.id == ask.need_id)
        .with_for_update(of=Contact)
    )
    if contact is None or contact.safe_to_contact != "yes":
        return
    if is_safe:
        contact.safe_checked_on = func.current_date()
    else:
        contact.safe_to_contact = "no"
    await session.flush()
    deed = "still_safe" if is_safe else "no_longer_safe"
    await note_deed(session, ("ask", ask.id), deed, actor=actor)
