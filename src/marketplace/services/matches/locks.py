"""What is decided in turn: always families, then providers, intakes, offers and matches.

Whoever locks in another order deadlocks with whoever keeps to this one.
"""

import math
import uuid
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Executable,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake
from marketplace.db.families import Family
from marketplace.db.plans import Match
from marketplace.states import LIVE_MATCH

PlacesLeft = dict[uuid.UUID, float]


async def lock_families(session: AsyncSession, family_ids: Collection[uuid.UUID]) -> None:
    """Before all others: what a family gets and says is decided in turn."""
    await session.execute(_families(), {"family_ids": list(family_ids)})


async def lock_places(session: AsyncSession, match_ids: Iterable[uuid.UUID]) -> PlacesLeft:
    """Lock the intakes of all matches that a transaction will touch, before it touches any.

    Returns how many places each has left, which nobody else can change from here on.
    """
    return await _lock(session, _places_of_matches(), match_ids=list(match_ids), intake_ids=[])


async def lock_places_of_family(
    session: AsyncSession,
    family_id: uuid.UUID,
    *,
    match_id: uuid.UUID,
    intake_ids: Collection[uuid.UUID],
) -> PlacesLeft:
    """The same for a match and whatever else is live of its family; `intake_ids`: these too."""
    which = {"family_id": family_id, "match_id": match_id, "intake_ids": list(intake_ids)}
    return await _lock(session, _places_of_family(), **which)


async def _lock(session: AsyncSession, places: Executable, **which: Any) -> PlacesLeft:
    locked = await session.execute(places, which)
    return {row.id: math.inf if row.left is None else row.left for row in locked}


# Each is put together once: that takes longer than the database to answer it.
@cache
def _families() -> Executable:
    wanted = Family.id == any_(bindparam("family_ids", type_=ARRAY(Uuid)))
    return select(Family.id).where(wanted).order_by(Family.id).with_for_update(key_share=True)


@cache
def _places_of_matches() -> Executable:
    return _places(Match.id == any_(bindparam("match_ids", type_=ARRAY(Uuid))))


@cache
def _places_of_family() -> Executable:
    live = and_(Match.family_id == bindparam("family_id"), Match.state.in_(LIVE_MATCH))
    return _places(or_(Match.id == bindparam("match_id"), live))


def _places(of_matches: ColumnElement[bool]) -> Executable:
    named = select(func.unnest(bindparam("intake_ids", type_=ARRAY(Uuid))))
    ids = select(Match.intake_id).where(of_matches).union_all(named)
    left = (Intake.places - Intake.held - Intake.used).label("left")
    return select(Intake.id, left).where(Intake.id.in_(ids)).order_by(Intake.id).with_for_update()
