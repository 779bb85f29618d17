"""A county for a month: many families, charities with money to be paid, put in by the thousand."""

import datetime as dt
import random
import uuid
from decimal import Decimal
from typing import Any

from driven_exchange import Drive
from families_at_hand import TODAY, agree
from provider_people import add_person
from sqlalchemy import insert, select

from directory.models import Intake, Provider, Service
from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Family, Need
from marketplace.db.session import transaction
from marketplace.services.plans import funds
from marketplace.spreadsheets.contacts import ContactRow
from marketplace.states import NeedState

CODES = ("sleep", "parenting", "befriending", "debt-advice")
PRICES = (0, 1_200, 4_500, 9_000)
BUDGET_PENCE = 4_000_000


async def add_county(drive: Drive, *, families: int, dice: random.Random) -> list[Actor]:
    """Published needs of so many families, and places for about half of them; who answers."""
    async with transaction(drive.sessions, EXCHANGE) as session:
        await funds.add_fund(
            session, name="Early help", budget_pence=BUDGET_PENCE, actor=drive.amina
        )
        rows = [_family(drive.council_id, number) for number in range(families)]
        await session.execute(insert(Family), rows)
        await session.execute(insert(Need), [_need(row["id"], dice) for row in rows])
        return [await _add_charity(session, number, families // 24 + 2) for number in range(8)]


async def _add_charity(session: Any, number: int, places: int) -> Actor:
    provider = Provider(
        ref=f"P{number}",
        name=f"Helpers {number}",
        kind="charity",
        contact_email=f"p{number}@example.org",
        approved_at=dt.datetime.now(dt.UTC),
    )
    session.add(provider)
    await session.flush()
    await agree(session, provider.id)
    for step in range(2):
        service = Service(
            provider_id=provider.id,
            ref=f"S{step}",
            name=f"Support {number}-{step}",
            needs=list(CODES[step::2]),
            takes_level=3,
            effect=Decimal("0.5"),
            languages=["en"],
            days=["mon-am"],
            access=[],
            standing_yes=number % 3 == 0,
            postcode="IP1 2DE",
        )
        session.add(service)
        await session.flush()
        session.add(
            Intake(
                service_id=service.id,
                places=places,
                held=0,
                used=0,
                price_pence=PRICES[(number + step) % len(PRICES)],
                family_pays_pence=0,
                opening_cost_pence=0,
            )
        )
    await session.flush()
    return await add_person(session, provider.id, name=f"Tom{number}")


def _family(council_id: uuid.UUID, number: int) -> dict[str, Any]:
    return {
        "id": uuid.uuid4(),
        "commissioner_id": council_id,
        "ref": f"F-{number:05d}",
        "area": "IP1 2DE",
        "outward": "IP1",
        "children_born": ["2019-05"],
        "languages": ["en"],
        "availability": ["mon-am"],
        "transport": ["bus"],
        "visiting": "no_known_concern",
    }


def _need(family_id: uuid.UUID, dice: random.Random) -> dict[str, Any]:
    return {
        "id": uuid.uuid4(),
        "family_id": family_id,
        "code": dice.choice(CODES),
        "level": 2,
        "likelihood": Decimal(dice.randrange(20, 60)) / 100,
        "statutory_cost_pence": 500_000,
        "source": "model:early-help@1",
        "reasons": ["attendance"],
        "valid_until": TODAY + dt.timedelta(days=dice.choice((12, 60, 90))),
        "access": [],
        "places": 1,
        "cost_falls_on": ["council"],
        "cashable": Decimal("0.1"),
        "state": NeedState.PUBLISHED,
    }


def contact_row(ref: str, dice: random.Random) -> ContactRow:
    """Most by e-mail, some by telephone only, some not safe; some whose check grows old soon."""
    return ContactRow(
        family_ref=ref,
        name=f"Kelly {ref}",
        safe_to_contact=dice.choices(("yes", "no", "unknown"), (90, 5, 5))[0],
        safe_channels=dice.choices(
            (("email", "phone"), ("phone",), ("sms", "email")), (80, 10, 10)
        )[0],
        safe_checked_on=TODAY - dt.timedelta(days=dice.choice((0, 5, 27))),
        email=f"{ref.lower()}@example.org",
        phone="+447700900123",
        address=None,
        postcode=None,
    )


async def refs_of(drive: Drive) -> dict[uuid.UUID, str]:
    async with transaction(drive.sessions, EXCHANGE) as session:
        found = await session.execute(select(Family.id, Family.ref))
        return {row.id: row.ref for row in found}
