"""What a provider offers: its services, and the intakes that fill up."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from directory.geocoding import locate_areas
from directory.models import Intake, Provider, Service
from marketplace.access import Actor
from marketplace.defaults import defaults
from marketplace.errors import BadFormError, NotFoundError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.providers.permissions import lock_own_provider
from marketplace.services.providers.places import check_promised, confirm_listing, lock_own_intake


@dataclass(frozen=True, kw_only=True)
class ServiceValues:
    name: str
    description: str | None
    needs: list[str]
    takes_level: int
    min_age: int | None
    max_age: int | None
    days: list[str]
    languages: list[str]
    access: list[str]
    postcode: str | None
    venue: str | None
    is_confidential: bool
    reach_metres: int | None
    phone: str | None
    email: str | None
    website: str | None
    standing_yes: bool


@dataclass(frozen=True, kw_only=True)
class IntakeValues:
    """`places` None is unlimited, which only digital help is."""

    starts_on: dt.date | None
    weeks: int | None
    places: int | None
    price_pence: int
    family_pays_pence: int
    at_least: int | None
    opening_cost_pence: int


async def list_services(session: AsyncSession, provider_id: uuid.UUID) -> Sequence[Service]:
    found = await session.scalars(
        select(Service)
        .where(Service.provider_id == provider_id)
        .order_by(Service.stopped_at.is_not(None), Service.name, Service.id)
    )
    return found.all()


async def get_service(session: AsyncSession, service_id: uuid.UUID, *, actor: Actor) -> Service:
    service = await session.scalar(
        select(Service)
        .where(Service.id == service_id, Service.provider_id == actor.provider_id)
        .options(joinedload(Service.provider))
    )
    if service is None:
        raise NotFoundError
    return service


async def intakes_of(session: AsyncSession, service_ids: Sequence[uuid.UUID]) -> Sequence[Intake]:
    found = await session.scalars(
        select(Intake)
        .where(Intake.service_id.in_(service_ids))
        .order_by(Intake.starts_on.nulls_first(), Intake.id)
    )
    return found.all()


async def get_intake(session: AsyncSession, intake_id: uuid.UUID, *, actor: Actor) -> Intake:
    intake = await session.scalar(
        select(Intake)
        .join(Intake.service)
        .where(Intake.id == intake_id, Service.provider_id == actor.provider_id)
        .options(joinedload(Intake.service).joinedload(Service.provider))
    )
    if intake is None:
        raise NotFoundError
    return intake


async def add_service(session: AsyncSession, values: ServiceValues, *, actor: Actor) -> Service:
    provider = await lock_own_provider(session, actor=actor)
    service_id = uuid.uuid4()
    service = Service(id=service_id, provider_id=provider.id, ref=f"own-{service_id.hex[:12]}")
    await _take_values(session, service, values, provider=provider)
    session.add(service)
    await session.flush()
    await note_deed(session, ("service", service_id), "service_added", actor=actor)
    await confirm_listing(session, actor=actor)
    return service


async def change_service(
    session: AsyncSession, service_id: uuid.UUID, values: ServiceValues, *, actor: Actor
) -> None:
    provider = await lock_own_provider(session, actor=actor)
    service = await get_service(session, service_id, actor=actor)
    changed = await _take_values(session, service, values, provider=provider)
    await session.flush()
    await _note(session, service, "service_changed", actor=actor, detail={"fields": changed})


async def set_standing_yes(
    session: AsyncSession, service_id: uuid.UUID, *, is_on: bool, actor: Actor
) -> None:
    """From now on; who waits already still waits for a person's answer."""
    await lock_own_provider(session, actor=actor)
    service = await get_service(session, service_id, actor=actor)
    if service.standing_yes == is_on:
        return
    service.standing_yes = is_on
    await session.flush()
    await _note(
        session, service, "service_changed", actor=actor, detail={"fields": ["standing_yes"]}
    )


