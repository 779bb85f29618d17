"""What is said to a family once more, and only once, and a question afterwards."""

import datetime as dt

from sqlalchemy import exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.offers import Message, Offer
from marketplace.db.plans import Match
from marketplace.defaults import defaults
from marketplace.services.sending.outbox import (
    OFFER,
    OFFER_FEEDBACK,
    OFFER_REMINDER,
    queue_messages,
)
from marketplace.states import MatchState

ASKED_AFTER_DAYS = 7
MOST_AT_ONCE = 5_000


async def remind_families(session: AsyncSession) -> int:
    """On the third day after a message had left; whether it still may is asked when it leaves."""
    after = dt.timedelta(days=defaults()["family_days"]["reminded_after"])
    told = exists().where(
        Message.event == OFFER,
        Message.subject_id == Offer.id,
        Message.state == "sent",
        Message.sent_at <= func.now() - after,
    )
    due = (
        select(Offer.id)
        .join(Offer.match)
        .where(
            Offer.answer.is_(None),
            Offer.reminded_at.is_(None),
            Offer.link_ended_at.is_(None),
            Offer.expires_at > func.now(),
            Match.state == MatchState.AWAITING_FAMILY,
            told,
        )
        .order_by(Offer.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(of=Offer, skip_locked=True)
    )
    ids = (await session.scalars(due)).all()
    await session.execute(
        update(Offer).where(Offer.id.in_(ids)).values(reminded_at=func.now()),
        execution_options={"synchronize_session": False},
    )
    await queue_messages(session, OFFER_REMINDER, ids)
    return len(ids)


async def ask_how_it_goes(session: AsyncSession) -> int:
    """One question a week after help started; nobody is asked twice, or reminded of it."""
    asked = exists().where(Message.event == OFFER_FEEDBACK, Message.subject_id == Offer.id)
    due = await session.scalars(
        select(Offer.id)
        .join(Offer.match)
        .where(
            Match.state == MatchState.UNDER_WAY,
            Match.waits_since <= func.now() - dt.timedelta(days=ASKED_AFTER_DAYS),
            Offer.answer == "yes",
            Offer.channel.in_(("email", "sms")),
            Offer.feedback.is_(None),
            ~asked,
        )
        .order_by(Offer.id)
        .limit(MOST_AT_ONCE)
    )
    ids = due.all()
    await queue_messages(session, OFFER_FEEDBACK, ids)
    return len(ids)
