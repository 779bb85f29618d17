"""What a carrier tells about a message: it arrived, it came back, it could not be delivered."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.access import SYSTEM
from marketplace.db.acting import by_exchange
from marketplace.db.offers import Message, Offer
from marketplace.services.matches.transitions import note_deed
from marketplace.services.sending.outbox import OFFER, OFFER_REMINDER, queue_messages
from marketplace.states import MatchState

CAME_BACK = ("bounced", "failed")
# The carrier tells by itself within minutes, and forgets after a week.
ASKED_AFTER, ASKED_UNTIL = timedelta(minutes=15), timedelta(days=7)
MOST_ASKED = 1000


@by_exchange
async def take_receipt(
    session: AsyncSession, *, carrier_reference: str, reference: str | None, delivery: str | None
) -> None:
    """Take what is told of a message of ours; told again, or of a stranger's, nothing changes.

    `reference` is our own id of it: it is known even where a crash lost the carrier's.
    """
    message = await _find(session, carrier_reference, reference)
    # What came back stays so: it has been sent another way by now.
    if message is None or delivery in {None, message.delivery} or message.delivery in CAME_BACK:
        return
    message.delivery, message.delivery_told_at = delivery, func.now()
    await session.flush()
    if delivery in CAME_BACK:
        await try_next_channel(session, message)


async def try_next_channel(session: AsyncSession, message: Message) -> None:
    """Write to the family once more: the message looks for the next safe channel as it leaves,
    and asks a person where there is none.
    """
    if message.event not in {OFFER, OFFER_REMINDER}:
        return
    offer = await session.scalar(
        select(Offer).where(Offer.id == message.subject_id).options(joinedload(Offer.match))
    )
    if offer is None or offer.answer or offer.match.state != MatchState.AWAITING_FAMILY:
        return
    subject, code = ("offer", offer.id), message.channel
    await note_deed(session, subject, "message_came_back", actor=SYSTEM, code=code)
    await queue_messages(session, message.event, [offer.id])


@by_exchange
async def without_receipt(session: AsyncSession) -> Sequence[str]:
    """The carrier's names of messages that it should have told us about by now."""
    found = await session.scalars(
        select(Message.carrier_reference)
        .where(
            Message.state == "sent",
            Message.delivery.is_(None),
            Message.carrier_reference.is_not(None),
            Message.sent_at.between(func.now() - ASKED_UNTIL, func.now() - ASKED_AFTER),
        )
        # In no order: some are never told of, and these may not stand before the others.
        .order_by(func.random())
        .limit(MOST_ASKED)
    )
    return [reference for reference in found if reference]


async def _find(
    session: AsyncSession, carrier_reference: str, reference: str | None
) -> Message | None:
    ours = _as_id(reference)
    is_it = Message.carrier_reference == carrier_reference if ours is None else Message.id == ours
    return await session.scalar(select(Message).where(is_it).with_for_update())


def _as_id(reference: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(reference or "")
    except ValueError:
        return None
