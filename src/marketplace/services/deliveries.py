"""The last look before a message leaves, and the note that it left."""

import uuid
from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.db.families import Family
from marketplace.db.offers import Message, Offer
from marketplace.db.people import Commissioner, SignInLink, User
from marketplace.messages.compose import (
    Mail,
    Text,
    compose_offer,
    compose_sign_in,
)
from marketplace.services import digests, directory_mails
from marketplace.services.offers import LINK as OFFER_LINK
from marketplace.services.offers import may_be_mailed
from marketplace.services.outbox import OFFER, SIGN_IN, Composer, Refusal
from marketplace.services.sign_in import LINK as SIGN_IN_LINK
from marketplace.services.volunteer_messages import VOLUNTEER_COMPOSERS
from marketplace.settings import settings_of
from marketplace.states import MatchState
from marketplace.templating import shared_environment
from marketplace.tokens import derive_token


async def take_up(session: AsyncSession, message_id: uuid.UUID) -> Message | None:
    """Lock a message that still has to leave; None when it has left or never will."""
    message = await session.scalar(
        select(Message).where(Message.id == message_id).with_for_update(skip_locked=True)
    )
    return message if message is not None and message.state == "queued" else None


async def compose_now(session: AsyncSession, message: Message) -> Mail | Text | Refusal:
    """Compose from how things stand at this moment, not from when the message was queued."""
    return await _COMPOSERS[message.event](session, message.subject_id)


async def note_sent(session: AsyncSession, message: Message) -> None:
    message.state, message.sent_at = "sent", func.now()
    await session.flush()


async def note_refused(session: AsyncSession, message: Message, refusal: Refusal) -> None:
    message.state, message.refusal = refusal.state, refusal.why
    await session.flush()


async def _offer_mail(session: AsyncSession, offer_id: uuid.UUID) -> Mail | Refusal:
    offer = await session.scalar(
        select(Offer)
        .where(Offer.id == offer_id)
        .options(
            joinedload(Offer.match),
            joinedload(Offer.family).joinedload(Family.contact),
        )
        .execution_options(populate_existing=True)
    )
    if offer is None:
        return Refusal("the offer is gone")
    commissioner = await session.get_one(Commissioner, offer.family.commissioner_id)
    now = (await session.execute(select(func.now()))).scalar_one()
    contact = offer.family.contact
    if commissioner.messages_stopped_at is not None:
        return Refusal("messages are stopped", state="stopped")
    if offer.match.state != MatchState.AWAITING_FAMILY or offer.expires_at <= now:
        return Refusal("the offer no longer stands")
    if offer.family.stopped_at is not None:
        return Refusal("the family asked us to stop")
    if contact is None or contact.email is None or not may_be_mailed(contact, today=now.date()):
        return Refusal("not safe to write by e-mail")
    settings = settings_of(session)
    token = derive_token(settings.secret_keys, OFFER_LINK, offer.id, made_with=offer.key_id)
    return compose_offer(
        shared_environment(),
        to=contact.email,
        commissioner=commissioner,
        link=f"{settings.base_url}/o/{token}",
        expires_on=offer.expires_at.date(),
    )


async def _sign_in_mail(session: AsyncSession, link_id: uuid.UUID) -> Mail | Refusal:
    link = await session.get_one(SignInLink, link_id)
    now = (await session.execute(select(func.now()))).scalar_one()
    if link.used_at is not None or link.expires_at <= now:
        return Refusal("the link is too old")
    user = await session.get_one(User, link.user_id)
    settings = settings_of(session)
    token = derive_token(settings.secret_keys, SIGN_IN_LINK, link.id, made_with=link.key_id)
    return compose_sign_in(
        shared_environment(), to=user.email, link=f"{settings.base_url}/sign-in/{token}"
    )


_COMPOSERS: Mapping[str, Composer] = {
    OFFER: _offer_mail,
    SIGN_IN: _sign_in_mail,
    **digests.COMPOSERS,
    **directory_mails.COMPOSERS,
    **VOLUNTEER_COMPOSERS,
}
