"""Publishing predicted and asked-for needs: all of a file or none of it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import Place, locate_areas
from directory.spreadsheets.places import NO_FIXED_ABODE
from directory.spreadsheets.report import Fault, Report
from marketplace.access import Actor
from marketplace.db.families import Family, Need
from marketplace.services.transitions import move_needs, note_deed
from marketplace.spreadsheets.needs import NeedRow
from marketplace.states import NeedState

# A need under way is not overwritten by a newer guess: people have acted on the old one.
REPLACEABLE = (NeedState.DRAFT, NeedState.PUBLISHED)


@dataclass(frozen=True)
class Published:
    added: int
    changed: int
    unchanged: int


async def check_areas(session: AsyncSession, report: Report[NeedRow]) -> Report[NeedRow]:
    """Add a fault for every area that is on no map."""
    wanted = {row.area.code for row in report.rows} - {NO_FIXED_ABODE}
    known = await locate_areas(session, wanted)
    return report.with_faults(
        Fault(
            number,
            "area",
            row.area.code,
            "this place is not on our map. Check the spelling, or give the first half only.",
        )
        for number, row in report.good.items()
        if row.area.code not in known and row.area.code != NO_FIXED_ABODE
    )


async def publish_needs(
    session: AsyncSession, rows: Sequence[NeedRow], *, actor: Actor
) -> Published:
    """Store every row; the same rows again change nothing."""
    places = await locate_areas(session, {row.area.code for row in rows} - {NO_FIXED_ABODE})
    family_ids = await _store_families(session, rows, places, actor=actor)
    published = await _store_needs(session, rows, family_ids, actor=actor)
    if actor.commissioner_id:
        await note_deed(
            session,
            ("commissioner", actor.commissioner_id),
            "needs_published",
            actor=actor,
            detail={"added": published.added, "changed": published.changed},
        )
    return published


async def _store_families(
    session: AsyncSession, rows: Sequence[NeedRow], places: dict[str, Place], *, actor: Actor
) -> dict[str, uuid.UUID]:
    wanted = {row.family_ref: _family_values(row, places.get(row.area.code)) for row in rows}
    found = await session.scalars(
        select(Family)
        .where(Family.commissioner_id == actor.commissioner_id, Family.ref.in_(wanted))
        .with_for_update()
    )
    ids = {}
    for family in found:
        ids[family.ref] = family.id
        for name, value in wanted[family.ref].items():
            if getattr(family, name) != value:
                setattr(family, name, value)
    new = [
        {"id": uuid.uuid4(), "commissioner_id": actor.commissioner_id, "ref": ref, **values}
        for ref, values in wanted.items()
        if ref not in ids
    ]
    if new:
        await session.execute(insert(Family), new)
    return ids | {family["ref"]: family["id"] for family in new}


def _family_values(row: NeedRow, place: Place | None) -> dict[str, Any]:
    return {
        "area": row.area.code,
        "outward": place.outward if place else None,
        "easting": place.easting if place else None,
        "northing": place.northing if place else None,
        "children_born": [f"{month.year}-{month.month:02}" for month in row.child_born],
        "languages": list(row.languages),
        "availability": list(row.availability),
        "transport": list(row.transport),
    }


async def _store_needs(
    session: AsyncSession,
    rows: Sequence[NeedRow],
    family_ids: dict[str, uuid.UUID],
    *,
    actor: Actor,
) -> Published:
    known = await session.scalars(
        select(Need).where(Need.family_id.in_(family_ids.values())).with_for_update()
    )
    standing = {(need.family_id, need.code): need for need in known}
    new: list[dict[str, Any]] = []
    changed = 0
    for row in rows:
        values = _need_values(row)
        need = standing.get((family_ids[row.family_ref], row.need))
        if need is None:
            new.append({"id": uuid.uuid4(), "family_id": family_ids[row.family_ref], **values})
        elif need.state in REPLACEABLE and _overwrite(need, values):
            changed += 1
    if new:
        await session.execute(insert(Need), [need | {"state": NeedState.DRAFT} for need in new])
    await session.flush()
    await move_needs(session, [need["id"] for need in new], to=NeedState.PUBLISHED, actor=actor)
    return Published(added=len(new), changed=changed, unchanged=len(rows) - len(new) - changed)


def _overwrite(need: Need, values: dict[str, Any]) -> bool:
    differs = {name: value for name, value in values.items() if getattr(need, name) != value}
    for name, value in differs.items():
        setattr(need, name, value)
    return bool(differs)


def _need_values(row: NeedRow) -> dict[str, Any]:
    return {
        "code": row.need,
        "level": row.level,
        "likelihood": row.likelihood,
        "statutory_cost_pence": row.statutory_cost_pence,
        "source": str(row.source),
        "reasons": list(row.reasons),
        "valid_until": row.valid_until,
        "access": list(row.access),
        "places": row.places,
        "asked_on": row.asked_on,
        "cost_falls_on": list(row.cost_falls_on),
        "cashable": row.cashable,
    }
