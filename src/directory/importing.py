"""Stores what providers and evidence files say: whole, in few statements, never committed here."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, any_, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import Place, locate_areas
from directory.models import Evidence, Intake, Provider, Service
from directory.spreadsheets.evidence import EvidenceRow
from directory.spreadsheets.report import Fault, Report
from directory.spreadsheets.services import ServiceRow
from directory.taxonomy import is_place_secret
from directory.upserts import Changes, Values, upsert

# Any constant will do. Two files at once must not both think that a provider is new.
IMPORT_LOCK = 7_093_002

PROVIDER_DETAILS = (
    "charity_number",
    "contact_email",
    "contact_phone",
    "check_kind",
    "check_seen_on",
    "check_seen_by",
    "recheck_by",
)
SERVICE_DETAILS = (
    "needs",
    "takes_level",
    "effect",
    "postcode",
    "min_age",
    "max_age",
    "languages",
    "days",
    "access",
    "standing_yes",
)
INTAKE_DETAILS = (
    "starts_on",
    "weeks",
    "places",
    "price_pence",
    "family_pays_pence",
    "at_least",
    "opening_cost_pence",
)

ServiceKey = tuple[str, str]


class UnknownHostError(ValueError):
    def __init__(self, ref: str) -> None:
        super().__init__(
            f"No provider with the reference “{ref}” can be a host. "
            "Give the charity or group that answers for the volunteer."
        )


class UnknownPostcodeError(ValueError):
    def __init__(self, code: str) -> None:
        super().__init__(f"We do not know the postcode “{code}”. Check it, then bring the file.")


@dataclass(frozen=True, slots=True)
class ImportCounts:
    providers: Changes
    services: Changes
    intakes: Changes


async def check_places(session: AsyncSession, report: Report[ServiceRow]) -> Report[ServiceRow]:
    known = await locate_areas(session, {row.postcode for row in report.rows if row.postcode})
    advice = (
        "we do not know this postcode. Correct it; a very new one may be missing: use one near."
    )
    return report.with_faults(
        Fault(number, "postcode", row.postcode, advice)
        for number, row in report.good.items()
        if row.postcode and row.postcode not in known
    )


async def import_services(
    session: AsyncSession,
    report_rows: Sequence[ServiceRow],
    *,
    reach_km: Mapping[str, float],
    places: Mapping[str, Place],
) -> ImportCounts:
    await session.execute(select(func.pg_advisory_xact_lock(IMPORT_LOCK)))
    provider_ids = await _identify_providers(session, report_rows)
    service_ids = await _identify_services(session, report_rows)
    return ImportCounts(
        providers=await upsert(
            session,
            Provider,
            [_provider(rows, provider_ids) for rows in _grouped_by_provider(report_rows)],
            key=("ref",),
            only_when_new=("id", "approved_at"),
            worked_out=lambda _excluded: {"confirmed_at": func.now()},
        ),
        services=await upsert(
            session,
            Service,
            [
                _service(row, provider_ids, service_ids, reach_km=reach_km, places=places)
                for row in _first_rows(report_rows)
            ],
            key=("provider_id", "ref"),
            only_when_new=("id", "is_confidential"),
        ),
        intakes=await upsert(
            session,
            Intake,
            [_intake(row, service_ids) for row in report_rows],
            key=("service_id", "starts_on"),
            # What the exchange has promised stays its own.
            only_when_new=("id", "held", "used", "places"),
            worked_out=lambda excluded: {"places": _new_places(excluded)},
        ),
    )


async def import_evidence(session: AsyncSession, rows: Sequence[EvidenceRow]) -> Changes:
    values = [asdict(row) for row in rows]
    return await upsert(session, Evidence, values, key=("need", "kind", "level"))


async def _identify_providers(
    session: AsyncSession, rows: Sequence[ServiceRow]
) -> dict[str, uuid.UUID]:
    """Give every provider of the file its id, the standing one or a new one, and find the hosts."""
    in_file = {row.provider_ref for row in rows}
    hosts = {row.hosted_by for row in rows if row.hosted_by}
    mentioned = literal(list(in_file | hosts), ARRAY(Text))
    query = select(Provider.ref, Provider.id, Provider.kind).where(Provider.ref == any_(mentioned))
    standing = {ref: (id_, kind) for ref, id_, kind in await session.execute(query)}
    kinds = {ref: kind for ref, (_, kind) in standing.items()}
    kinds |= {row.provider_ref: row.kind for row in rows}
    for host in sorted(hosts):
        if kinds.get(host, "volunteer") == "volunteer":
            raise UnknownHostError(host)
    ids = {ref: id_ for ref, (id_, _) in standing.items()}
    return {ref: ids.get(ref) or uuid.uuid4() for ref in sorted(in_file | hosts)}


async def _identify_services(
    session: AsyncSession, rows: Sequence[ServiceRow]
) -> dict[ServiceKey, uuid.UUID]:
    in_file = literal([row.provider_ref for row in rows], ARRAY(Text))
    query = (
        select(Provider.ref, Service.ref, Service.id)
        .join(Service.provider)
        .where(Provider.ref == any_(in_file))
    )
    standing = {(provider, ref): id_ for provider, ref, id_ in await session.execute(query)}
    keys = dict.fromkeys(map(_service_key, rows))
    return {key: standing.get(key) or uuid.uuid4() for key in keys}


def _service_key(row: ServiceRow) -> ServiceKey:
    return row.provider_ref, row.service_ref


def _grouped_by_provider(rows: Iterable[ServiceRow]) -> Iterable[list[ServiceRow]]:
    groups: dict[str, list[ServiceRow]] = {}
    for row in rows:
        groups.setdefault(row.provider_ref, []).append(row)
    return groups.values()


def _first_rows(rows: Iterable[ServiceRow]) -> Iterable[ServiceRow]:
    first: dict[ServiceKey, ServiceRow] = {}
    for row in rows:
        first.setdefault(_service_key(row), row)
    return first.values()


def _provider(rows: Sequence[ServiceRow], ids: Mapping[str, uuid.UUID]) -> Values:
    """Take each detail from its first row that has it: only one may give the telephone."""
    first = rows[0]
    return {
        "id": ids[first.provider_ref],
        "ref": first.provider_ref,
        "name": first.provider_name,
        "kind": first.kind,
        "hosted_by_id": ids[first.hosted_by] if first.hosted_by else None,
        # Only a commissioner brings such a file, so whoever stands in it is let in.
        "approved_at": datetime.now(UTC),
        **{name: _first_given(rows, name) for name in PROVIDER_DETAILS},
    }


def _first_given(rows: Iterable[ServiceRow], name: str) -> Any:
    return next((value for row in rows if (value := getattr(row, name)) is not None), None)


def _service(
    row: ServiceRow,
    provider_ids: Mapping[str, uuid.UUID],
    service_ids: Mapping[ServiceKey, uuid.UUID],
    *,
    reach_km: Mapping[str, float],
    places: Mapping[str, Place],
) -> Values:
    place = _place(row, places)
    reach_metres = row.reach_metres
    if reach_metres is None and row.kind in reach_km:
        reach_metres = round(reach_km[row.kind] * 1000)
    return {
        "id": service_ids[_service_key(row)],
        "provider_id": provider_ids[row.provider_ref],
        "ref": row.service_ref,
        "name": row.service_name,
        **{name: getattr(row, name) for name in SERVICE_DETAILS},
        "reach_metres": reach_metres,
        "is_confidential": is_place_secret(row.needs),
        "easting": place and place.easting,
        "northing": place and place.northing,
        "latitude": place and place.latitude,
        "longitude": place and place.longitude,
    }


def _place(row: ServiceRow, places: Mapping[str, Place]) -> Place | None:
    if row.postcode is None:
        return None
    if row.postcode not in places:
        raise UnknownPostcodeError(row.postcode)
    return places[row.postcode]


def _intake(row: ServiceRow, service_ids: Mapping[ServiceKey, uuid.UUID]) -> Values:
    return {
        "id": uuid.uuid4(),
        "service_id": service_ids[_service_key(row)],
        "imported_places": row.places,
        "held": 0,
        "used": 0,
        **{name: getattr(row, name) for name in INTAKE_DETAILS},
    }


def _new_places(excluded: Any) -> ColumnElement[Any]:
    """Let a provider's own correction stand until the file says something new."""
    promised = Intake.held + Intake.used
    return case(
        (Intake.imported_places.is_not_distinct_from(excluded.imported_places), Intake.places),
        (excluded.imported_places.is_(None), None),
        else_=func.greatest(excluded.imported_places, promised),
    )
