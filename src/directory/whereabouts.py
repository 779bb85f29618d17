"""Finds the place that a person means who types it in a search: any part of a postcode, or a town.

Only for what is typed on a public page. Where a family lives goes through `geocoding` alone, which
never asks anybody else.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import Place, UnknownPlaceError, locate_area, place_on_map
from directory.listing import Town
from directory.models import Postcode
from directory.spreadsheets.places import OUTWARD, area

# With a gap, “IP1 2” is a part of IP1; without one, “IP12” is an area of its own.
PART_OF_OUTWARD = re.compile(rf"({OUTWARD})(?: ([0-9][A-Z]?)|([0-9][A-Z]))")
# Of 1 for the same name: so alike that it is taken, and so alike that it is asked.
TAKEN, ASKED = 0.5, 0.3
MOST_ASKED = 4
NEAR_METRES = 3000


@dataclass(frozen=True, slots=True)
class Whereabouts:
    place: Place
    name: str
    # Set where a town was typed with a mistake, so that the page can say what it was taken for.
    taken_for: bool = False
    # A postcode that the Royal Mail gave up still tells where somebody is.
    ended_on: dt.date | None = None


class DidYouMeanError(UnknownPlaceError):
    def __init__(self, text: str, names: Sequence[str]) -> None:
        super().__init__(text)
        self.names = names


async def find_whereabouts(session: AsyncSession, text: str) -> Whereabouts:
    tidy = " ".join(text.upper().split())
    if found := PART_OF_OUTWARD.fullmatch(tidy):
        part = await _locate_part(session, found[1], found[2] or found[3])
        if part is None:
            raise UnknownPlaceError(tidy)
        return Whereabouts(part, tidy)
    try:
        place = await locate_area(session, tidy)
    except UnknownPlaceError:
        return await _find_town(session, " ".join(text.split()))
    if place is None:
        raise UnknownPlaceError(tidy)
    code = area(tidy).code
    ended_on = await session.scalar(select(Postcode.ended_on).where(Postcode.code == code))
    return Whereabouts(place, code, ended_on=ended_on)


async def name_in_words(session: AsyncSession, text: str) -> Whereabouts | None:
    """Find a town, or a postcode, that somebody typed among other words."""
    words = re.findall(r"[^\W_]+", text)[:20]
    parts = [" ".join(words[at : at + many]) for many in (3, 2, 1) for at in range(len(words))]
    query = select(Town).where(func.lower(Town.name).in_([part.lower() for part in parts]))
    towns = (await session.scalars(query.order_by(func.length(Town.name).desc()))).all()
    if towns:
        return await _at(session, towns[0])
    for part in parts:
        if any(letter.isdigit() for letter in part):
            try:
                return await find_whereabouts(session, part)
            except UnknownPlaceError:
                continue
    return None


async def _locate_part(session: AsyncSession, outward: str, inward: str) -> Place | None:
    code = f"{outward} {inward}"
    query = select(func.avg(Postcode.easting), func.avg(Postcode.northing)).where(
        Postcode.outward == outward, Postcode.code.startswith(code)
    )
    easting, northing = (await session.execute(query)).one()
    if easting is None:
        return None
    return place_on_map([(code, outward, float(easting), float(northing))])[code]


async def _find_town(session: AsyncSession, text: str) -> Whereabouts:
    likeness = func.similarity(func.lower(Town.name), text.lower())
    query = (
        select(Town, likeness)
        .where(likeness >= ASKED)
        .order_by(likeness.desc(), Town.name)
        .limit(MOST_ASKED)
    )
    alike = (await session.execute(query)).all()
    if not alike:
        raise UnknownPlaceError(text)
    best, likest = alike[0]
    is_alone = len(alike) == 1 or alike[1][1] < likest
    if likest < TAKEN or not is_alone:
        raise DidYouMeanError(text, [town.name for town, _ in alike])
    return replace(await _at(session, best), taken_for=likest < 1)


async def _at(session: AsyncSession, town: Town) -> Whereabouts:
    return await stand_at(session, town.name, easting=town.easting, northing=town.northing)


async def stand_at(session: AsyncSession, name: str, *, easting: int, northing: int) -> Whereabouts:
    """Give a point its outward code: that of the nearest postcode."""
    east, north = Postcode.easting - easting, Postcode.northing - northing
    nearest = (
        select(Postcode.outward)
        .where(func.abs(east) < NEAR_METRES, func.abs(north) < NEAR_METRES)
        .order_by(east * east + north * north)
        .limit(1)
    )
    outward = await session.scalar(nearest) or ""
    return Whereabouts(place_on_map([(name, outward, easting, northing)])[name], name)
