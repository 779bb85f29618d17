"""Finds the place that a postcode or grid square means.

It speaks geopy's words (`Point`, `GeocoderQueryError`) but is no `Geocoder`: those may ask a web
service, and where a family lives must never be told to one. The answers are in our own table. For
what is typed on a public page there is `directory.geocoders`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import product

from geopy.exc import GeocoderQueryError
from geopy.point import Point
from pyproj import Transformer
from pyproj.enums import TransformDirection
from sqlalchemy import ARRAY, BigInteger, Text, any_, column, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Postcode
from directory.spreadsheets.cells import CellFault
from directory.spreadsheets.places import Area, area

SQUARE_METRES = 1000
EAST_END_METRES, NORTH_END_METRES = 700_000, 1_300_000
FIRST_ROW_OF_LETTERS = 19  # in squares of 100 km north of the grid's origin

Located = tuple[str, str, float, float]  # what was asked for, outward code, easting, northing
Square = tuple[int, int]  # easting and northing of its corner, in kilometres


class UnknownPlaceError(GeocoderQueryError):  # type: ignore[misc]  # geopy ships no types
    def __init__(self, text: str) -> None:
        super().__init__(
            f"We do not know where “{text}” is. Check it, or give the first half of a postcode, "
            "such as IP1."
        )


@dataclass(frozen=True, slots=True)
class Place:
    easting: int
    northing: int
    latitude: float
    longitude: float
    outward: str

    @property
    def point(self) -> Point:
        return Point(self.latitude, self.longitude)


async def locate_area(session: AsyncSession, text: str) -> Place | None:
    """Find one area; None is no fixed abode."""
    try:
        wanted = area(text)
    except CellFault as fault:
        raise UnknownPlaceError(text) from fault
    if wanted.kind == "no-fixed-abode":
        return None
    found = await locate_areas(session, [text])
    if text not in found:
        raise UnknownPlaceError(text)
    return found[text]


async def locate_areas(session: AsyncSession, areas: Collection[str]) -> dict[str, Place]:
    """Find many at once; what is not known, or is no fixed abode, is not among the answers."""
    wanted = {text: read for text in areas if (read := _read(text))}
    codes: dict[str, set[str]] = {}
    for read in wanted.values():
        codes.setdefault(read.kind, set()).add(read.code)
    found = [
        *await _find_postcodes(session, codes.get("postcode", set())),
        *await _find_outward_codes(session, codes.get("outward-code", set())),
        *await _find_squares(session, codes.get("grid-square", set())),
    ]
    places = place_on_map(found)
    return {text: places[read.code] for text, read in wanted.items() if read.code in places}


def place_on_map(found: Iterable[Located]) -> dict[str, Place]:
    listed = list(found)
    if not listed:
        return {}
    names, outwards, eastings, northings = zip(*listed, strict=True)
    longitudes, latitudes = _to_wgs84().transform(eastings, northings)
    return {
        name: Place(round(easting), round(northing), latitude, longitude, outward)
        for name, outward, easting, northing, latitude, longitude in zip(
            names, outwards, eastings, northings, latitudes, longitudes, strict=True
        )
    }


def place_from_point(point: Point) -> tuple[int, int]:
    """Give easting and northing in whole metres."""
    easting, northing = _to_wgs84().transform(
        point.longitude, point.latitude, direction=TransformDirection.INVERSE
    )
    return round(easting), round(northing)


def place_on_grid(latitude: float, longitude: float) -> Place | None:
    """Place degrees that lie on the British grid; the outward code is not known by them."""
    easting, northing = _to_wgs84().transform(
        longitude, latitude, direction=TransformDirection.INVERSE
    )
    if not (0 <= easting <= EAST_END_METRES and 0 <= northing <= NORTH_END_METRES):
        return None
    return Place(round(easting), round(northing), latitude, longitude, "")


@cache
def _to_wgs84() -> Transformer:
    return Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)


def _read(text: str) -> Area | None:
    try:
        return area(text)
    except CellFault:
        return None


async def _find_postcodes(session: AsyncSession, codes: Collection[str]) -> list[Located]:
    if not codes:
        return []
    one_of_codes = Postcode.code == any_(literal(list(codes), ARRAY(Text)))
    query = select(Postcode.code, Postcode.outward, Postcode.easting, Postcode.northing)
    rows = await session.execute(query.where(one_of_codes))
    return [(code, outward, east, north) for code, outward, east, north in rows]


async def _find_outward_codes(session: AsyncSession, codes: Collection[str]) -> list[Located]:
    if not codes:
        return []
    query = (
        select(Postcode.outward, func.avg(Postcode.easting), func.avg(Postcode.northing))
        .where(Postcode.outward == any_(literal(list(codes), ARRAY(Text))))
        .group_by(Postcode.outward)
    )
    return [
        (outward, outward, float(easting), float(northing))
        for outward, easting, northing in await session.execute(query)
    ]


async def _find_squares(session: AsyncSession, codes: Collection[str]) -> list[Located]:
    """Take the middle; its outward code is that of the nearest postcode in it or beside it."""
    corners = {read_grid_square(code): code for code in codes}
    if not corners:
        return []
    outwards = await _find_outward_of_squares(session, corners)
    middle = SQUARE_METRES / 2
    return [
        (
            corners[corner],
            outward,
            corner[0] * SQUARE_METRES + middle,
            corner[1] * SQUARE_METRES + middle,
        )
        for corner, outward in outwards.items()
    ]


async def _find_outward_of_squares(
    session: AsyncSession, corners: Collection[Square]
) -> dict[Square, str]:
    # Every square beside every other of its nine, so that one hash join answers for all.
    steps = list(product((-1, 0, 1), repeat=2))
    pairs = [(e, n, e + east, n + north) for e, n in corners for east, north in steps]
    arrays = [literal(list(numbers), ARRAY(BigInteger)) for numbers in zip(*pairs, strict=True)]
    names = ("square_east", "square_north", "near_east", "near_north")
    wanted = (
        func.unnest(*arrays)
        .table_valued(*[column(name, BigInteger) for name in names])
        .render_derived()
    )
    squares = (wanted.c.square_east, wanted.c.square_north)
    middles = [corner * SQUARE_METRES + SQUARE_METRES // 2 for corner in squares]
    east, north = Postcode.easting - middles[0], Postcode.northing - middles[1]
    query = (
        select(*squares, Postcode.outward)
        .join(
            wanted,
            (Postcode.easting.op("/")(SQUARE_METRES) == wanted.c.near_east)
            & (Postcode.northing.op("/")(SQUARE_METRES) == wanted.c.near_north),
        )
        .ext(distinct_on(*squares))
        .order_by(*squares, east * east + north * north, Postcode.code)
    )
    return {(east, north): outward for east, north, outward in await session.execute(query)}


def read_grid_square(code: str) -> Square:
    """Count the kilometres that a reference such as TM1644 stands for.

    Two letters name the square of 100 km, in rows of five from the north-west, without an I
    (Ordnance Survey, A guide to coordinate systems in Great Britain).
    """
    large, small = ("ABCDEFGHJKLMNOPQRSTUVWXYZ".index(letter) for letter in code[:2])
    east = (large - 2) % 5 * 5 + small % 5
    north = FIRST_ROW_OF_LETTERS - large // 5 * 5 - small // 5
    return east * 100 + int(code[2:4]), north * 100 + int(code[4:6])
