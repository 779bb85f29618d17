"""A service as the public finds it, and as the engine plans with it: or why it does not."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Evidence, Intake, Provider, Service
from directory.plain_words import say_ages
from directory.service_page import ServicePage
from directory.visibility import is_let_in
from directory.volunteers.readiness import may_help_today
from marketplace.access import has_agreed
from marketplace.defaults import defaults
from marketplace.templating import distance, pounds, uk_date
from marketplace.web import service_words, words

LEVELS = (1, 2, 3)


def public_view(shown: ServicePage) -> dict[str, Any]:
    """What stands on its public page, read there and nowhere else."""
    return {
        "name": shown.name,
        "provider_name": shown.provider_name,
        "description": shown.description,
        "helps_with": ", ".join(term.label for term in shown.terms),
        "ages": shown.ages,
        "when": shown.days,
        "where": shown.where,
        "languages": shown.languages,
        "access": shown.access,
        "price_text": shown.price,
        "places_text": shown.places,
        "phone": words.local_phone(shown.phone) if shown.phone else None,
        "email": shown.email,
        "website": shown.website,
        "confirmed_on": shown.confirmed_on,
    }


def engine_view(service: Service, intakes: Sequence[Intake], today: dt.date) -> dict[str, Any]:
    """Whom it can be matched with, in plain words."""
    provider = service.provider
    left = [one.places_left for one in intakes if why_closed(one, today) is None]
    return {
        "needs": ", ".join(service_words.need_labels(service.needs)),
        "level": service_words.LEVEL_WORDS[str(service.takes_level)],
        "reach": _say_reach(service),
        "ages": say_ages(service.min_age, service.max_age),
        "days": words.days_text(service.days),
        "check": _say_check(provider, today),
        "places": "No limit" if None in left else f"{sum(filter(None, left)):,} left",
        "price": _say_prices([one.price_pence for one in intakes]),
        "says_yes": "By itself" if service.standing_yes else "You are asked about each family",
    }


async def why_not_matched(
    session: AsyncSession, service: Service, intakes: Sequence[Intake]
) -> list[str]:
    """Everything that keeps the engine from it today; empty where it plans with it."""
    today = (await session.execute(select(func.current_date()))).scalar_one()
    provider = service.provider
    about = select(is_let_in(), may_help_today()).select_from(Provider)
    listed, may_help = (await session.execute(about.where(Provider.id == provider.id))).one()
    proved = await _proved_to_work(session, service)
    agreed = await session.scalar(select(has_agreed(provider.hosted_by_id or provider.id)))
    return [
        *_why_unlisted(provider, is_listed=listed),
        *(["You stopped this service"] if service.stopped_at else []),
        *([] if may_help else ["A check is missing or too old"]),
        *_why_no_places(intakes, today),
        *_why_too_dear(service, intakes),
        *([] if proved else [_unproved(service)]),
        *([] if agreed else ["You have not accepted the agreement, so you cannot say yes yet"]),
    ]


def why_closed(intake: Intake, today: dt.date) -> str | None:
    """Why no new family comes to an intake now; None where it is open."""
    left = intake.places_left
    tests = (
        (intake.paused_at is not None, "paused until you change its places"),
        ((intake.paused_until or today) > today, f"paused until {_day(intake.paused_until)}"),
        ((intake.starts_on or today) < today, f"started on {_day(intake.starts_on)} already"),
        (left is not None and left <= 0, "full"),
        (intake.family_pays_pence > 0, "not free for the family, and we offer only what is free"),
        ((intake.at_least or 0) > 1, "waiting for a group to fill, which we cannot plan yet"),
        (intake.opening_cost_pence > 0, "at a cost to open, which we cannot plan yet"),
    )
    return next((why for holds, why in tests if holds), None)


def _why_unlisted(provider: Provider, *, is_listed: bool) -> list[str]:
    if provider.approved_at is None:
        return ["The council has not let your organisation in yet"]
    if provider.paused_at is not None:
        return ["The council has paused your organisation"]
    return [] if is_listed else ["Nobody has said for a year that this is all still true"]


def _why_no_places(intakes: Sequence[Intake], today: dt.date) -> list[str]:
    if not intakes:
        return ["It has no intake yet: say when it starts and how many places there are"]
    closed = [(one, why) for one in intakes if (why := why_closed(one, today))]
    if len(closed) < len(intakes):
        return []
    return [f"{_start(one)}: {why}" for one, why in closed]


def _why_too_dear(service: Service, intakes: Sequence[Intake]) -> list[str]:
    ceilings = defaults()["price_ceiling_pence"]
    highest = max(ceilings[f"level_{level}"] for level in LEVELS if level <= service.takes_level)
    if intakes and min(one.price_pence for one in intakes) > highest:
        return [f"A place costs more than the council pays at this level: {pounds(highest)}"]
    return []


async def _proved_to_work(session: AsyncSession, service: Service) -> bool:
    if service.effect is not None:
        return service.effect > 0
    known = await session.scalar(
        select(func.count())
        .select_from(Evidence)
        .where(
            Evidence.need.in_(service.needs),
            Evidence.kind == service.provider.kind,
            Evidence.level <= service.takes_level,
            Evidence.effect_low > 0,
        )
    )
    return bool(known)


def _unproved(service: Service) -> str:
    needs = ", ".join(service_words.need_labels(service.needs))
    return f"We have no figures yet on how well this kind of help works for {needs}"


def _say_reach(service: Service) -> str:
    if service.provider.kind == "digital":
        return "Anywhere: it is online or by telephone"
    if service.easting is None:
        return "Not known: there is no place on the map"
    if service.reach_metres is None:
        return "As far as the family can travel"
    comes = "We come to them" if "at-home" in service.access else "They come to us"
    return f"{comes}: {distance(service.reach_metres)} at most"


def _say_check(provider: Provider, today: dt.date) -> str:
    if provider.recheck_by is None:
        return "None shown, and none needed for an organisation"
    past = " It is too old now." if provider.recheck_by < today else ""
    return f"Good until {uk_date(provider.recheck_by)}.{past}"


def _say_prices(prices: Sequence[int]) -> str | None:
    if not prices:
        return None
    low, high = min(prices), max(prices)
    return pounds(low) if low == high else f"{pounds(low)} to {pounds(high)}"


def _start(intake: Intake) -> str:
    start = intake.starts_on
    return f"The intake of {uk_date(start)}" if start else "The intake at any time"


def _day(day: dt.date | None) -> str:
    return uk_date(day) if day else ""
