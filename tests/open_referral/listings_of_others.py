"""Services as other directories tell them, and the taking of them."""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Postcode, Provider, Service
from directory.open_referral.outcome import Outcome
from directory.open_referral.spool import Spool
from directory.postcodes import renew_outward_areas
from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.services.upkeep.feeds import read_source, take_source

Json = dict[str, Any]

ORGANIZATION: Json = {
    "id": "11111111-1111-4111-8111-111111111111",
    "name": "Tern Advice",
    "description": "Advice by the sea.",
    "email": "tern@example.org",
    "website": "https://tern.example.org",
    "organization_identifiers": [
        {
            "id": "22222222-2222-4222-8222-222222222222",
            "identifier_scheme": "GB-CHC",
            "identifier_type": "Charity number",
            "identifier": "1123456",
        }
    ],
}


POSTCODES = (("IP1 2DE", 615599, 244130), ("IP3 9SQ", 619823, 242252), ("IP4 1NE", 616864, 244338))


async def add_postcodes(session: AsyncSession) -> None:
    session.add_all(
        Postcode(
            code=code, outward=code.split()[0], easting=east, northing=north, district="E07000202"
        )
        for code, east, north in POSTCODES
    )
    await session.flush()
    await renew_outward_areas(session)


def identity(number: int) -> str:
    return str(uuid.UUID(int=(0x3333 << 112) + number, version=4))


def service(number: int = 1, **changes: Any) -> Json:
    told: Json = {
        "id": identity(number),
        "name": f"Money talks {number}",
        "description": "Sit down with somebody who knows about bills.",
        "url": "https://tern.example.org/money",
        "email": "money@example.org",
        "status": "active",
        "minimum_age": 16,
        "last_modified": "2026-06-01T10:00:00.250000Z",
        "organization": ORGANIZATION,
        "schedules": [
            {
                "id": identity(number + 100),
                "freq": "WEEKLY",
                "byday": "TU",
                "opens_at": "10:00:00",
                "closes_at": "11:30:00",
            }
        ],
        "service_at_locations": [
            {
                "id": identity(number + 200),
                "location": {
                    "id": identity(number + 300),
                    "location_type": "physical",
                    "name": "The Old Bank",
                    "latitude": 52.056,
                    "longitude": 1.146,
                    "addresses": [
                        {
                            "id": identity(number + 400),
                            "address_1": "1 Bank Street",
                            "city": "Ipswich",
                            "state_province": "Suffolk",
                            "postal_code": "ip12de",
                            "country": "GB",
                            "address_type": "physical",
                        }
                    ],
                },
            }
        ],
        "contacts": [
            {"id": identity(number + 500), "phones": [{"number": "01632 960001"}]},
        ],
        "cost_options": [{"id": identity(number + 600), "option": "Each", "amount": 2.5}],
        "attributes": [
            {
                "id": identity(number + 700),
                "taxonomy_term": {
                    "id": identity(7),
                    "name": "Debt Advice",
                    "description": "About debts.",
                },
            },
            {
                "id": identity(number + 800),
                "taxonomy_term": {
                    "id": identity(8),
                    "name": "Falconry",
                    "description": "About falcons.",
                },
            },
        ],
        "capacities": [
            {
                "id": identity(number + 900),
                "unit": {"id": identity(9), "name": "place"},
                "available": 3,
                "maximum": 10,
                "updated": "2026-06-01T10:00:00Z",
            }
        ],
    }
    return {name: value for name, value in (told | changes).items() if value is not None}


def page(rows: Sequence[Any], **changes: Any) -> Json:
    return {
        "total_items": len(rows),
        "total_pages": 1,
        "page_number": 1,
        "size": len(rows),
        "first_page": True,
        "last_page": True,
        "empty": not rows,
        "contents": list(rows),
    } | changes


def save(folder: Path, *services: Json) -> str:
    """The same name each time: it is one source."""
    file = folder / "services.json"
    file.write_text(json.dumps(page(services)))
    return str(file)


async def take(sessions: Sessions, source: str, *, write: bool = True, **how: Any) -> Outcome:
    with Spool() as spool:
        await read_source(source, spool)
        async with transaction(sessions, EXCHANGE) as session:
            return await take_source(session, source, spool, write=write, **how)


async def stored(sessions: Sessions, number: int = 1) -> Service:
    async with transaction(sessions, EXCHANGE) as session:
        found = await session.scalar(
            select(Service).where(Service.id == uuid.UUID(identity(number)))
        )
    assert found is not None
    return found


async def provider(sessions: Sessions) -> Provider:
    async with transaction(sessions, EXCHANGE) as session:
        found = await session.scalar(select(Provider))
    assert found is not None
    return found


async def count_services(sessions: Sessions) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        return len((await session.scalars(select(Service.id))).all())
