"""Publishing predicted and asked-for needs: all of a file or none of it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import locate_areas
from directory.sealed import ring_of, seal_values
from directory.spreadsheets.places import NO_FIXED_ABODE
from directory.spreadsheets.report import Fault, Report
from marketplace.access import Actor
from marketplace.db.families import Family, Need, NeedFile
from marketplace.services.matches.transitions import move_needs, note_deed
from marketplace.services.needs.legal_basis import require_law
from marketplace.services.needs.need_changes import (
    Change,
    Comparison,
    compare_needs,
    need_values,
)
from marketplace.spreadsheets.needs import NeedRow
from marketplace.states import NeedState


@dataclass(frozen=True)
class Published:
    """`kept`: rows that would change what people have acted on; they changed nothing.

    `objected`: rows of families who objected; nothing of them is stored.
    """

    added: int
    changed: int
    unchanged: int
    kept: int
    objected: int = 0


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
    session: AsyncSession, rows: Sequence[NeedRow], *, actor: Actor, name: str = ""
) -> Published:
    """Store every row; the same rows again change nothing. `name`: of the file, to find it by."""
    await require_law(session, actor=actor)
    found = await compare_needs(session, rows, actor=actor, lock=True)
    published = _count(found)
    if published.added or published.changed:
        file_id = await _note_file(session, name, actor=actor)
        families = await _add_families(session, found, actor=actor)
        _overwrite(found.changed, found, file_id=file_id)
        new = await _add_needs(session, found.added, families, file_id=file_id)
        back = [_need_of(one, found).id for one in found.changed if "state" in one.need]
        await move_needs(session, [*new, *back], to=NeedState.PUBLISHED, actor=actor)
    if actor.commissioner_id:
        await note_deed(
            session,
            ("commissioner", actor.commissioner_id),
            "needs_published",
            actor=actor,
            detail={"added": published.added, "changed": published.changed},
        )
    return published


async def preview_needs(
    session: AsyncSession, rows: Sequence[NeedRow], *, actor: Actor
) -> tuple[Comparison, Published]:
    """What publishing would do; nothing is stored."""
    found = await compare_needs(session, rows, actor=actor)
    return found, _count(found)


def _count(found: Comparison) -> Published:
    return Published(
        added=len(found.added),
        changed=len(found.changed),
        unchanged=found.unchanged,
        kept=len(found.kept),
        objected=len(found.objected),
    )


async def _note_file(session: AsyncSession, name: str, *, actor: Actor) -> uuid.UUID:
    file = NeedFile(
        commissioner_id=actor.commissioner_id, name=name[:200], sent_by=actor.name or "A program"
    )
    session.add(file)
    await session.flush()
    return file.id


async def _add_families(
    session: AsyncSession, found: Comparison, *, actor: Actor
) -> dict[str, uuid.UUID]:
    ids = {ref: family.id for ref, family in found.families.items()}
    rows = {row.family_ref: row for row in found.added if row.family_ref not in ids}
    new = [
        {
            "id": uuid.uuid4(),
            "commissioner_id": actor.commissioner_id,
            "ref": ref,
            "named_worker": None,
            **found.family_values(row),
        }
        for ref, row in rows.items()
    ]
    if new:
        ring = ring_of(session)
        await session.execute(insert(Family), [seal_values(ring, Family, one) for one in new])
    return ids | {family["ref"]: family["id"] for family in new}


async def _add_needs(
    session: AsyncSession,
    rows: Sequence[NeedRow],
    families: Mapping[str, uuid.UUID],
    *,
    file_id: uuid.UUID,
) -> list[uuid.UUID]:
    new: list[dict[str, Any]] = [
        {
            "id": uuid.uuid4(),
            "family_id": families[row.family_ref],
            "state": NeedState.DRAFT,
            "file_id": file_id,
            **need_values(row),
        }
        for row in rows
    ]
    if new:
        await session.execute(insert(Need), new)
    await session.flush()
    return [need["id"] for need in new]


def _overwrite(changes: Sequence[Change], found: Comparison, *, file_id: uuid.UUID) -> None:
    for change in changes:
        _set(found.families[change.row.family_ref], change.family)
        if change.need:
            need = _need_of(change, found)
            need.file_id = file_id
            # The state is moved with the others, by the one way there is.
            _set(need, {name: both for name, both in change.need.items() if name != "state"})


def _need_of(change: Change, found: Comparison) -> Need:
    return found.needs[found.families[change.row.family_ref].id, change.row.need]


def _set(stands: Family | Need, differences: Mapping[str, tuple[Any, Any]]) -> None:
    for name, (_, value) in differences.items():
        setattr(stands, name, value)
