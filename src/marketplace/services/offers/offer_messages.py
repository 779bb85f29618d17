"""A family's message about its offer, by the channel that is safe at the moment it leaves."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from urllib.parse import urlsplit

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from marketplace.db.families import Contact, Family
from marketplace.db.offers import Offer
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match
from marketplace.messages.carriers import AnyMessage
from marketplace.messages.compose import compose_mail, compose_text, council_of
from marketplace.messages.letters import compose_letter
from marketplace.services.needs.stops import on_stop_list, refusal_to_write
from marketplace.services.offers.offers import LINK
from marketplace.services.sending.channels import (
    address_lines,
    ask_a_person,
    failed_channels,
    first_written,
    may_write_to,
    usable_channels,
)
from marketplace.services.sending.outbox import Refusal
from marketplace.settings import Settings, settings_of
from marketplace.states import MatchState
from marketplace.templating import shared_environment
from marketplace.tokens import derive_code, derive_token, hash_code, key_id

CODE_PAGE = "letter"


@dataclass(frozen=True)
class Standing:
    """How things stand with an offer at this moment; `failed`: channels that were tried in vain."""

    offer: Offer
    commissioner: Commissioner
    is_listed: bool
    failed: list[str]
    now: datetime

    def refusal_to_write(self) -> Refusal | None:
        family, council = self.offer.family, self.commissioner
        return refusal_to_write(family, council, is_listed=self.is_listed, now=self.now)


async def compose_offer_message(
    session: AsyncSession, offer_id: uuid.UUID, *, is_reminder: bool = False
) -> AnyMessage | Refusal:
    standing = await load_standing(session, offer_id)
    if standing is None:
        return Refusal("the offer is gone")
    offer, commissioner, now = standing.offer, standing.commissioner, standing.now
    if refusal := standing.refusal_to_write():
        return refusal
    is_open = offer.answer is None and offer.match.state == MatchState.AWAITING_FAMILY
    if not is_open or offer.expires_at <= now or offer.link_ended_at is not None:
        return Refusal("the offer no longer stands")
    contact = offer.family.contact
    if contact is None or not may_write_to(contact, today=now.date()):
        return Refusal("it is not safe to write")
    channel = await _choose_channel(session, standing, contact)
    # What is set is looked at before the commit, though it were the same.
    if channel != offer.channel:
        offer.channel = channel
    if channel is None:
        return Refusal("no safe channel to write by is left: a person calls")
    return _compose(
        offer,
        contact,
        commissioner,
        settings=settings_of(session),
        today=now.date(),
        is_reminder=is_reminder,
    )


async def load_standing(session: AsyncSession, offer_id: uuid.UUID) -> Standing | None:
    row = (await session.execute(_wanted(), {"offer_id": offer_id})).first()
    return Standing(*row) if row else None


@cache
def _wanted() -> Select[Offer, Commissioner, bool, list[str], datetime]:
    """One question to the database, put together once: a wave asks it thousands of times."""
    return (
        select(Offer, Commissioner, on_stop_list(), failed_channels(), func.now())
        .join(Offer.family)
        .join(Commissioner, Commissioner.id == Family.commissioner_id)
        .where(Offer.id == bindparam("offer_id"))
        .options(
            joinedload(Offer.match).load_only(Match.state),
            contains_eager(Offer.family).joinedload(Family.contact),
        )
        .execution_options(populate_existing=True)
    )


async def _choose_channel(
    session: AsyncSession, standing: Standing, contact: Contact
) -> str | None:
    """The first listed one that is safe now and has not failed; else the list of calls."""
    usable = await usable_channels(session, [contact], today=standing.now.date())
    channel = first_written(usable[contact.family_id], without=standing.failed)
    if channel is None:
        reason = "bounced" if standing.failed else "no_safe_channel"
        await ask_a_person(session, standing.offer.id, reason=reason)
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
