"""Rows of needs as a file would bring them, and published needs put straight into the tables."""

import datetime as dt
from decimal import Decimal
from typing import Any

from families_at_hand import TODAY
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Postcode
from directory.spreadsheets.places import Area
from marketplace.db.families import Family, Need
from marketplace.spreadsheets.needs import NeedRow, Source
from marketplace.states import NeedState

ROW: dict[str, Any] = {
    "family_ref": "F-1",
    "need": "meals",
    "level": 2,
    "likelihood": Decimal("0.4"),
    "statutory_cost_pence": 200_000,
    "source": Source(kind="model", name="early-help", version="1"),
    "reasons": ("attendance",),
    "valid_until": TODAY + dt.timedelta(days=60),
    "area": Area(kind="postcode", code="IP1 2DE"),
    "child_born": (),
    "languages": ("en",),
    "availability": ("mon-am",),
    "access": (),
    "transport": ("bus",),
    "places": 1,
    "asked_on": None,
    "cost_falls_on": (),
    "cashable": Decimal(0),
}


def row(**given: Any) -> NeedRow:
    return NeedRow(**ROW | given)


async def add_postcode(session: AsyncSession) -> None:
    session.add(
        Postcode(
            code="IP1 2DE", outward="IP1", easting=615599, northing=244130, district="E07000202"
        )
    )
    await session.flush()


async def add_need(session: AsyncSession, family: Family, **given: Any) -> Need:
    need = Need(
        **{
            "family_id": family.id,
            "code": "parenting",
            "level": 2,
            "likelihood": Decimal("0.4"),
            "statutory_cost_pence": 500_000,
            "source": "model:early-help@1",
            "reasons": [],
            "valid_until": TODAY + dt.timedelta(days=90),
            "access": [],
            "places": 1,
            "cost_falls_on": [],
            "cashable": Decimal(0),
            "state": NeedState.PUBLISHED,
            **given,
        }
    )
    session.add(need)
    await session.flush()
    return need
