"""What we write to those who ask, composed as things stand when it leaves."""

import uuid
from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.db.asks import Ask
from marketplace.db.families import Family, Need
from marketplace.messages.compose import Mail, compose_mail, council_of
from marketplace.services.asks.asks import PROOF_LINK, status_token
from marketplace.services.sending.channels import may_write_to
from marketplace.services.sending.outbox import (
    ASK_PROOF,
    ASK_RECEIVED,
    ASK_STILL_SAFE,
    Composer,
    Refusal,
)
from marketplace.settings import settings_of
from marketplace.templating import shared_environment
from marketplace.tokens import derive_token

STOPPED = Refusal("messages are stopped", state="stopped")


async def _proof_mail(session: AsyncSession, ask_id: uuid.UUID) -> Mail | Refusal:
    ask = await session.get(
        Ask, ask_id, options=[joinedload(Ask.commissioner)], populate_existing=True
    )
    now = (await session.execute(select(func.now()))).scalar_one()
    if ask is None or ask.given is None or ask.proved_at is not None or ask.expires_at <= now:
        return Refusal("the link is too old")
    if ask.commissioner.messages_stopped_at is not None:
        return STOPPED
    settings = settings_of(session)
    token = derive_token(settings.secret_keys, PROOF_LINK, ask.id, made_with=ask.key_id)
    return compose_mail(
        shared_environment(),
        "ask_proof",
        to=ask.worker_email or ask.given["email"],
        council=council_of(ask.commissioner),
        by_worker=ask.worker_email is not None,
        link=f"{settings.base_url}/ask/confirm/{token}",
    )


async def _received_mail(session: AsyncSession, ask_id: uuid.UUID) -> Mail | Refusal:
    return await _own_link_mail(session, ask_id, "ask_received")


async def _still_safe_mail(session: AsyncSession, ask_id: uuid.UUID) -> Mail | Refusal:
    return await _own_link_mail(session, ask_id, "ask_still_safe")


async def _own_link_mail(session: AsyncSession, ask_id: uuid.UUID, event: str) -> Mail | Refusal:
    ask = await session.get(
        Ask,
        ask_id,
        options=[
            joinedload(Ask.commissioner),
            joinedload(Ask.need).joinedload(Need.family).joinedload(Family.contact),
        ],
        populate_existing=True,
    )
    if ask is None or ask.need is None or ask.withdrawn_at is not None:
        return Refusal("it was withdrawn")
    if ask.commissioner.messages_stopped_at is not None:
        return STOPPED
    family = ask.need.family
    contact, now = family.contact, (await session.execute(select(func.now()))).scalar_one()
    if contact is None or contact.email is None or family.stopped_at is not None:
        return Refusal("not safe to write by e-mail")
    if "email" not in contact.safe_channels or not may_write_to(contact, today=now.date()):
        return Refusal("not safe to write by e-mail")
    return compose_mail(
        shared_environment(),
        event,
        to=contact.email,
        council=council_of(ask.commissioner),
        link=f"{settings_of(session).base_url}/ask/{status_token(session, ask)}",
    )


COMPOSERS: Mapping[str, Composer] = MappingProxyType(
    {
        ASK_PROOF: _proof_mail,
        ASK_RECEIVED: _received_mail,
        ASK_STILL_SAFE: _still_safe_mail,
    }
)
