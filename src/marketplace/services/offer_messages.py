"""A family's message about its offer, by the channel that is safe at the moment it leaves."""

import uuid
from datetime import date
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.db.families import Contact, Family
from marketplace.db.offers import Offer
from marketplace.db.people import Commissioner
from marketplace.messages.carriers import AnyMessage
from marketplace.messages.compose import compose_mail, compose_text, council_of
from marketplace.messages.letters import compose_letter
from marketplace.services.channels import (
    address_lines,
    ask_a_person,
    failed_channels,
    first_written,
    may_write_to,
    usable_channels,
)
from marketplace.services.offers import LINK
from marketplace.services.outbox import Refusal
from marketplace.services.stops import why_not_write
from marketplace.settings import Settings, settings_of
from marketplace.states import MatchState
from marketplace.templating import shared_environment
from marketplace.tokens import derive_code, derive_token, hash_code, key_id

CODE_PAGE = "letter"


async def compose_offer_message(
    session: AsyncSession, offer_id: uuid.UUID, *, is_reminder: bool = False
) -> AnyMessage | Refusal:
    offer = await _load(session, offer_id)
    if offer is None:
        return Refusal("the offer is gone")
    commissioner = await session.get_one(Commissioner, offer.family.commissioner_id)
    now = (await session.execute(select(func.now()))).scalar_one()
    if refusal := await why_not_write(session, offer.family, commissioner, now=now):
        return refusal
    is_open = offer.answer is None and offer.match.state == MatchState.AWAITING_FAMILY
    if not is_open or offer.expires_at <= now or offer.link_ended_at is not None:
        return Refusal("the offer no longer stands")
    contact = offer.family.contact
    if contact is None or not may_write_to(contact, today=now.date()):
        return Refusal("it is not safe to write")
    offer.channel = await _choose_channel(session, offer, contact, today=now.date())
    if offer.channel is None:
        return Refusal("no safe channel to write by is left: a person calls")
    return _compose(
        offer,
        contact,
        commissioner,
        settings=settings_of(session),
        today=now.date(),
        is_reminder=is_reminder,
    )


async def _load(session: AsyncSession, offer_id: uuid.UUID) -> Offer | None:
    return await session.scalar(
        select(Offer)
        .where(Offer.id == offer_id)
        .options(
            joinedload(Offer.match),
            joinedload(Offer.family).joinedload(Family.contact),
        )
        .execution_options(populate_existing=True)
    )


async def _choose_channel(
    session: AsyncSession, offer: Offer, contact: Contact, *, today: date
) -> str | None:
    """The first listed one that is safe now and has not failed; else the list of calls."""
    usable = (await usable_channels(session, [contact], today=today))[contact.family_id]
    failed = await failed_channels(session, offer.id)
    channel = first_written(usable, without=failed)
    if channel is None:
        reason = "bounced" if failed else "no_safe_channel"
        await ask_a_person(session, offer.id, reason=reason)
    return channel


def _compose(
    offer: Offer,
    contact: Contact,
    commissioner: Commissioner,
    *,
    settings: Settings,
    today: date,
    is_reminder: bool,
) -> AnyMessage:
    environment, council = shared_environment(), council_of(commissioner)
    token = derive_token(settings.secret_keys, LINK, offer.id, made_with=offer.key_id)
    link = f"{settings.base_url}/o/{token}"
    told = {"council": council, "is_reminder": is_reminder, "expires_on": offer.expires_at.date()}
    if offer.channel == "letter":
        return compose_letter(
            environment,
            "offer",
            address=address_lines(contact) or [],
            link=link,
            code=_give_code(offer, settings),
            code_page=code_page(settings),
            written_on=today,
            **told,
        )
    if offer.channel == "sms":
        return compose_text(environment, "offer", to=contact.phone or "", link=link, **told)
    return compose_mail(environment, "offer", to=contact.email or "", link=link, **told)


def _give_code(offer: Offer, settings: Settings) -> str:
    code = derive_code(settings.secret_keys, offer.id, made_with=offer.key_id)
    key = next(key for key in settings.secret_keys if key_id(key) == offer.key_id)
    offer.code_hash = hash_code(key, code)
    return code


def code_page(settings: Settings) -> str:
    """As it is typed from paper: no browser asks for the scheme."""
    parts = urlsplit(settings.base_url)
    return f"{parts.netloc}{parts.path}/{CODE_PAGE}"
