"""A few invented places around Ipswich, and services brought to them."""

from directory_rows import REACH_KM
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import locate_areas
from directory.importing import import_services
from directory.spreadsheets.services import ServiceRow

POSTCODES = {
    "IP1 2DE": (616_000, 244_000),
    "IP1 2DX": (616_200, 244_000),
    "IP1 3XX": (616_400, 246_000),
    "IP4 2AB": (618_500, 244_500),
    "IP4 5ZZ": (620_500, 244_500),
    "IP12 1AA": (627_000, 249_000),
    "IP33 1AA": (585_000, 264_000),
}


async def bring(session: AsyncSession, *rows: ServiceRow) -> None:
    places = await locate_areas(session, POSTCODES)
    await import_services(session, rows, reach_km=REACH_KM | {"volunteer": 4.0}, places=places)
