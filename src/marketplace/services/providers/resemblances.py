"""Which known organisations a request may come from: a name typed is proof of nothing."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import locate_areas
from directory.models import Provider, Service
from marketplace.db.providers import JoinRequest

# Everybody's addresses end so: sharing one says nothing.
MAIL_FOR_ALL = frozenset(
    {"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk", "live.co.uk"}
    | {"yahoo.com", "yahoo.co.uk", "icloud.com", "btinternet.com", "sky.com", "aol.com"}
)
SAYS_LITTLE = frozenset(
    {"the", "and", "of", "for", "in", "a", "at", "to", "uk", "cic", "cio", "ltd", "limited"}
    | {"charity", "trust", "group", "project", "club"}
)
NEARBY_METRES = 40_000
SHARED_WORDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Resemblance:
    provider: Provider
    why: tuple[str, ...]


async def resembling(session: AsyncSession, request: JoinRequest) -> list[Resemblance]:
    """The likeliest first: same number, then same mail, then a like name nearby."""
    found = await session.scalars(
        select(Provider)
        .where(Provider.kind != "volunteer", Provider.left_at.is_(None))
        .order_by(Provider.name, Provider.id)
    )
    reasons = {provider: _why(provider, request) for provider in found}
    like = [provider for provider, why in reasons.items() if "name" in why]
    far = await _far_away(session, request.postcode, [provider.id for provider in like])
    alike = [
        Resemblance(provider=provider, why=kept)
        for provider, why in reasons.items()
        if (kept := tuple(one for one in why if one != "name" or provider.id not in far))
    ]
    order = ("charity_number", "email", "domain", "name")
    return sorted(alike, key=lambda one: min(order.index(why) for why in one.why))


def _why(provider: Provider, request: JoinRequest) -> tuple[str, ...]:
    number, email = request.charity_number, request.email.lower()
    domain = email.rpartition("@")[2]
    known = (provider.contact_email or "").lower()
    tests = {
        "charity_number": bool(number) and _digits(number) == _digits(provider.charity_number),
        "email": known == email,
        "domain": domain not in MAIL_FOR_ALL and known != email and known.endswith(f"@{domain}"),
        "name": _is_like(provider.name, request.organisation),
    }
    return tuple(why for why, holds in tests.items() if holds)


def _digits(number: str | None) -> str:
    """`NIC 101234` and `nic101234` are one; a linked charity's suffix is left off."""
    return re.sub(r"\s|^NIC", "", (number or "").upper()).partition("-")[0]


def _is_like(one: str, other: str) -> bool:
    these, those = _telling_words(one), _telling_words(other)
    if not these or not those:
        return one.casefold().split() == other.casefold().split()
    return len(these & those) / len(these | those) >= SHARED_WORDS


def _telling_words(name: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", name.casefold().replace("'", ""))) - SAYS_LITTLE


async def _far_away(
    session: AsyncSession, postcode: str, provider_ids: Sequence[uuid.UUID]
) -> set[uuid.UUID]:
    """Those whose every known place is too far from here to be the same."""
    here = (await locate_areas(session, [postcode])).get(postcode)
    if here is None or not provider_ids:
        return set()
    east, north = Service.easting - here.easting, Service.northing - here.northing
    rows = await session.scalars(
        select(Service.provider_id)
        .where(Service.provider_id.in_(provider_ids), Service.easting.is_not(None))
        .group_by(Service.provider_id)
        .having(func.min(east * east + north * north) > NEARBY_METRES**2)
    )
    return set(rows)
