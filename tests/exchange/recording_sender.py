"""A way out that keeps what leaves, and looks at the family at the moment it does."""

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from driven_exchange import at_once
from sqlalchemy import func, select

from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Contact, Family
from marketplace.db.offers import Message, Offer
from marketplace.db.people import Commissioner
from marketplace.db.session import Sessions, transaction
from marketplace.messages.carriers import AnyMessage
from marketplace.services.needs.stops import on_stop_list
from marketplace.services.sending.channels import may_write_to
from marketplace.worker.mailing import send_message

TO_A_FAMILY = ("offer", "offer_reminder", "offer_confirmed", "offer_feedback")


@dataclass(frozen=True)
class Sent:
    family_id: uuid.UUID
    offer_id: uuid.UUID
    event: str
    channel: str


@dataclass
class Recording:
    """`sent` to families; `faults`: what should never have left, in words."""

    sessions: Sessions
    channels: frozenset[str] = frozenset({"email", "sms", "letter"})
    can_be_asked: bool = False
    sent: list[Sent] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    async def send(
        self,
        message: AnyMessage,
        *,
        message_id: uuid.UUID,
        is_repeat: bool,  # noqa: ARG002 - what a way out is told
    ) -> str | None:
        async with transaction(self.sessions, EXCHANGE) as session:
            row = await session.get_one(Message, message_id)
            if row.event in TO_A_FAMILY:
                await self._look(session, row, message)
        return None

    async def _look(self, session: Any, row: Message, message: AnyMessage) -> None:
        offer = await session.get_one(Offer, row.subject_id)
        family = await session.get_one(Family, offer.family_id)
        contact = await session.get(Contact, family.id)
        council = await session.get_one(Commissioner, family.commissioner_id)
        today = (await session.execute(select(func.current_date()))).scalar_one()
        listed = select(Family.id).where(Family.id == family.id, on_stop_list())
        wrong = {
            "it is not safe": contact is None or not may_write_to(contact, today=today),
            "this channel is not listed": contact and message.channel not in contact.safe_channels,
            "the family said stop": family.stopped_at,
            "the contact was somebody else's": family.contact_wrong_at,
            "it is on the stop list": await session.scalar(listed),
            "all messages are stopped": council.messages_stopped_at,
            "somebody else is written to": contact and not _is_theirs(contact, message),
        }
        self.faults += [
            f"{row.event} to {family.ref}: {why}" for why, is_so in wrong.items() if is_so
        ]
        self.sent.append(Sent(family.id, offer.id, row.event, message.channel))

    def close(self) -> None:
        pass


async def deliver(sessions: Sessions, sender: Recording) -> int:
    """Let everything leave that is queued; how much it was."""
    async with transaction(sessions, EXCHANGE) as session:
        queued = select(Message.id).where(Message.state == "queued").order_by(Message.created_at)
        ids = (await session.scalars(queued)).all()
    await at_once(send_message(sessions, sender, message_id) for message_id in ids)
    return len(ids)


def _is_theirs(contact: Contact, message: Any) -> bool:
    if message.channel == "letter":
        return contact.postcode in message.address
    if message.channel == "sms":
        return re.sub(r"\D", "", message.to) == re.sub(r"\D", "", contact.phone or "")
    return bool(message.to == contact.email)
