"""Writes what was decided of a batch, in few statements; never committed here."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, case, delete, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import Place, place_on_grid
from directory.models import Intake, Provider, Service
from directory.open_referral.identity import derive
from directory.open_referral.reader import ReadIntake, ReadPlace, ReadService
from directory.sources import ServiceLocation, SourcedRecord
from directory.upserts import Values, upsert

Located = Mapping[str, Place]

OF_NEW_PROVIDER = ("id", "ref", "kind", "approved_at", "modified_at")
OF_NEW_SERVICE = (
    "id",
    "provider_id",
    "ref",
    "takes_level",
    "standing_yes",
    "reach_metres",
    "modified_at",
)
OF_NEW_INTAKE = ("id", "held", "used", "places", "price_pence", "modified_at")


async def store(
    session: AsyncSession,
    *,
    providers: Sequence[Values],
    services: Sequence[tuple[ReadService, Values]],
    located: Located,
    records: Sequence[Values],
    priced_anew: Collection[UUID],
) -> None:
    rows = [row for _, row in services]
    await upsert(session, Provider, providers, key=("id",), only_when_new=OF_NEW_PROVIDER)
    await upsert(session, Service, rows, key=("id",), only_when_new=OF_NEW_SERVICE)
    await upsert(session, SourcedRecord, records, key=("record_id",))
    await _store_intakes(session, [told for told, _ in services], priced_anew=priced_anew)
    await _store_places(session, [told for told, _ in services], located=located)


async def _store_intakes(
    session: AsyncSession, services: Iterable[ReadService], *, priced_anew: Collection[UUID]
) -> None:
    """Leave a price that was corrected here, unless the source has a new one."""
    told = [(service.id, intake) for service in services for intake in service.intakes]
    taken = await _owners(session, Intake, [intake.id for _, intake in told])
    for is_new, kept in ((True, OF_NEW_INTAKE), (False, (*OF_NEW_INTAKE, "family_pays_pence"))):
        chosen = [(id_, one) for id_, one in told if (id_ in priced_anew) is is_new]
        await upsert(
            session,
            Intake,
            [_intake(id_, one, taken) for id_, one in chosen],
            key=("service_id", "starts_on"),
            only_when_new=kept,
            worked_out=lambda excluded: {"places": _new_places(excluded)},
        )


async def _store_places(
    session: AsyncSession, services: Sequence[ReadService], *, located: Located
) -> None:
    ids = [service.id for service in services]
    await session.execute(
        delete(ServiceLocation).where(ServiceLocation.service_id == any_(_array(ids)))
    )
    told = [place.id for service in services for place in service.places]
    taken = await _owners(session, ServiceLocation, told)
    rows = [
        {
            "id": _free(place.id, service.id, taken),
            "service_id": service.id,
            "position": position,
            "easting": (here := locate(place, located)) and here.easting,
            "northing": here and here.northing,
            "described": place.described,
        }
        for service in services
        for position, place in enumerate(service.places)
    ]
    await upsert(session, ServiceLocation, rows, key=("id",))


def locate(place: ReadPlace, located: Located) -> Place | None:
    """Trust the postcode before the degrees."""
    if place.postcode is not None and place.postcode in located:
        return located[place.postcode]
    return place_on_grid(*place.degrees) if place.degrees is not None else None


async def _owners(session: AsyncSession, model: Any, ids: Collection[UUID]) -> dict[UUID, UUID]:
    rows = await session.execute(
        select(model.id, model.service_id).where(model.id == any_(_array(ids)))
    )
    return {row[0]: row[1] for row in rows}


def _array(ids: Collection[UUID]) -> Any:
    return literal(list(ids), ARRAY(Uuid))


def _free(id_: UUID, service_id: UUID, taken: dict[UUID, UUID]) -> UUID:
    """Keep the source's id, unless another service has it."""
    if taken.setdefault(id_, service_id) == service_id:
        return id_
    return derive(service_id, str(id_))


def _intake(service_id: UUID, told: ReadIntake, taken: dict[UUID, UUID]) -> Values:
    return {
        "id": _free(told.id, service_id, taken),
        "service_id": service_id,
        "starts_on": told.starts_on,
        "places": told.places,
        "imported_places": told.places,
        "held": 0,
        "used": 0,
        "price_pence": 0,
        "family_pays_pence": told.pays_pence,
        "opening_cost_pence": 0,
        "modified_at": told.modified_at or dt.datetime.now(dt.UTC).isoformat(),
    }


def _new_places(excluded: Any) -> Any:
    """A source tells what is free there; what was promised from here comes on top of it."""
    promised = Intake.held + Intake.used
    return case(
        (Intake.imported_places.is_not_distinct_from(excluded.imported_places), Intake.places),
        (excluded.imported_places.is_(None), None),
        else_=excluded.imported_places + promised,
    )
