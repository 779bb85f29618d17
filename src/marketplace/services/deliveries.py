"""The last look before a message leaves, and the note that it left."""

import uuid
from collections.abc import Mapping

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider, Service
from marketplace.access import Actor, is_answered_for_by
from marketplace.db.families import Family
from marketplace.db.offers import Message
from marketplace.db.people import Commissioner, SignInLink, User
from marketplace.db.plans import Match
from marketplace.defaults import defaults
from marketplace.messages.carriers import AnyMessage
from marketplace.messages.compose import Mail, compose_provider_waiting, compose_sign_in
from marketplace.services import directory_mails, second_step_reset
from marketplace.services.offer_messages import compose_offer_message
from marketplace.services.outbox import (
    OFFER,
    PROVIDER_WAITING,
    SECOND_STEP_RESET,
    SECOND_STEP_RESET_DONE,
    SIGN_IN,
    Composer,
    Refusal,
)
from marketplace.services.receipts import try_next_channel
from marketplace.services.sign_in import LINK as SIGN_IN_LINK
from marketplace.services.volunteer_messages import VOLUNTEER_COMPOSERS
from marketplace.services.working_days import add_working_days
from marketplace.settings import settings_of
from marketplace.states import MatchState
from marketplace.templating import shared_environment
from marketplace.tokens import derive_token


async def note_try(session: AsyncSession, message_id: uuid.UUID) -> bool:
    """Note, before anything leaves, that it is tried; whether it had been tried before."""
    tried_at = await session.scalar(
        select(Message.tried_at).where(Message.id == message_id).with_for_update()
    )
    await session.execute(
        update(Message).where(Message.id == message_id).values(tried_at=func.now())
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


async def _provider_mail(session: AsyncSession, provider_id: uuid.UUID) -> Mail | Refusal:
    provider = await session.get_one(Provider, provider_id)
    actor = Actor(kind="provider", provider_id=provider_id)
    may_leave = Commissioner.messages_stopped_at.is_(None)
    waiting, since, stopped = (
        await session.execute(
            select(
                func.count().filter(may_leave),
                func.min(Match.waits_since).filter(may_leave),
                func.count().filter(~may_leave),
            )
            .select_from(Match)
            .join(Match.family)
            .join(Commissioner, Commissioner.id == Family.commissioner_id)
            .join(Match.intake)
            .join(Intake.service)
            .join(Service.provider)
            .where(is_answered_for_by(actor), Match.state == MatchState.AWAITING_PROVIDER)
        )
    ).one()
    if waiting == 0 and stopped:
        return Refusal("messages are stopped", state="stopped")
    if waiting == 0:
        return Refusal("nothing is waiting any more")
    if not provider.contact_email:
        return Refusal("the provider has no e-mail address")
    days = defaults()["provider_days"]["expires_after"]
    return compose_provider_waiting(
        shared_environment(),
        to=provider.contact_email,
        name=provider.name,
        waiting=waiting,
        link=f"{settings_of(session).base_url}/sign-in",
        answer_by=add_working_days(since.date(), days),
    )


_COMPOSERS: Mapping[str, Composer] = {
    OFFER: compose_offer_message,
    SIGN_IN: _sign_in_mail,
    PROVIDER_WAITING: _provider_mail,
    SECOND_STEP_RESET: second_step_reset.told_mail,
    SECOND_STEP_RESET_DONE: second_step_reset.done_mail,
    **directory_mails.COMPOSERS,
    **VOLUNTEER_COMPOSERS,
}
