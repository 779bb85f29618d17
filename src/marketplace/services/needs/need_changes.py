"""What a file of needs would change: told before it is stored, and what is stored is just that."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ARRAY, UUID, Text, any_, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import Place, locate_areas
from directory.spreadsheets.places import NO_FIXED_ABODE
from marketplace.access import Actor
from marketplace.db.families import Family, Need
from marketplace.services.rights.objections import find_objected
from marketplace.spreadsheets.needs import NeedRow
from marketplace.states import NeedState

# A need under way is not overwritten by a newer guess: people have acted on the old one.
REPLACEABLE = (NeedState.DRAFT, NeedState.PUBLISHED)
# What was taken back, or ran out, is published again by sending it again.
COMES_BACK = (NeedState.WITHDRAWN, NeedState.EXPIRED)

# Name → what stands, and what the file says.
Differences = dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Change:
    row: NeedRow
    family: Differences
    need: Differences


@dataclass(frozen=True)
class Comparison:
    """`kept`: what the file would change and may not, since people have acted on it.

    `workers`: who is named for a family, in whichever of its rows. `objected`: rows of families
    who said that we must not: told to who sends them, and not kept.
    """

    places: dict[str, Place]
    families: dict[str, Family]
    needs: dict[tuple[uuid.UUID, str], Need]
    workers: dict[str, str]
    added: list[NeedRow] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    kept: list[Change] = field(default_factory=list)
    unchanged: int = 0
    objected: list[NeedRow] = field(default_factory=list)

    def family_values(self, row: NeedRow) -> dict[str, Any]:
        worker = self.workers.get(row.family_ref)
        # Left blank, a worker who was named stays: the column is only for sensitive needs.
        named = {"named_worker": worker} if worker else {}
        return _family_values(row, self.places.get(row.area.code)) | named


async def compare_needs(
    session: AsyncSession, rows: Sequence[NeedRow], *, actor: Actor, lock: bool = False
) -> Comparison:
    """Hold the rows against what stands; `lock` it where it will be stored."""
    places = await locate_areas(session, {row.area.code for row in rows} - {NO_FIXED_ABODE})
    refs = {row.family_ref for row in rows}
    families = await _find_families(session, refs, actor, lock=lock)
    # Only under the locks: a family may have objected a moment ago.
    refused = await find_objected(session, actor.commissioner_id, "ref", refs)
    objected = [row for row in rows if row.family_ref in refused]
    rows = [row for row in rows if row.family_ref not in refused]
    needs = await _find_needs(session, [one.id for one in families.values()], lock=lock)
    workers = {row.family_ref: row.named_worker for row in rows if row.named_worker}
    found = Comparison(places, families, needs, workers)
    unchanged = 0
    seen: set[str] = set()
    for row in rows:
        unchanged += _compare_row(found, row, is_first=row.family_ref not in seen)
        seen.add(row.family_ref)
    return replace(found, unchanged=unchanged, objected=objected)


def _compare_row(found: Comparison, row: NeedRow, *, is_first: bool) -> bool:
    """Put a row where it belongs; True where it says what stands already."""
    family = found.families.get(row.family_ref)
    need = found.needs.get((family.id, row.need)) if family else None
    about_family = {}
    if family and is_first:
        about_family = _differ(family, found.family_values(row))
    about_need = _differ(need, need_values(row)) if need else {}
    if need and need.state in COMES_BACK:
        about_need["state"] = (need.state, NeedState.PUBLISHED)
    if need is None:
        found.added.append(row)
    elif about_need and not _may_change(need, family):
        found.kept.append(Change(row, {}, about_need))
        about_need = {}
    if about_family or about_need:
        found.changed.append(Change(row, about_family, about_need))
        return False
    return need is not None and not (found.kept and found.kept[-1].row is row)


def _may_change(need: Need, family: Family | None) -> bool:
    if need.state in COMES_BACK:
        # A family that told us to stop is not brought back by a file.
        return family is None or family.stopped_at is None
    return need.state in REPLACEABLE


def _differ(stands: Family | Need, values: dict[str, Any]) -> Differences:
    return {
        name: (getattr(stands, name), value)
        for name, value in values.items()
        if getattr(stands, name) != value
    }


async def _find_families(
    session: AsyncSession, refs: Collection[str], actor: Actor, *, lock: bool
) -> dict[str, Family]:
    # As one array: a large file has more families than a statement may have parameters.
    wanted = select(Family).where(
        Family.commissioner_id == actor.commissioner_id,
        Family.ref == any_(cast(list(refs), ARRAY(Text))),
    )
    found = await session.scalars(wanted.with_for_update() if lock else wanted)
    return {family.ref: family for family in found}


async def _find_needs(
    session: AsyncSession, family_ids: Collection[uuid.UUID], *, lock: bool
) -> dict[tuple[uuid.UUID, str], Need]:
    wanted = select(Need).where(Need.family_id == any_(cast(list(family_ids), ARRAY(UUID))))
    found = await session.scalars(wanted.with_for_update() if lock else wanted)
    return {(need.family_id, need.code): need for need in found}


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


def need_values(row: NeedRow) -> dict[str, Any]:
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
