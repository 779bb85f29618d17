"""Finds help near a person, for a public page that anybody may ask a thousand times.

So a volunteer stands at the middle of their outward area, for the filter and the order as for the
words: whoever asks from many places must learn no more than that area.
"""

import re
from itertools import islice

from sqlalchemy import (
    CTE,
    ColumnElement,
    Float,
    Integer,
    Select,
    Subquery,
    and_,
    any_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from directory.found import Found, FoundRow, show
from directory.geocoding import Place, UnknownPlaceError, locate_area, place_on_map
from directory.models import Intake, Postcode, Provider, Service
from directory.spreadsheets.places import OUTWARD
from directory.visibility import checks_hold, is_listed

# With a gap, “IP1 2” is a part of IP1; without one, “IP12” is an area of its own.
PART_OF_OUTWARD = re.compile(rf"({OUTWARD})(?: ([0-9][A-Z]?)|([0-9][A-Z]))")

Host = aliased(Provider)


async def place_from_text(session: AsyncSession, text: str) -> Place:
    tidy = " ".join(text.upper().split())
    if found := PART_OF_OUTWARD.fullmatch(tidy):
        place = await _locate_part(session, found[1], found[2] or found[3])
    else:
        place = await locate_area(session, tidy)
    if place is None:
        raise UnknownPlaceError(tidy)
    return place


async def find_help(
    session: AsyncSession,
    *,
    near: Place,
    need: str | None,
    within_km: float = 15,
    limit: int = 50,
) -> list[Found]:
    query = _nearest_first(near, within_metres=round(within_km * 1000))
    if need:
        query = query.where(literal(need) == any_(Service.needs))
    rows = [FoundRow(**row) for row in (await session.execute(query)).mappings()]
    return list(islice(show(rows, near=near, need=need), limit))


async def _locate_part(session: AsyncSession, outward: str, inward: str) -> Place | None:
    code = f"{outward} {inward}"
    query = select(func.avg(Postcode.easting), func.avg(Postcode.northing)).where(
        Postcode.outward == outward, Postcode.code.startswith(code)
    )
    easting, northing = (await session.execute(query)).one()
    if easting is None:
        return None
    return place_on_map([(code, outward, float(easting), float(northing))])[code]


def _nearest_first(near: Place, *, within_metres: int) -> Select[tuple[object, ...]]:
    areas, intakes = _areas_of_volunteers(), _open_intakes()
    is_volunteer = Provider.kind == "volunteer"
    # Left empty for digital help, which is as near to everybody.
    easting, northing = (
        case((is_volunteer, middle), (Provider.kind != "digital", own))
        for middle, own in (
            (areas.c.easting, cast(Service.easting, Float)),
            (areas.c.northing, cast(Service.northing, Float)),
        )
    )
    east, north = easting - near.easting, northing - near.northing
    # A person may go further than most come to a place, but a volunteer goes no further.
    reach = case(
        (is_volunteer, Service.reach_metres),
        else_=func.greatest(Service.reach_metres, within_metres),
    )
    covers = or_(
        and_(easting.is_(None), ~is_volunteer),
        and_(is_volunteer, areas.c.outward == near.outward),
        and_(
            func.abs(east) <= reach,
            func.abs(north) <= reach,
            _squared(east, north) <= reach * reach,
        ),
    )
    return (
        select(
            Service.id.label("service_id"),
            Provider.kind,
            Provider.name,
            Host.id.label("host_id"),
            Host.name.label("host_name"),
            # A volunteer is asked for through the host, never at home.
            case((is_volunteer, Host.contact_phone), else_=Provider.contact_phone).label("phone"),
            case((is_volunteer, Host.contact_email), else_=Provider.contact_email).label("email"),
            Service.name.label("service_name"),
            Service.needs,
            Service.days,
            func.split_part(Service.postcode, " ", 1).label("outward"),
            easting.label("easting"),
            northing.label("northing"),
            intakes.c.places_left,
            intakes.c.lowest_price_pence,
            intakes.c.highest_price_pence,
            Provider.confirmed_at,
        )
        .join(Service.provider)
        .join(intakes, intakes.c.service_id == Service.id)
        .outerjoin(Host, Provider.hosted_by_id == Host.id)
        .outerjoin(areas, func.split_part(Service.postcode, " ", 1) == areas.c.outward)
        .where(covers, is_listed(), checks_hold())
        .order_by(_squared(east, north).nulls_last(), Service.name, Service.id)
    )


def _squared(east: ColumnElement[float], north: ColumnElement[float]) -> ColumnElement[float]:
    return east * east + north * north


def _areas_of_volunteers() -> CTE:
    homes = (
        select(func.split_part(Service.postcode, " ", 1))
        .join(Service.provider)
        .where(Provider.kind == "volunteer")
    )
    return (
        select(
            Postcode.outward,
            cast(func.avg(Postcode.easting), Float).label("easting"),
            cast(func.avg(Postcode.northing), Float).label("northing"),
        )
        .where(Postcode.outward.in_(homes))
        .group_by(Postcode.outward)
        .cte("area")
    )


def _open_intakes() -> Subquery:
    promised = Intake.held + Intake.used
    ends_on = Intake.starts_on + cast(Intake.weeks * 7, Integer)
    is_unlimited = func.bool_or(Intake.places.is_(None))
    return (
        select(
            Intake.service_id,
            case(
                (is_unlimited, None), else_=cast(func.sum(Intake.places - promised), Integer)
            ).label("places_left"),
            func.min(Intake.family_pays_pence).label("lowest_price_pence"),
            func.max(Intake.family_pays_pence).label("highest_price_pence"),
        )
        .where(
            Intake.paused_at.is_(None),
            func.coalesce(Intake.paused_until <= func.current_date(), True),
            or_(Intake.places.is_(None), promised < Intake.places),
            func.coalesce(ends_on > func.current_date(), True),
        )
        .group_by(Intake.service_id)
        .subquery("open_intake")
    )
