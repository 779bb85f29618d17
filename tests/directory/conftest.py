import pytest
from small_town import POSTCODES
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Postcode


@pytest.fixture
async def town(session: AsyncSession) -> AsyncSession:
    session.add_all(
        Postcode(
            code=code, outward=code.split()[0], easting=east, northing=north, district="E07000202"
        )
        for code, (east, north) in POSTCODES.items()
    )
    await session.flush()
    return session
