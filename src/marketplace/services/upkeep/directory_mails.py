"""What we write to providers and staff about the directory, composed as things stand now."""

import uuid
from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from directory.freshness import HIDE_AFTER_MONTHS
from marketplace.db.listings import ListingCheck
from marketplace.db.people import Commissioner, User
from marketplace.db.providers import JoinRequest
from marketplace.messages.compose import (
    Mail,
    compose_confirm_listing,
    compose_invitation,
    compose_join_answer,
    compose_join_proof,
    compose_listings_hidden,
)
from marketplace.services.providers.joining import LINK as JOIN_LINK
from marketplace.services.sending.outbox import (
    CONFIRM_LISTING,
    INVITATION,
    JOIN_ANSWER,
    JOIN_PROOF,
    LISTINGS_HIDDEN,
    Composer,
    Refusal,
)
from marketplace.services.upkeep import quality
from marketplace.services.upkeep.freshness import LINK as CONFIRM_LINK
from marketplace.settings import settings_of
from marketplace.templating import shared_environment
from marketplace.tokens import derive_token


async def _confirm_mail(session: AsyncSession, check_id: uuid.UUID) -> Mail | Refusal:
    check = await session.get_one(
        ListingCheck, check_id, options=[joinedload(ListingCheck.provider)]
    )
    provider = check.provider
    # The switch promises that nothing leaves to any charity, whichever council pressed it.
    stopped = exists().where(Commissioner.messages_stopped_at.is_not(None))
    if await session.scalar(select(stopped)):
        return Refusal("messages are stopped", state="stopped")
    if provider.confirmed_at != check.confirmed_at or provider.merged_into_id is not None:
        return Refusal("the listing was confirmed meanwhile")
    if not provider.contact_email:
        return Refusal("the provider has no e-mail address")
    settings = settings_of(session)
    token = derive_token(settings.secret_keys, CONFIRM_LINK, check.id, made_with=check.key_id)
    return compose_confirm_listing(
        shared_environment(),
        to=provider.contact_email,
        name=provider.name,
        confirmed_on=provider.confirmed_at.date(),
        is_hidden=check.months >= HIDE_AFTER_MONTHS,
        link=f"{settings.base_url}/confirm/{token}",
    )


async def _hidden_mail(session: AsyncSession, user_id: uuid.UUID) -> Mail | Refusal:
    user = await session.get_one(User, user_id)
    hidden = await quality.count(session, "hidden")
    if hidden == 0:
        return Refusal("nothing is hidden any more")
    link = f"{settings_of(session).base_url}/commissioner/directory/hidden"
    return compose_listings_hidden(shared_environment(), to=user.email, hidden=hidden, link=link)


async def _join_proof_mail(session: AsyncSession, request_id: uuid.UUID) -> Mail | Refusal:
    request = await session.get(JoinRequest, request_id)
    now = (await session.execute(select(func.now()))).scalar_one()
    if request is None or request.expires_at <= now:
        return Refusal("the link is too old")
    settings = settings_of(session)
    token = derive_token(settings.secret_keys, JOIN_LINK, request.id, made_with=request.key_id)
    return compose_join_proof(
        shared_environment(),
        to=request.email,
        person=request.person,
        link=f"{settings.base_url}/join/{token}",
    )


async def _join_answer_mail(session: AsyncSession, request_id: uuid.UUID) -> Mail | Refusal:
    request = await session.get_one(
        JoinRequest, request_id, options=[joinedload(JoinRequest.provider)]
    )
    return compose_join_answer(
        shared_environment(),
        to=request.email,
        person=request.person,
        organisation=request.provider.name if request.provider else request.organisation,
        reason=request.reason,
        link=f"{settings_of(session).base_url}/sign-in",
    )


async def _invitation_mail(session: AsyncSession, user_id: uuid.UUID) -> Mail | Refusal:
    user = await session.get_one(User, user_id, options=[joinedload(User.provider)])
    if user.closed_at is not None or user.provider is None:
        return Refusal("the account was closed again")
    return compose_invitation(
        shared_environment(),
        to=user.email,
        person=user.name,
        organisation=user.provider.name,
        link=f"{settings_of(session).base_url}/sign-in",
    )


COMPOSERS: Mapping[str, Composer] = MappingProxyType(
    {
        CONFIRM_LISTING: _confirm_mail,
        LISTINGS_HIDDEN: _hidden_mail,
        JOIN_PROOF: _join_proof_mail,
        JOIN_ANSWER: _join_answer_mail,
        INVITATION: _invitation_mail,
    }
)
