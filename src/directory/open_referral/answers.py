"""The answers of every endpoint, as they stand when they are asked for."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import locate_areas
from directory.models import Provider
from directory.open_referral import writer
from directory.open_referral.listed import ListedService
from directory.open_referral.listings import (
    Grid,
    listed_at_locations,
    listed_services,
)
from directory.open_referral.loading import load_listed, organization_of
from directory.open_referral.question import BadParameterError, Question
from directory.open_referral.vocabulary import describe_taxonomy, describe_terms
from directory.open_referral.writer_places import write_places
from directory.visibility import is_listed_organisation

Json = dict[str, Any]
S = TypeVar("S", bound=Select[*tuple[Any, ...]])

VERSION = "HSDS-UK-3.0"
PROFILE = "https://docs.openreferraluk.org/en/3.0/"


def api_details(openapi_url: str) -> Json:
    return {"version": VERSION, "profile": PROFILE, "openapi_url": openapi_url}


async def services_page(session: AsyncSession, question: Question) -> Json:
    listed = listed_services(question)
    rows = (await session.execute(_cut(listed, question))).all()
    write = writer.write_service if question.full else writer.write_service_row
    found = await load_listed(session, {id_: organization for id_, organization, _ in rows})
    total = rows[0][-1] if rows else await _count(session, listed, question)
    return page_of([write(one) for one in found], question, total=total)


async def one_service(session: AsyncSession, id_: UUID) -> Json | None:
    listed = listed_services(Question(), only=id_)
    rows = await session.execute(listed)
    found = await load_listed(session, {id_: organization for id_, organization, _ in rows})
    return writer.write_service(found[0]) if found else None


async def at_locations_page(session: AsyncSession, question: Question) -> Json:
    listed = listed_at_locations(question, await _near(session, question))
    rows = (await session.execute(_cut(listed, question))).all()
    write = writer.write_at_location if question.full else writer.write_at_location_row
    contents = await _write_places(session, rows, write)
    total = rows[0][-1] if rows else await _count(session, listed, question)
    return page_of(contents, question, total=total)


async def one_at_location(session: AsyncSession, id_: UUID) -> Json | None:
    listed = listed_at_locations(Question(), None, only=id_)
    rows = (await session.execute(listed)).all()
    found = await _write_places(session, rows, writer.write_at_location)
    return found[0] if found else None


async def organizations_page(session: AsyncSession, question: Question) -> Json:
    listed = (
        select(Provider, func.count().over()).where(is_listed_organisation()).order_by(Provider.id)
    )
    rows = (await session.execute(_cut(listed, question))).all()
    write = writer.write_organization if question.full else writer.write_organization_row
    contents = [write(organization_of(one)) for one, _ in rows]
    total = rows[0][-1] if rows else await _count(session, listed, question)
    return page_of(contents, question, total=total)


async def one_organization(session: AsyncSession, id_: UUID) -> Json | None:
    query = select(Provider).where(is_listed_organisation(), Provider.id == id_)
    found = await session.scalar(query)
    return writer.write_organization(organization_of(found)) if found else None


def taxonomies_page(question: Question) -> Json:
    return _page_of_list([describe_taxonomy()], question)


def one_taxonomy(id_: UUID) -> Json | None:
    taxonomy = describe_taxonomy()
    if taxonomy["id"] != str(id_):
        return None
    return taxonomy | {"taxonomy_terms": list(describe_terms().values())}


def terms_page(question: Question) -> Json:
    return _page_of_list(list(describe_terms().values()), question)


def one_term(id_: UUID) -> Json | None:
    return describe_terms().get(id_)


def page_of(contents: Sequence[Json], question: Question, *, total: int) -> Json:
    pages = ceil(total / question.per_page)
    return {
        "total_items": total,
        "total_pages": pages,
        "page_number": question.page,
        "size": len(contents),
        "first_page": question.page == 1,
        "last_page": question.page >= pages,
        "empty": not contents,
        "contents": list(contents),
    }


def _page_of_list(rows: Sequence[Json], question: Question) -> Json:
    contents = rows[question.offset : question.offset + question.per_page]
    return page_of(contents, question, total=len(rows))


def _cut(listed: S, question: Question) -> S:
    cut: S = listed.limit(question.per_page).offset(question.offset)
    return cut


async def _count(
    session: AsyncSession, listed: Select[*tuple[Any, ...]], question: Question
) -> int:
    """Ask only where no row told it: nothing was found, or nothing on a page past the last."""
    if question.page == 1:
        return 0
    rows = listed.order_by(None).subquery()
    return await session.scalar(select(func.count()).select_from(rows)) or 0


async def _near(session: AsyncSession, question: Question) -> Grid | None:
    if question.postcode is None:
        return None
    found = await locate_areas(session, [question.postcode])
    if question.postcode not in found:
        raise BadParameterError("postcode", "we do not know this postcode. Check it.")
    place = found[question.postcode]
    return place.easting, place.northing


async def _write_places(
    session: AsyncSession,
    rows: Sequence[Row[Any, Any, Any, Any]],
    write: Callable[[ListedService, Json], Json],
) -> list[Json]:
    organizations = {service: organization for _, service, organization, _ in rows}
    listed = {one.id: one for one in await load_listed(session, organizations)}
    places = {
        (service, place["id"]): place
        for service, one in listed.items()
        for place in write_places(one)
    }
    keys = [(service, str(id_)) for id_, service, _, _ in rows]
    return [write(listed[key[0]], places[key]) for key in keys if key in places]
