"""Finds help near a person, for a public page that anybody may ask a thousand times.

It reads places from listings alone, where a volunteer and a confidential service stand at the
middle of their outward area, for the filter and the order as for the words: whoever asks from many
places must learn no more than that area.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    Text,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import LateralFromClause

from directory.distances import METRES_PER_MILE
from directory.found import Found, FoundRow, show
from directory.freshness import LOWER_AFTER_MONTHS, months_ago
from directory.listing import Listing
from directory.models import Intake, Provider, Service
from directory.visibility import is_offered
from directory.wishes import Shape, Wish, answers, score, squared_distance

# No one reads further; where a city holds more that suit, these are the best and nearest of them.
MOST_RANKED = 300
PAGE_SIZE = 20
# Within a band a better or fresher entry may stand before a nearer one.
BAND_ENDS_MILES = (1, 3, 10)
# Nobody gains by ten places left over five.
ENOUGH_PLACES = 5

Host = aliased(Provider)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    results: Sequence[Found]
    total: int
    by_spelling: bool = False


async def find_help(
    session: AsyncSession, wish: Wish, *, page: int = 1, size: int = PAGE_SIZE
) -> FoundPage:
    found = await _find(session, wish, page=page, size=size)
    if not found.total and wish.question.text and page == 1:
        alike = await _find(session, replace(wish, by_spelling=True), page=page, size=size)
        return replace(alike, by_spelling=bool(alike.total))
    return found


async def count_help(session: AsyncSession, wish: Wish) -> int:
    return await session.scalar(_counting(wish.shape), wish.values) or 0


async def _find(session: AsyncSession, wish: Wish, *, page: int, size: int) -> FoundPage:
    values = wish.values | {"first": (page - 1) * size + 1, "last": page * size}
    rows = (await session.execute(_finding(wish.shape), values)).mappings().all()
    results = show([FoundRow.of(row) for row in rows], near=wish.near)
    return FoundPage(results=list(results), total=rows[0]["total"] if rows else 0)


@cache
def _finding(shape: Shape) -> Select[*tuple[Any, ...]]:
    placed = _placed(shape)
    counted = select(placed, func.max(placed.c.position).over().label("total")).subquery()
    first, last = (bindparam(name, type_=BigInteger) for name in ("first", "last"))
    return (
        select(counted)
        .where(counted.c.position.between(first, last))
        .order_by(counted.c.position, counted.c.rank)
    )


@cache
def _counting(shape: Shape) -> Select[int]:
    return select(func.coalesce(func.max(_placed(shape).c.position), 0))


def _placed(shape: Shape) -> Subquery:
    """Number what is found, the volunteers of one host together where their best stands."""
    ranked = _ranked(shape)
    group = case(
        (
            ranked.c.is_volunteer,
            func.concat(
                ranked.c.host_id,
                func.coalesce(ranked.c.service_name, func.array_to_string(ranked.c.needs, ",")),
            ),
        ),
        else_=cast(ranked.c.service_id, Text),
    )
    first = func.min(ranked.c.rank).over(partition_by=group)
    grouped = select(ranked, first.label("first")).subquery()
    position = func.dense_rank().over(order_by=grouped.c.first)
    return select(grouped, position.label("position")).subquery()


def _ranked(shape: Shape) -> Subquery:
    near, places = _near_enough(shape), open_places()
    band = case(
        *(
            (near.c.away <= (miles * METRES_PER_MILE) ** 2, number)
            for number, miles in enumerate(BAND_ENDS_MILES)
        ),
        else_=len(BAND_ENDS_MILES),
    )
    order = (
        near.c.score.desc(),
        near.c.away.is_(None),
        band,
        Provider.confirmed_at < months_ago(LOWER_AFTER_MONTHS),
        func.coalesce(func.least(places.c.places_left, ENOUGH_PLACES), ENOUGH_PLACES).desc(),
        near.c.away,
        near.c.service_name,
        near.c.service_id,
    )
    query = (
        select(
            near,
            Provider.kind,
            Provider.name.label("provider_name"),
            Host.name.label("host_name"),
            *public_contacts(),
            *places.c,
            Provider.confirmed_at,
            func.row_number().over(order_by=order).label("rank"),
        )
        .join(Service, Service.id == near.c.service_id)
        .join(Service.provider)
        .outerjoin(Host, Provider.hosted_by_id == Host.id)
        .join(places, places.c.is_open)
        .where(is_offered())
    )
    if shape.free:
        query = query.where(places.c.lowest_price_pence == 0)
    return query.subquery("ranked")


def _near_enough(shape: Shape) -> Subquery:
    points, away = score(shape).label("score"), squared_distance().label("away")
    return (
        select(
            Listing.service_id,
            Listing.host_id,
            Listing.is_volunteer,
            Listing.is_approximate,
            Listing.name.label("service_name"),
            Listing.needs,
            Listing.days,
            Listing.outward,
            Listing.easting,
            Listing.northing,
            points,
            away,
        )
        .where(*answers(shape))
        .order_by(points.desc(), away.nulls_last())
        .limit(MOST_RANKED)
        .subquery("near")
    )


def public_contacts() -> tuple[ColumnElement[str | None], ...]:
    """Ask for a volunteer through the host, never at home."""
    is_volunteer = Provider.kind == "volunteer"
    return (
        case(
            (is_volunteer, Host.contact_phone),
            else_=func.coalesce(Service.phone, Provider.contact_phone),
        ).label("phone"),
        case(
            (is_volunteer, Host.contact_email),
            else_=func.coalesce(Service.email, Provider.contact_email),
        ).label("email"),
    )


def open_places() -> LateralFromClause:
    promised = Intake.held + Intake.used
    ends_on = Intake.starts_on + cast(Intake.weeks * 7, Integer)
    is_unlimited = func.bool_or(Intake.places.is_(None))
    query: Select[tuple[object, ...]] = select(
        func.coalesce(func.count() > 0, False).label("is_open"),
        case((is_unlimited, None), else_=cast(func.sum(Intake.places - promised), Integer)).label(
            "places_left"
        ),
        func.min(Intake.family_pays_pence).label("lowest_price_pence"),
        func.max(Intake.family_pays_pence).label("highest_price_pence"),
        func.min(Intake.starts_on).label("starts_on"),
    ).where(
        Intake.service_id == Service.id,
        Intake.paused_at.is_(None),
        func.coalesce(Intake.paused_until <= func.current_date(), True),
        or_(Intake.places.is_(None), promised < Intake.places),
        func.coalesce(ends_on > func.current_date(), True),
    )
    return query.lateral("open_intake")
