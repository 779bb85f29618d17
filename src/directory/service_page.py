"""All that the public may read about one service; of a volunteer, what the host would say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, and_, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.found import FoundRow, say_days, say_places, say_price
from directory.listing import Listing
from directory.models import Provider, Service
from directory.plain_words import ACCESS, join_words, say_ages, say_languages
from directory.search import Host, open_places, public_contacts
from directory.taxonomy import Term, load_taxonomy
from directory.visibility import is_offered


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePage:
    service_id: UUID
    name: str
    provider_name: str
    terms: tuple[Term, ...]
    description: str | None
    ages: str
    days: str
    starts_on: date | None
    where: str
    price: str | None
    languages: str
    access: str
    places: str
    phone: str | None
    email: str | None
    website: str | None
    confirmed_on: date

    @property
    def is_sensitive(self) -> bool:
        return any(term.sensitive for term in self.terms)


async def find_service(session: AsyncSession, service_id: UUID) -> ServicePage | None:
    first = (await session.execute(_rows(Service.id == service_id))).mappings().first()
    if first is None:
        return None
    if not first["is_volunteer"]:
        return _page([first])
    # One volunteer alone could be known by the days: all whom the host lists so are one.
    alike = and_(
        Listing.host_id == first["host_id"],
        Listing.name.is_not_distinct_from(first["service_name"]),
        or_(literal(first["service_name"] is not None), Listing.needs == first["needs"]),
    )
    rows = (await session.execute(_rows(alike))).mappings().all()
    shown = [row for row in rows if FoundRow.of(row).public_needs]
    return _page(shown) if shown else None


def _rows(wanted: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    places = open_places()
    return (
        select(
            Service.id.label("service_id"),
            Service.description,
            Service.venue,
            Service.postcode,
            Service.website,
            Service.is_confidential,
            Service.min_age,
            Service.max_age,
            Service.languages,
            Service.access,
            Listing.host_id,
            Listing.is_volunteer,
            Listing.is_approximate,
            Listing.name.label("service_name"),
            Listing.needs,
            Listing.days,
            Listing.outward,
            Listing.easting,
            Listing.northing,
            Provider.kind,
            Provider.name.label("provider_name"),
            Provider.website.label("provider_website"),
            Provider.confirmed_at,
            Host.name.label("host_name"),
            *public_contacts(),
            *places.c,
        )
        .join(Listing, Listing.service_id == Service.id)
        .join(Service.provider)
        .outerjoin(Host, Provider.hosted_by_id == Host.id)
        .join(places, literal(True))
        .where(wanted, is_offered())
        .order_by(Listing.outward, Service.id)
    )


def _page(rows: Sequence[RowMapping]) -> ServicePage:
    row, shown = rows[0], [FoundRow.of(row) for row in rows]
    first, open_rows = shown[0], [row for row in rows if row["is_open"]]
    codes = dict.fromkeys(code for one in shown for code in one.public_needs)
    is_volunteer = first.is_volunteer
    return ServicePage(
        service_id=first.service_id,
        name=first.public_name,
        provider_name=first.public_provider,
        terms=tuple(load_taxonomy()[code] for code in codes),
        # A volunteer's own words could say who it is.
        description=None if is_volunteer else row["description"],
        ages=say_ages(row["min_age"], row["max_age"]),
        days=say_days({time for one in shown for time in one.days}),
        starts_on=min((one["starts_on"] for one in open_rows if one["starts_on"]), default=None),
        where=_say_where(rows),
        price=_say_price(open_rows),
        languages=say_languages(dict.fromkeys(code for one in rows for code in one["languages"])),
        access=", ".join(ACCESS[code] for code in row["access"] if code in ACCESS),
        places=say_places([one["places_left"] for one in open_rows]) if open_rows else "Full now",
        phone=row["phone"],
        email=row["email"],
        website=None if is_volunteer else row["website"] or row["provider_website"],
        confirmed_on=min(one["confirmed_at"] for one in rows).date(),
    )


def _say_price(open_rows: Sequence[RowMapping]) -> str | None:
    if not open_rows:
        return None
    return say_price(
        min(row["lowest_price_pence"] for row in open_rows),
        max(row["highest_price_pence"] for row in open_rows),
    )


def _say_where(rows: Sequence[RowMapping]) -> str:
    row = rows[0]
    areas = join_words(sorted({row["outward"] for row in rows if row["outward"]}))
    if row["kind"] == "digital":
        return "Online or by phone"
    if not areas:
        return "Ask where it is"
    if row["is_volunteer"]:
        return f"Near you, in {areas}"
    if row["is_confidential"]:
        return f"In {areas}. The address is kept private to keep people safe."
    if "at-home" in row["access"]:
        return f"They come to your home, in and around {areas}"
    # A postcode without a venue may be somebody's home, or a place that is best not known.
    return (
        f"{row['venue']}, {row['postcode']}"
        if row["venue"]
        else f"In {areas}. Ask for the address."
    )
