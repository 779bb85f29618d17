"""Families whose matches a council has approved, with contacts, and groups that say yes at once."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider, Service
from directory.sealed import ring_of, seal_values
from marketplace.db.families import Contact, Family, Need
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match, Plan
from marketplace.db.providers import AGREEMENT_VERSION, Agreement

NOW = dt.datetime.now(dt.UTC)
GROUPS = 250
CHOICES = 2


async def store_approved(session: AsyncSession, families: int) -> uuid.UUID:
    """Everybody is agreed and approved, nobody written to; returns the council."""
    council = Commissioner(
        name="Example County Council",
        hub_name="Gipping Family Hub",
        hub_person="Priya Example",
        hub_phone="01632 960 411",
        hub_hours="9 to 5",
        website="example.org",
        stop_list_at=NOW,
        policy={"waves": {"first": families, "daily": families}},
    )
    session.add(council)
    await session.flush()
    plan = Plan(commissioner_id=council.id, number=1, seed=1, policy={}, state="approved")
    session.add(plan)
    await session.flush()
    intakes = await _store_groups(session, places=families // GROUPS + 1)
    ids = [uuid.uuid4() for _ in range(families)]
    await session.execute(insert(Family), [_family(one, council.id) for one in ids])
    ring = ring_of(session)
    contacts = [seal_values(ring, Contact, _contact(one)) for one in ids]
    await session.execute(insert(Contact), contacts)
    needs = [_need(one) for one in ids]
    await session.execute(insert(Need), needs)
    matches = [
        _match(need, plan.id, [intakes[(place + step) % GROUPS] for step in range(CHOICES + 1)])
        for place, need in enumerate(needs)
    ]
    await session.execute(insert(Match), matches)
    return council.id


async def _store_groups(session: AsyncSession, *, places: int) -> list[uuid.UUID]:
    providers, services, intakes, agreements = [], [], [], []
    for number in range(GROUPS):
        provider, service, intake = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
        named = {"ref": f"G{number}", "name": f"Group {number}", "kind": "group"}
        providers.append({"id": provider, **named, "approved_at": NOW})
        services.append(
            {"id": service, "provider_id": provider, "ref": "S1", "name": "Meeting"}
            | {"needs": ["parenting"], "takes_level": 3, "languages": ["en"], "days": ["mon-am"]}
            | {"access": [], "standing_yes": True, "postcode": "IP1 2DE"}
        )
        intakes.append(
            {"id": intake, "service_id": service, "places": places, "held": 0, "used": 0}
            | {"price_pence": 0, "family_pays_pence": 0, "opening_cost_pence": 0}
        )
        agreements.append(
            {"provider_id": provider, "version": AGREEMENT_VERSION}
            | {"accepted_by_id": uuid.uuid4(), "accepted_by": "Tom Example"}
        )
    for table, rows in (
        (Provider, providers),
        (Service, services),
        (Intake, intakes),
        (Agreement, agreements),
    ):
        await session.execute(insert(table), rows)
    return [row["id"] for row in intakes]


def _family(family_id: uuid.UUID, council_id: uuid.UUID) -> dict[str, Any]:
    return {
        "id": family_id,
        "commissioner_id": council_id,
        "ref": family_id.hex[:12],
        "area": "IP1 2DE",
        "outward": "IP1",
        "children_born": ["2019-05"],
        "languages": ["en"],
        "availability": ["mon-am"],
        "transport": ["bus"],
        "visiting": "no_known_concern",
    }


def _contact(family_id: uuid.UUID) -> dict[str, Any]:
    return {
        "family_id": family_id,
        "name": "Kelly Example",
        "safe_to_contact": "yes",
        "safe_channels": ["email", "phone"],
        "safe_checked_on": NOW.date(),
        "email": f"{family_id.hex[:12]}@example.org",
        "phone": "+447700900123",
    }


def _need(family_id: uuid.UUID) -> dict[str, Any]:
    return {
        "id": uuid.uuid4(),
        "family_id": family_id,
        "code": "parenting",
        "level": 2,
        "likelihood": Decimal("0.4"),
        "statutory_cost_pence": 500_000,
        "source": "model:early-help@1",
        "reasons": ["attendance"],
        "valid_until": NOW.date() + dt.timedelta(days=90),
        "access": [],
        "places": 1,
        "cost_falls_on": ["council"],
        "cashable": Decimal("0.1"),
        "state": "planned",
    }


def _match(need: dict[str, Any], plan_id: uuid.UUID, intakes: list[uuid.UUID]) -> dict[str, Any]:
    reckoned = {"cost_pence": 100, "price_pence": 0, "effect": 0.2, "travel_metres": 500}
    return {
        "id": uuid.uuid4(),
        "plan_id": plan_id,
        "need_id": need["id"],
        "family_id": need["family_id"],
        "intake_id": intakes[0],
        "state": "agreed",
        "places": 1,
        "stake_pence": need["id"].int % 100_000,
        "reason": {"code": "cheapest", "choices": 3},
        "choices": {"next_best": [{"intake_id": str(one)} | reckoned for one in intakes[1:]]},
        "approved_at": NOW,
        **reckoned,
        "effect": Decimal("0.2"),
    }
