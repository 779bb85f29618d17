"""What a provider may see of a family, stage by stage; nothing is shown that it does not need."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from directory.models import Intake, Provider, Service
from marketplace.access import Actor, answered_matches, has_agreed, readable_matches
from marketplace.db.acting import by_exchange
from marketplace.db.families import Family, Need
from marketplace.db.offers import Offer
from marketplace.db.plans import Match
from marketplace.defaults import defaults
from marketplace.errors import NotFoundError
from marketplace.services.staff.working_days import add_working_days
from marketplace.states import MatchState
from marketplace.templating import uk_date
from marketplace.web import words
from marketplace.web.rendering import Paging

RING_WITHIN_WORKING_DAYS = 2
WAYS = {"phone": ("Telephone", "tel"), "sms": ("Text", "sms"), "email": ("E-mail", "mailto")}


async def matches_in(
    session: AsyncSession, actor: Actor, state: MatchState, *, paging: Paging | None = None
) -> Sequence[Match]:
    wanted = readable_matches(actor).where(Match.state == state)
    return await read_matches(session, wanted.order_by(Match.waits_since, Match.id), paging=paging)


async def read_matches(
    session: AsyncSession, wanted: Select[Match], *, paging: Paging | None = None
) -> Sequence[Match]:
    """With all that a view tells of them."""
    if paging is not None:
        wanted = wanted.limit(paging.size).offset(paging.offset)
    found = await session.scalars(
        wanted.options(
            joinedload(Match.need),
            joinedload(Match.family).joinedload(Family.contact),
            joinedload(Match.intake).joinedload(Intake.service).joinedload(Service.provider),
        )
    )
    return found.all()


async def one_match(
    session: AsyncSession,
    actor: Actor,
    match_id: uuid.UUID,
    *,
    states: Collection[MatchState],
) -> Match:
    wanted = readable_matches(actor).where(Match.id == match_id, Match.state.in_(states))
    if not (found := await read_matches(session, wanted)):
        raise NotFoundError("It is no longer waiting for you.")
    return found[0]


async def offers_of(session: AsyncSession, matches: Sequence[Match]) -> dict[uuid.UUID, Offer]:
    found = await session.scalars(
        select(Offer).where(Offer.match_id.in_([match.id for match in matches]))
    )
    return {offer.match_id: offer for offer in found}


async def waiting_groups(session: AsyncSession, matches: Sequence[Match]) -> list[dict[str, Any]]:
    """Who waits, by the start of a service that they would come to."""
    rare = await rare_needs(session, matches)
    today = (await session.execute(select(func.current_date()))).scalar_one()
    groups: dict[uuid.UUID, dict[str, Any]] = {}
    for match in matches:
        intake = intake_view(match.intake)
        text = f"{intake['service_name']}. {intake['starts_text']}"
        group = groups.setdefault(
            match.intake_id, {"intake_id": match.intake_id, "service_text": text, "waiting": []}
        )
        group["waiting"].append(waiting_view(match, rare, today))
    return list(groups.values())


@by_exchange
async def rare_needs(
    session: AsyncSession, matches: Sequence[Match]
) -> set[tuple[str | None, str]]:
    """Area and need pairs that so few families share that more words could point at one."""
    pairs = {(match.family.outward, match.need.code) for match in matches}
    counted = await session.execute(
        select(Family.outward, Need.code)
        .join(Need.family)
        .where(tuple_(Family.outward, Need.code).in_(pairs))
        .group_by(Family.outward, Need.code)
        .having(
            func.count(Family.id.distinct()) >= defaults()["privacy"]["smallest_group_for_area"]
        )
    )
    return pairs - {(row.outward, row.code) for row in counted}


def waiting_view(match: Match, rare: set[tuple[str | None, str]], today: dt.date) -> dict[str, Any]:
    family, service = match.family, match.intake.service
    days = sorted(set(service.days) & set(family.availability), key=words.in_week_order)
    view: dict[str, Any] = {
        "id": match.id,
        "need_text": words.plain_need(match.need.code),
        "asked_on": match.waits_since.date(),
        "answer_by": answer_by(match),
        "days_text": words.days_text(days),
        "age_band": None,
        "area": None,
        "distance_text": None,
        "language": None,
        "access": None,
    }
    if (family.outward, match.need.code) in rare:
        return view
    return view | {
        "age_band": words.age_band(family.children_born, today),
        "area": family.outward,
        "distance_text": words.distance_band(match.travel_metres),
        "language": words.languages_text(family.languages),
        "access": ", ".join(match.need.access) or None,
    }


def answer_by(match: Match) -> dt.date:
    days = defaults()["provider_days"]["expires_after"]
    return add_working_days(match.waits_since.date(), days)


def accepted_view(match: Match, offer: Offer) -> dict[str, Any]:
    """Name and the one way that the family agreed to; nothing else of its contacts."""
    contact = match.family.contact
    way, scheme = WAYS[offer.contact_way or "phone"]
    address = ""
    # What was safe when they said yes may not be now: the newest word of the council counts.
    still_safe = contact is not None and contact.safe_to_contact == "yes"
    if contact is not None and still_safe and offer.contact_way in contact.safe_channels:
        address = (contact.email if offer.contact_way == "email" else contact.phone) or ""
    answered_on = (offer.answered_at or match.waits_since).date()
    is_started = match.state == MatchState.UNDER_WAY
    helper = match.intake.service.provider
    return {
        "match_id": match.id,
        "volunteer_id": helper.id if helper.kind == "volunteer" else None,
        "name": contact.name if contact else "",
        "contact_way": way,
        "contact": address if way == "E-mail" else words.local_phone(address),
        "contact_href": f"{scheme}:{address.replace(' ', '')}",
        "visiting": match.family.visiting,
        "help_text": f"{match.intake.service.name}: {words.need_text(match.need.code)}",
        "ring_by": add_working_days(answered_on, RING_WITHIN_WORKING_DAYS),
        "started": is_started,
        "started_on": match.waits_since.date() if is_started else None,
    }


def intake_view(intake: Intake) -> dict[str, Any]:
    starts = f"Starts on {uk_date(intake.starts_on)}" if intake.starts_on else "At any time"
    helper = intake.service.provider
    name = intake.service.name
    return {
        "id": intake.id,
        "service_name": f"{name}, {helper.name}" if helper.kind == "volunteer" else name,
        "starts_text": starts,
        "paused_text": _say_pause(intake),
        "free": intake.places_left,
        "held": intake.held,
        "used": intake.used,
    }


def _say_pause(intake: Intake) -> str | None:
    if intake.paused_at is not None:
        return "Paused: no new families until you change the places or resume"
    if intake.paused_until is not None and intake.paused_until > dt.datetime.now(dt.UTC).date():
        return f"Paused until {uk_date(intake.paused_until)}. It opens again by itself"
    return None


async def door_of(session: AsyncSession, provider: Provider) -> str:
    """`open`, `paused`, or `agreement` where families' details wait for it."""
    if provider.approved_at is None or provider.paused_at is not None:
        return "paused"
    return "open" if await session.scalar(select(has_agreed(provider.id))) else "agreement"


async def count_waiting(session: AsyncSession, actor: Actor) -> int:
    """All that anybody learns before the agreement: how many."""
    waiting = answered_matches(actor).where(Match.state == MatchState.AWAITING_PROVIDER)
    return await session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