async def stop_service(session: AsyncSession, service_id: uuid.UUID, *, actor: Actor) -> None:
    """Unlisted and unplanned at once. Families who wait here are answered first; help goes on."""
    await lock_own_provider(session, actor=actor)
    service = await get_service(session, service_id, actor=actor)
    held = await session.scalars(
        select(Intake.held)
        .where(Intake.service_id == service_id)
        .order_by(Intake.id)
        .with_for_update()
    )
    if waiting := sum(held):
        raise BadFormError(
            {"stop": f"{waiting} places are promised to families here. Answer or start them first"}
        )
    service.stopped_at = func.now()
    await session.flush()
    await session.execute(
        update(Intake)
        .where(Intake.service_id == service_id, Intake.paused_at.is_(None))
        .values(paused_at=func.now(), paused_until=None),
        execution_options={"synchronize_session": False},
    )
    await _note(session, service, "service_stopped", actor=actor)


async def restart_service(session: AsyncSession, service_id: uuid.UUID, *, actor: Actor) -> None:
    """Its intakes stay paused, until somebody says how many places there are now."""
    await lock_own_provider(session, actor=actor)
    service = await get_service(session, service_id, actor=actor)
    service.stopped_at = None
    await session.flush()
    await _note(session, service, "service_restarted", actor=actor)


async def add_intake(
    session: AsyncSession, service_id: uuid.UUID, values: IntakeValues, *, actor: Actor
) -> Intake:
    await lock_own_provider(session, actor=actor)
    service = await get_service(session, service_id, actor=actor)
    intake = Intake(id=uuid.uuid4(), service_id=service.id, held=0, used=0, **asdict(values))
    await _refuse_second_start(session, intake)
    session.add(intake)
    await session.flush()
    await note_deed(session, ("intake", intake.id), "intake_added", actor=actor)
    await confirm_listing(session, actor=actor)
    return intake


async def change_intake(
    session: AsyncSession, intake_id: uuid.UUID, values: IntakeValues, *, actor: Actor
) -> None:
    """Families who have a place keep what they were told; the new price is for those to come."""
    intake = await lock_own_intake(session, intake_id, actor=actor)
    if values.places is not None:
        check_promised(intake, values.places)
    new = asdict(values)
    changed = [name for name, value in new.items() if getattr(intake, name) != value]
    for name in changed:
        setattr(intake, name, new[name])
    await _refuse_second_start(session, intake)
    await session.flush()
    detail = {"fields": changed}
    await note_deed(session, ("intake", intake_id), "intake_changed", actor=actor, detail=detail)
    await confirm_listing(session, actor=actor)


async def _refuse_second_start(session: AsyncSession, intake: Intake) -> None:
    """Two starts of a service on one day would be one that is counted twice."""
    standing = await session.scalar(
        select(Intake.id).where(
            Intake.service_id == intake.service_id,
            Intake.starts_on.is_not_distinct_from(intake.starts_on),
            Intake.id != intake.id,
        )
    )
    if standing is not None:
        raise BadFormError(
            {"starts_on": "There is an intake with this start already. Change that one"}
        )


async def _take_values(
    session: AsyncSession, service: Service, values: ServiceValues, *, provider: Provider
) -> list[str]:
    """Set what differs; the names of what did."""
    new: dict[str, Any] = asdict(values) | await _locate(session, values.postcode)
    reach_km = defaults()["reach_km"]
    if values.reach_metres is None and values.postcode and provider.kind in reach_km:
        new["reach_metres"] = round(reach_km[provider.kind] * 1000)
    changed = [name for name, value in new.items() if getattr(service, name, None) != value]
    for name in changed:
        setattr(service, name, new[name])
    return changed


async def _locate(session: AsyncSession, postcode: str | None) -> dict[str, Any]:
    if postcode is None:
        return dict.fromkeys(("easting", "northing", "latitude", "longitude"))
    place = (await locate_areas(session, [postcode])).get(postcode)
    if place is None:
        raise BadFormError({"postcode": "We do not know this postcode. Check it, or use one near"})
    return {
        "easting": place.easting,
        "northing": place.northing,
        "latitude": place.latitude,
        "longitude": place.longitude,
    }


async def _note(
    session: AsyncSession,
    service: Service,
    deed: str,
    *,
    actor: Actor,
    detail: Mapping[str, object] | None = None,
) -> None:
    await note_deed(session, ("service", service.id), deed, actor=actor, detail=detail)
    await confirm_listing(session, actor=actor)
