"""The directory's spreadsheets into the database: all of a file or none of it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from directory.geocoding import locate_areas
from directory.importing import (
    ImportCounts,
    check_places,
    import_evidence,
    import_services,
)
from directory.models import Provider
from directory.spreadsheets.evidence import read_evidence
from directory.spreadsheets.report import Fault, Report
from directory.spreadsheets.services import ServiceRow, read_services
from directory.taxonomy import load_taxonomy
from directory.upserts import Changes
from marketplace.defaults import defaults
from marketplace.services.staff.people import admit_providers


@dataclass(frozen=True)
class ServicesImport:
    """`counts` is None where the report has a fault: then nothing was stored."""

    report: Report[ServiceRow]
    counts: ImportCounts | None


async def take_services(session: AsyncSession, data: bytes, *, today: date) -> ServicesImport:
    known = set(await session.scalars(select(Provider.ref)))
    report = read_services(data, taxonomy=load_taxonomy(), today=today, known_providers=known)
    report = await check_places(session, await _check_merged(session, report))
    if not report.is_fine:
        return ServicesImport(report, None)
    places = await locate_areas(session, {row.postcode for row in report.rows if row.postcode})
    reach = defaults()["reach_km"]
    counts = await import_services(session, report.rows, reach_km=reach, places=places)
    await admit_providers(session)
    return ServicesImport(report, counts)


async def _check_merged(session: AsyncSession, report: Report[ServiceRow]) -> Report[ServiceRow]:
    """A file that still knows two of what is one now would bring the second one back."""
    kept = aliased(Provider)
    merged = await session.execute(
        select(Provider.ref, kept.ref).join(kept, kept.id == Provider.merged_into_id)
    )
    now = {row[0]: row[1] for row in merged}
    return report.with_faults(
        Fault(
            number,
            "provider_ref",
            row.provider_ref,
            f"this provider was merged into {now[row.provider_ref]}. Use that reference.",
        )
        for number, row in report.good.items()
        if row.provider_ref in now
    )


async def take_evidence(session: AsyncSession, data: bytes) -> Changes:
    """Raises `UnreadableSheet` with every fault; the evidence is ours, so there should be none."""
    report = read_evidence(data, taxonomy=load_taxonomy())
    report.raise_faults()
    return await import_evidence(session, report.rows)
