"""The offer behind a link, with what its pages tell."""

import uuid
from functools import cache

from sqlalchemy import Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from directory.models import Intake, Provider, Service
from marketplace.access import Actor, readable_families
from marketplace.db.acting import act_for_link
from marketplace.db.families import Family
from marketplace.db.offers import Offer
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match
from marketplace.errors import NotFoundError
from marketplace.settings import settings_of
from marketplace.tokens import hash_token, key_id


async def open_offer(session: AsyncSession, token: str) -> Offer:
    """The offer behind a link, with all that its pages tell.

    From here on the transaction sees this family's rows and no others.
    """
    return await _open(session, token, _whole_offer())


async def find_offer(session: AsyncSession, token: str) -> Offer:
    """Whose council it is: enough for the question, which tells nothing of what stands behind it.

    Mail scanners ask for that page more often than families do.
    """
    return await _open(session, token, _bare_offer())


async def _open(session: AsyncSession, token: str, wanted: Select[Offer]) -> Offer:
    """An unknown link and a foreign one look the same; so do one that was ended, and a key's."""
    token_hash = hash_token(token)
    known = [key_id(key) for key in settings_of(session).secret_keys]
    await act_for_link(session, token_hash, key_ids=known)
    # Who is nobody's family sees no offer.
    offer = await session.scalar(wanted, {"token_hash": token_hash})
    if offer is None:
        raise NotFoundError("This link does not work. Copy the whole of it from the message.")
    return offer


async def get_offer(session: AsyncSession, offer_id: uuid.UUID, *, actor: Actor) -> Offer:
    """For staff of the council: an answer that was given by telephone."""
    own = readable_families(actor).with_only_columns(Family.id)
    offer = await session.scalar(_offers().where(Offer.id == offer_id, Offer.family_id.in_(own)))
    if offer is None:
        raise NotFoundError
    return offer


def contact_ways(offer: Offer) -> list[str]:
    """How the family may let itself be reached: only what is listed as safe and on file."""
    contact = offer.family.contact
    if contact is None:
        return []
    on_file = {"phone": contact.phone, "sms": contact.phone, "email": contact.email}
    return [channel for channel in contact.safe_channels if on_file.get(channel)]


def name_told_to_families(intake: Intake) -> str:
    """A volunteer is introduced by the host, by whose name the family can check who it is."""
    provider = intake.service.provider
    return provider.host.name if provider.host else provider.name


@cache
def _bare_offer() -> Select[Offer]:
    return (
        select(Offer)
        .where(Offer.token_hash == bindparam("token_hash"))
        .options(joinedload(Offer.commissioner).joinedload(Commissioner.law))
    )


@cache
def _whole_offer() -> Select[Offer]:
    council = joinedload(Offer.commissioner).joinedload(Commissioner.law)
    return _offers().where(Offer.token_hash == bindparam("token_hash")).options(council)


@cache
def _offers() -> Select[Offer]:
    match = joinedload(Offer.match)
    provider = (
        match.joinedload(Match.intake).joinedload(Intake.service).joinedload(Service.provider)
    )
    return (
        select(Offer)
        .options(
            joinedload(Offer.family).joinedload(Family.contact),
            provider.joinedload(Provider.host),
            match.joinedload(Match.need),
        )
        .execution_options(populate_existing=True)
    )
