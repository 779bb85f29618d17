"""A directory of any size at real postcodes, drawn from a seed and stored by COPY."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from directory.copying import copy_records
from directory.geocoding import place_on_map
from directory.models import Postcode
from directory.postcodes import load_postcodes
from directory.spreadsheets.words import ANY_TIME
from directory.taxonomy import load_taxonomy
from marketplace.db.acting import EXCHANGE, act_as

Row = dict[str, Any]

SERVICES_A_PROVIDER = 2.5
KINDS = {"charity": 0.55, "group": 0.27, "volunteer": 0.1, "digital": 0.03, "statutory": 0.05}
REACH_METRES = {"charity": 15_000, "group": 8_000, "volunteer": 3_000, "statutory": 40_000}
# fmt: off
NAMES = (
    "Acorn", "Amber", "Ash", "Beacon", "Bluebell", "Bramble", "Bridge", "Brook", "Cedar",
    "Clover", "Copper", "Curlew", "Dove", "Elder", "Fern", "Foxglove", "Garden", "Harbour",
    "Harvest", "Hazel", "Heather", "Hill", "Holly", "Ivy", "Juniper", "Kestrel", "Lantern",
    "Larch", "Linden", "Mallow", "Maple", "Marram", "Meadow", "Mill", "Oak", "Orchard", "Otter",
    "Pebble", "Poplar", "Quay",
)
# fmt: on
ENDINGS = ("Trust", "Project", "Centre", "Group", "Community", "Circle", "Club", "Hub", "Friends")
FORMS = ("group", "advice line", "drop-in", "course", "one-to-one help", "club", "home visits")
BEGAN_AT = dt.datetime(2025, 12, 1, 9, tzinfo=dt.UTC)


async def store_listings(
    session: AsyncSession, services: int, *, seed: int = 1, letters: str | None = None
) -> None:
    """Load the postcodes (all, or of these first letters) and fill an empty directory, as owner."""
    await act_as(session, EXCHANGE)
    await load_postcodes(session, letters=letters)
    drawn = random.Random(seed)  # noqa: S311 - a world, no secret
    providers = list(_providers(drawn, services))
    codes = await draw_postcodes(session, services, seed=seed)
    listed = list(_services(drawn, services, providers=providers, codes=codes))
    intakes = (intake for service in listed for intake in _intakes(drawn, service))
    await copy_rows(session, "provider", [row for row in providers if row["hosted_by_id"] is None])
    await copy_rows(session, "provider", [row for row in providers if row["hosted_by_id"]])
    await copy_rows(session, "service", listed)
    await copy_rows(session, "intake", list(intakes))
    for table in ("postcode", "provider", "service", "intake"):
        await session.execute(text(f"ANALYZE {table}"))


def draw_identity(drawn: random.Random) -> uuid.UUID:
    return uuid.UUID(int=drawn.getrandbits(128), version=4)


def _providers(drawn: random.Random, services: int) -> Iterator[Row]:
    """Volunteers come after the charities that host them."""
    count = max(4, round(services / SERVICES_A_PROVIDER))
    kinds = drawn.choices(list(KINDS), list(KINDS.values()), k=count)
    kinds[0] = "charity"
    hosts: list[uuid.UUID] = []
    for number, kind in enumerate(sorted(kinds, key=list(KINDS).index)):
        name = f"{drawn.choice(NAMES)} {drawn.choice(NAMES)} {drawn.choice(ENDINGS)}"
        is_volunteer = kind == "volunteer"
        identity = draw_identity(drawn)
        if kind == "charity":
            hosts.append(identity)
        yield {
            "id": identity,
            "ref": f"P{number:06}",
            "name": f"Volunteer {number} Invented" if is_volunteer else name,
            "kind": kind,
            "hosted_by_id": drawn.choice(hosts) if is_volunteer else None,
            "description": None if is_volunteer else f"{name} helps families near here.",
            "website": None if is_volunteer else f"https://p{number}.example.org",
            "charity_number": f"{1_000_000 + number}" if kind == "charity" else None,
            "contact_email": f"p{number}@example.org",
            "contact_phone": f"+441632{960000 + number % 1000}",
            "check_kind": "enhanced" if is_volunteer else None,
            "check_seen_on": dt.date(2026, 1, 15) if is_volunteer else None,
            "check_seen_by": "Sam Invented" if is_volunteer else None,
            "recheck_by": dt.date(2099, 1, 15) if is_volunteer else None,
            "approved_at": BEGAN_AT,
        }


async def draw_postcodes(session: AsyncSession, count: int, *, seed: int) -> Sequence[Any]:
    query = (
        select(Postcode.code, Postcode.outward, Postcode.easting, Postcode.northing)
        .order_by(func.hashtextextended(Postcode.code, seed))
        .limit(count)
    )
    return (await session.execute(query)).all()


def _services(
    drawn: random.Random, count: int, *, providers: Sequence[Row], codes: Sequence[Any]
) -> Iterator[Row]:
    terms, known = load_taxonomy(), list(load_taxonomy())
    open_to_volunteers = [code for code in known if not terms[code].sensitive]
    places = place_on_map([tuple(code) for code in codes])
    volunteers = [one for one in providers if one["kind"] == "volunteer"]
    others = [one for one in providers if one["kind"] != "volunteer"]
    for number in range(count):
        is_one = number < len(volunteers)
        provider = volunteers[number] if is_one else others[number % len(others)]
        needs = drawn.sample(open_to_volunteers if is_one else known, k=drawn.choice((1, 1, 2, 3)))
        postcode = None if provider["kind"] == "digital" else codes[number % len(codes)].code
        place = places[postcode] if postcode else None
        youngest = drawn.choice((None, None, 0, 5, 11))
        yield {
            "id": draw_identity(drawn),
            "provider_id": provider["id"],
            "ref": f"S{number:06}",
            "name": f"{terms[needs[0]].label} {drawn.choice(FORMS)}",
            "description": " ".join(terms[code].plain for code in needs)
            + f" Ask for {drawn.choice(NAMES)} at the {drawn.choice(NAMES)} hall.",
            "needs": needs,
            "takes_level": drawn.choice((1, 1, 2, 3)),
            "venue": None if is_one or not postcode else f"{drawn.choice(NAMES)} Hall",
            "is_confidential": "domestic-abuse" in needs and drawn.random() < 0.5,
            "postcode": postcode,
            "easting": place and place.easting,
            "northing": place and place.northing,
            "latitude": place and place.latitude,
            "longitude": place and place.longitude,
            "reach_metres": REACH_METRES.get(provider["kind"]),
            "min_age": youngest,
            "max_age": None if youngest is None else youngest + drawn.choice((5, 8, 14)),
            "languages": drawn.choice((["en"], ["en"], ["en", "pl"], ["en", "uk"])),
            "days": sorted(drawn.sample(ANY_TIME, k=drawn.choice((1, 2, 3))), key=ANY_TIME.index),
            "access": drawn.choice(([], ["step-free"], ["step-free", "quiet"])),
            "standing_yes": provider["kind"] == "group",
        }


def _intakes(drawn: random.Random, service: Row) -> Iterator[Row]:
    pays = drawn.choice((0, 0, 0, 250, 500))
    for start in (None, dt.date(2027, 1, 11))[: drawn.choice((1, 1, 1, 2))]:
        places = None if service["postcode"] is None else drawn.choice((1, 4, 10, 25))
        yield {
            "id": draw_identity(drawn),
            "service_id": service["id"],
            "starts_on": start,
            "weeks": 12 if start else None,
            "places": places,
            "held": 0,
            "used": drawn.randint(0, places) if places else 0,
            "price_pence": drawn.randrange(0, 20_000, 100),
            "family_pays_pence": pays,
            "opening_cost_pence": 0,
        }


async def copy_rows(session: AsyncSession, table: str, rows: Iterable[Row]) -> None:
    rows = list(rows)
    if not rows:
        return
    columns = list(rows[0])
    records = [tuple(row[name] for name in columns) for row in rows]
    await copy_records(session, table, columns=columns, records=records)
