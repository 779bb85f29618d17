"""Offers: one message to one family about one match, made only where it is safe to write."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from directory.taxonomy import load_taxonomy
from marketplace.access import SYSTEM
from marketplace.db.acting import by_exchange
from marketplace.db.families import Family
from marketplace.db.offers import Call, Offer
from marketplace.db.plans import Match
from marketplace.defaults import defaults
from marketplace.services.matches.transitions import move_matches, move_needs
from marketplace.services.offers.choices import choices_for
from marketplace.services.sending.channels import first_written, may_write_to, usable_channels
from marketplace.services.sending.outbox import OFFER, queue_messages
from marketplace.settings import settings_of
from marketplace.states import MatchState, NeedState
from marketplace.tokens import derive_token, hash_token, key_id

LINK = "offer"


def why_a_person_calls(match: Match, *, channel: str | None) -> str | None:
    """The reason why nothing is sent by itself, or None where a message may leave."""
    if load_taxonomy()[match.need.code].sensitive:
        return "sensitive"
    if not match.family.children_born:
        # Without a child's month of birth there is no question to stand before the offer.
        return "no_question"
    return None if channel else "no_safe_channel"


@by_exchange
async def offer_where_ready(session: AsyncSession, family_ids: Collection[uuid.UUID]) -> None:
    """Make the offers that provider and contact are there for; withdraw where it is unsafe."""
    now = (await session.execute(select(func.now()))).scalar_one()
    waiting = await _matches_without_offer(session, family_ids)
    unsafe = [match for match in waiting if not _is_safe(match, today=now.date())]
    await _withdraw_unsafe(session, unsafe)
    safe = [match for match in waiting if _is_safe(match, today=now.date())]
    contacts = [match.family.contact for match in safe if match.family.contact]
    usable = await usable_channels(session, contacts, today=now.date())
    shown = await choices_for(session, safe)
    told = await _take_over_offers(session, safe, shown, now=now)
    untold = [match for match in safe if match.id not in told]
    await session.flush()
    await _add_offers(session, untold, usable, shown, now=now)


async def _take_over_offers(
    session: AsyncSession,
    matches: Sequence[Match],
    shown: Mapping[uuid.UUID, dict[str, list[str]]],
    *,
    now: datetime,
) -> set[uuid.UUID]:
    """Where the place went before the family answered: its link shows the next, no second mail."""
    following = {match.follows_id: match for match in matches if match.follows_id}
    if not following:
        return set()
    offers = await session.scalars(
        select(Offer).where(
            Offer.match_id.in_(following), Offer.answer.is_(None), Offer.expires_at > now
        )
    )
    told = set()
    for offer in offers:
        match = following[offer.match_id]
        offer.match_id, offer.choices = match.id, shown[match.id]
        offer.expires_at = _expires_at(now)
        told.add(match.id)
    return told


async def _matches_without_offer(
    session: AsyncSession, family_ids: Collection[uuid.UUID]
) -> Sequence[Match]:
    offered = select(Offer.match_id).where(Offer.family_id.in_(family_ids))
    return (
        await session.scalars(
            select(Match)
            .join(Match.family)
            .join(Family.contact)
            .where(
                Match.family_id.in_(family_ids),
                Match.state == MatchState.AWAITING_FAMILY,
                Match.id.not_in(offered),
            )
            .order_by(Match.id)
            .options(
                contains_eager(Match.family).contains_eager(Family.contact),
                joinedload(Match.need),
            )
        )
    ).all()


def _is_safe(match: Match, *, today: date) -> bool:
    contact = match.family.contact
    return contact is not None and may_write_to(contact, today=today)


async def _withdraw_unsafe(session: AsyncSession, matches: Sequence[Match]) -> None:
    await move_matches(
        session,
        [match.id for match in matches],
        to=MatchState.WITHDRAWN,
        actor=SYSTEM,
        code="not_safe",
    )
    await move_needs(
        session, [match.need_id for match in matches], to=NeedState.PUBLISHED, actor=SYSTEM
    )


async def _add_offers(
    session: AsyncSession,
    matches: Sequence[Match],
    usable: Mapping[uuid.UUID, Sequence[str]],
    shown: Mapping[uuid.UUID, dict[str, list[str]]],
    *,
    now: datetime,
) -> None:
    """Each with a message that is queued, or a call that a person has to make."""
    offers, calls, mailed = [], [], []
    for match in matches:
        channel = first_written(usable.get(match.family_id, ()))
        reason = why_a_person_calls(match, channel=channel)
        offer = _offer_row(match, settings_of(session).secret_keys, now=now)
        offers.append(offer | {"channel": None if reason else channel, "choices": shown[match.id]})
        if reason:
            calls.append({"id": uuid.uuid4(), "offer_id": offer["id"], "reason": reason})
        else:
            mailed.append(offer["id"])
    for table, rows in ((Offer, offers), (Call, calls)):
        if rows:
            await session.execute(insert(table).inline(), rows)
    await queue_messages(session, OFFER, mailed)


def _offer_row(match: Match, keys: Sequence[str], *, now: datetime) -> dict[str, Any]:
    offer_id, made_with = uuid.uuid4(), key_id(keys[0])
    token = derive_token(keys, LINK, offer_id, made_with=made_with)
    return {
        "id": offer_id,
        "match_id": match.id,
        "family_id": match.family_id,
        "key_id": made_with,
        "token_hash": hash_token(token),
        "expires_at": _expires_at(now),
    }


def _expires_at(now: datetime) -> datetime:
    return now + timedelta(days=defaults()["family_days"]["place_held"])
