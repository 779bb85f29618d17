"""The last look before a message leaves, and the note that it left."""

import uuid
from collections.abc import Mapping

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.offers import Message
from marketplace.db.people import SignInLink, User
from marketplace.messages.carriers import AnyMessage
from marketplace.messages.compose import Mail, compose_sign_in
from marketplace.services.asks import ask_mails
from marketplace.services.offers import family_mails
from marketplace.services.offers.offer_messages import compose_offer_message
from marketplace.services.review import concerns
from marketplace.services.rights import rights_mails
from marketplace.services.sending import digests
from marketplace.services.sending.outbox import (
    OFFER,
    SECOND_STEP_RESET,
    SECOND_STEP_RESET_DONE,
    SIGN_IN,
    Composer,
    Refusal,
)
from marketplace.services.sending.receipts import try_next_channel
from marketplace.services.staff import second_step_reset
from marketplace.services.staff.sign_in import LINK as SIGN_IN_LINK
from marketplace.services.upkeep import directory_mails
from marketplace.services.volunteers.volunteer_messages import VOLUNTEER_COMPOSERS
from marketplace.settings import settings_of
from marketplace.templating import shared_environment
from marketplace.tokens import derive_token


async def note_try(session: AsyncSession, message_id: uuid.UUID) -> bool:
    """Note, before anything leaves, that it is tried; whether it had been tried before."""
    before = (
        select(Message.id, Message.tried_at)
        .where(Message.id == message_id)
        .with_for_update()
        .cte("before")
    )
    tried_at = await session.scalar(
        update(Message)
        .where(Message.id == before.c.id)
        .values(tried_at=func.now())
        .returning(before.c.tried_at)
        .execution_options(synchronize_session=False)
    )
    return tried_at is not None


async def take_up(session: AsyncSession, message_id: uuid.UUID) -> Message | None:
    """Lock a message that still has to leave; None when it has left or never will."""
    message = await session.scalar(
        select(Message).where(Message.id == message_id).with_for_update(skip_locked=True)
    )
    return message if message is not None and message.state == "queued" else None


async def compose_now(session: AsyncSession, message: Message) -> AnyMessage | Refusal:
    """Compose from how things stand at this moment, not from when the message was queued."""
    return await _COMPOSERS[message.event](session, message.subject_id)


async def note_sent(
    session: AsyncSession, message: Message, *, channel: str, carrier_reference: str | None
) -> None:
    message.state, message.sent_at = "sent", func.now()
    message.channel, message.carrier_reference = channel, carrier_reference
    await session.flush()


async def note_refused(
    session: AsyncSession, message: Message, refusal: Refusal, *, channel: str | None = None
) -> None:
    """`channel`: by which it should have left, where its carrier would not take it."""
    message.state, message.refusal, message.channel = refusal.state, refusal.why, channel
    await session.flush()
    if channel:
        await try_next_channel(session, message)


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
    OFFER: compose_offer_message,
    SIGN_IN: _sign_in_mail,
    SECOND_STEP_RESET: second_step_reset.told_mail,
    SECOND_STEP_RESET_DONE: second_step_reset.done_mail,
    **ask_mails.COMPOSERS,
    **digests.COMPOSERS,
    **directory_mails.COMPOSERS,
    **family_mails.COMPOSERS,
    **concerns.COMPOSERS,
    **rights_mails.COMPOSERS,
    **VOLUNTEER_COMPOSERS,
}
