"""A council with predicted needs in front of the invented directory, stored by COPY."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from worlds.listings import copy_rows, draw_identity, draw_postcodes, store_listings

from directory.spreadsheets.words import ANY_TIME
from directory.taxonomy import load_taxonomy

Row = dict[str, Any]

LETTERS = "IP"
NEEDS_A_FAMILY = (1, 1, 1, 2, 2, 3)
TODAY = dt.datetime.now(dt.UTC).date()
#: What the invented directory leaves out: that its help works, is for most, and that groups fill.
HELPFUL = """
UPDATE service SET effect = 0.1 + 0.05 * (hashtext(ref) & 7), takes_level = 3,
    days = ARRAY['mon-am', 'tue-pm', 'wed-am', 'thu-eve', 'fri-am', 'sat-am']
"""
OPEN = "UPDATE intake SET family_pays_pence = 0, used = 0, price_pence = price_pence % 15000"
GROUPS = """
UPDATE intake SET at_least = 4 + (hashtext(intake.id::text) & 3),
    opening_cost_pence = 10000 * (hashtext(intake.id::text) & 3)
FROM service JOIN provider ON provider.id = provider_id
WHERE service.id = service_id AND provider.kind = 'group' AND places >= 10
"""


async def store_council(
    session: AsyncSession, *, needs: int, services: int, seed: int = 1
) -> uuid.UUID:
    """Fill an empty database, as owner; gives the council."""
    await store_listings(session, services, letters=LETTERS)
    await session.execute(text(HELPFUL))
    await session.execute(text(OPEN))
    drawn = random.Random(seed)  # noqa: S311 - a world, no secret
    council = draw_identity(drawn)
    await copy_rows(session, "commissioner", [_council(council)])
    codes = await draw_postcodes(session, needs, seed=seed)
    families: list[Row] = []
    wanted: list[Row] = []
    while len(wanted) < needs:
        family = _family(drawn, council, len(families), codes[len(families) % len(codes)])
        families.append(family)
        wanted += _needs(drawn, family["id"])
    await copy_rows(session, "family", families)
    await copy_rows(session, "need", wanted[:needs])
    for table in ("family", "need"):
        await session.execute(text(f"ANALYZE {table}"))
    return council


async def add_groups_and_funds(session: AsyncSession, council: uuid.UUID, *, pence: int) -> None:
    """Groups that must fill, and two funds: one for anything, one for little."""
    await session.execute(text(GROUPS))
    funds: list[tuple[str, int, list[str]]] = [
        ("Everything", pence, []),
        ("Home and money", pence // 4, ["debt-advice", "essentials", "meals"]),
    ]
    rows = [
        {
            "id": uuid.uuid4(),
            "commissioner_id": council,
            "name": name,
            "budget_pence": budget,
            "needs": needs,
            "kinds": [],
        }
        for name, budget, needs in funds
    ]
    await copy_rows(session, "fund", rows)


def _council(council: uuid.UUID) -> Row:
    return {
        "id": council,
        "name": "Invented County Council",
        "hub_name": "Invented Hub",
        "hub_person": "Priya Invented",
        "hub_phone": "01632 960 000",
        "hub_hours": "9 to 5",
        "website": "example.org/hub",
    }


def _family(drawn: random.Random, council: uuid.UUID, number: int, code: Any) -> Row:
    return {
        "id": draw_identity(drawn),
        "commissioner_id": council,
        "ref": f"F{number:06}",
        "area": code.code,
        "outward": code.outward,
        "easting": code.easting,
        "northing": code.northing,
        "children_born": [f"{drawn.randint(2010, 2026)}-{drawn.randint(1, 9):02}"],
        "languages": drawn.choice((["en"], ["en"], ["en"], ["pl", "en"])),
        "availability": sorted(drawn.sample(ANY_TIME, k=8), key=ANY_TIME.index),
        "transport": drawn.choice((["walk"], ["bus"], ["bus"], ["car"])),
        "visiting": "no_known_concern",
    }


def _needs(drawn: random.Random, family: uuid.UUID) -> Iterator[Row]:
    for code in drawn.sample(list(load_taxonomy()), k=drawn.choice(NEEDS_A_FAMILY)):
        yield {
            "id": draw_identity(drawn),
            "family_id": family,
            "code": code,
            "level": drawn.choice((1, 1, 2, 2, 3)),
            "likelihood": Decimal(drawn.randint(5, 60)) / 100,
            "statutory_cost_pence": 500_000,
            "source": "model:early-help@1",
            "reasons": ["attendance"],
            "valid_until": TODAY + dt.timedelta(days=90),
            "access": [],
            "places": 1,
            "asked_on": None,
            "cost_falls_on": ["council"],
            "cashable": Decimal("0.1"),
            "state": "published",
        }
