"""Reads what is listed from the tables, whole pages at a time."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, RowMapping, Uuid, any_, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from directory.models import Intake, Postcode, Provider, Service
from directory.open_referral.identity import derive, derive_as_database
from directory.open_referral.listed import (
    ListedIntake,
    ListedOrganization,
    ListedPlace,
    ListedService,
)
from directory.open_referral.listings import MODIFIED_AT, group_id, volunteers
from directory.sources import ServiceLocation
from directory.spreadsheets.words import ANY_TIME
from directory.taxonomy import load_taxonomy

COUNTRIES = {"E": "England", "W": "Wales", "S": "Scotland", "N": "Northern Ireland"}


async def load_listed(
    session: AsyncSession, organizations: Mapping[UUID, UUID]
) -> list[ListedService]:
    """Load services by id, with whose they are, in that order; who may be seen was asked before."""
    found = await _load_own(session, list(organizations))
    missing = {id_: organizations[id_] for id_ in organizations if id_ not in found}
    if missing:
        found |= await _load_groups(session, missing)
    return [found[id_] for id_ in organizations if id_ in found]


async def _load_own(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, ListedService]:
    asked = literal(list(ids), ARRAY(Uuid))
    rows = await session.execute(
        select(Service, MODIFIED_AT, func.left(Postcode.district, 1))
        .join(Service.provider)
        .outerjoin(Postcode, Postcode.code == Service.postcode)
        .where(Service.id == any_(asked), Provider.kind != "volunteer")
        .options(contains_eager(Service.provider))
        .execution_options(populate_existing=True)
    )
    services = list(rows)
    intakes = await _load_intakes(session, ids)
    places = await _load_places(session, ids)
    return {
        service.id: _own(
            service,
            modified_at=modified_at,
            country=COUNTRIES.get(district or ""),
            intakes=intakes.get(service.id, []),
            places=places.get(service.id, []),
        )
        for service, modified_at, district in services
    }


def _own(service: Service, *, places: Sequence[ListedPlace], **told: Any) -> ListedService:
    places = places or [ListedPlace(id=service.id)]
    if service.is_confidential:
        area = service.postcode.split()[0] if service.postcode else "local"
        places = [ListedPlace(id=places[0].id, area=area)]
    return ListedService(
        id=service.id,
        organization=organization_of(service.provider),
        name=service.name,
        description=service.description,
        url=service.website,
        email=service.email,
        phone=service.phone,
        needs=service.needs,
        days=service.days,
        min_age=service.min_age,
        max_age=service.max_age,
        languages=service.languages,
        access=service.access,
        venue=service.venue,
        postcode=service.postcode,
        latitude=service.latitude,
        longitude=service.longitude,
        places=places,
        open_referral=service.open_referral,
        **told,
    )


def organization_of(provider: Provider) -> ListedOrganization:
    return ListedOrganization(
        id=provider.id,
        name=provider.name,
        description=provider.description,
        website=provider.website,
        email=provider.contact_email,
        phone=provider.contact_phone,
        charity_number=provider.charity_number,
        modified_at=provider.modified_at,
        open_referral=provider.open_referral,
    )


async def _load_intakes(
    session: AsyncSession, ids: Iterable[UUID]
) -> dict[UUID, list[ListedIntake]]:
    found: dict[UUID, list[ListedIntake]] = {}
    query = (
        select(
            Intake,
            (
                Intake.paused_at.is_not(None)
                | func.coalesce(Intake.paused_until > func.current_date(), False)
            ).label("is_paused"),
        )
        .where(Intake.service_id == any_(literal(list(ids), ARRAY(Uuid))))
        .order_by(Intake.starts_on.nulls_first(), Intake.id)
        .execution_options(populate_existing=True)
    )
    for intake, is_paused in await session.execute(query):
        left = intake.places_left
        found.setdefault(intake.service_id, []).append(
            ListedIntake(
                id=intake.id,
                starts_on=intake.starts_on,
                places=intake.places,
                left=0 if is_paused and left is not None else left,
                pays_pence=intake.family_pays_pence,
                modified_at=intake.modified_at,
            )
        )
    return found


async def _load_places(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, list[ListedPlace]]:
    found: dict[UUID, list[ListedPlace]] = {}
    query = (
        select(ServiceLocation.id, ServiceLocation.service_id, ServiceLocation.described)
        .where(ServiceLocation.service_id == any_(literal(list(ids), ARRAY(Uuid))))
        .order_by(ServiceLocation.service_id, ServiceLocation.position)
    )
    for id_, service_id, described in await session.execute(query):
        found.setdefault(service_id, []).append(ListedPlace(id=id_, described=described))
    return found


async def _load_groups(
    session: AsyncSession, organizations: Mapping[UUID, UUID]
) -> dict[UUID, ListedService]:
    """Put the volunteers of one host who help with the same together."""
    of_hosts = Provider.hosted_by_id == any_(literal(list(organizations.values()), ARRAY(Uuid)))
    volunteer = volunteers().where(of_hosts).subquery("volunteer")
    asked = literal(list(organizations), ARRAY(Uuid))
    id_ = group_id(volunteer).label("id")
    rows = (
        await session.execute(
            select(id_, *volunteer.c).where(id_ == any_(asked)).order_by(volunteer.c.service_id)
        )
    ).mappings()
    groups: dict[UUID, list[RowMapping]] = {}
    for row in rows:
        groups.setdefault(row["id"], []).append(row)
    hosts = await _load_hosts(session, {group[0]["host_id"] for group in groups.values()})
    intakes = await _load_intakes(
        session, [row["service_id"] for group in groups.values() for row in group]
    )
    return {
        id_: _group(id_, group, host=hosts[group[0]["host_id"]], intakes=intakes)
        for id_, group in groups.items()
    }


async def _load_hosts(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, ListedOrganization]:
    query = select(Provider).where(Provider.id == any_(literal(list(ids), ARRAY(Uuid))))
    found = await session.scalars(query.execution_options(populate_existing=True))
    return {host.id: organization_of(host) for host in found}


def _group(
    id_: UUID,
    rows: Sequence[RowMapping],
    *,
    host: ListedOrganization,
    intakes: Mapping[UUID, list[ListedIntake]],
) -> ListedService:
    terms, needs = load_taxonomy(), rows[0]["needs"]
    days = {time for row in rows for time in row["days"]}
    youngest = [row["min_age"] for row in rows]
    oldest = [row["max_age"] for row in rows]
    together = [intake for row in rows for intake in intakes.get(row["service_id"], [])]
    areas = sorted({row["outward"] for row in rows if row["outward"]})
    return ListedService(
        id=id_,
        organization=host,
        name=", ".join(terms[code].label for code in needs if code in terms),
        description=" ".join(terms[code].plain for code in needs if code in terms),
        needs=needs,
        days=[time for time in ANY_TIME if time in days],
        min_age=None if None in youngest else min(youngest),
        max_age=None if None in oldest else max(oldest),
        languages=sorted({code for row in rows for code in row["languages"]}),
        modified_at=max(row["modified_at"] for row in rows),
        intakes=_together(id_, together),
        places=[ListedPlace(id=_area_id(host.id, needs, area), area=area) for area in areas],
        open_referral={},
    )


def _together(id_: UUID, intakes: Sequence[ListedIntake]) -> list[ListedIntake]:
    """One for all of them: no single volunteer's places can be told apart."""
    limited = [intake for intake in intakes if intake.left is not None]
    if not limited:
        return []
    return [
        ListedIntake(
            id=derive(id_, "places"),
            starts_on=None,
            places=sum(intake.places or 0 for intake in limited),
            left=sum(intake.left or 0 for intake in limited),
            pays_pence=min(intake.pays_pence for intake in limited),
            modified_at=max(intake.modified_at for intake in limited),
        )
    ]


def _area_id(host_id: UUID, needs: Sequence[str], area: str) -> UUID:
    group = derive_as_database("volunteers", host_id, ",".join(needs))
    return derive_as_database(group, area)
