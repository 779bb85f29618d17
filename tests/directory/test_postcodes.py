import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Postcode
from directory.postcodes import ATTRIBUTION, NoPostcodesError, load_postcodes

pytestmark = pytest.mark.database


async def test_a_letter_is_loaded_whole_and_told_of(session: AsyncSession) -> None:
    told: list[tuple[str, int]] = []
    total = await load_postcodes(
        session, letters="iz", on_progress=lambda letter, count: told.append((letter, count))
    )
    stored = await session.scalar(select(func.count()).select_from(Postcode))
    assert stored == total == sum(count for _, count in told)
    assert [letter for letter, _ in told] == ["I", "Z"]


async def test_codes_are_written_as_people_write_them(session: AsyncSession) -> None:
    await load_postcodes(session, letters="I")
    ipswich = await session.get_one(Postcode, "IP1 2DE")
    assert (ipswich.outward, ipswich.district) == ("IP1", "E07000202")
    assert 615_000 < ipswich.easting < 617_000
    assert 244_000 < ipswich.northing < 246_000
    assert await session.get(Postcode, "IG10 9FY") is None, "it has no place"
    long_ones = select(Postcode.code).where(Postcode.outward == "IP33").limit(1)
    assert str(await session.scalar(long_ones)).startswith("IP33 ")


async def test_a_newer_load_replaces_its_letters_and_no_others(session: AsyncSession) -> None:
    session.add_all(
        Postcode(code=code, outward="X", easting=1, northing=1, district="X")
        for code in ("ZE9 9ZZ", "YO1 7HH")
    )
    await session.flush()
    first = await load_postcodes(session, letters="Z")
    again = await load_postcodes(session, letters="Z")
    stored = await session.scalar(select(func.count()).select_from(Postcode))
    assert first == again == (stored or 0) - 1
    assert await session.scalar(select(Postcode.code).where(Postcode.code == "YO1 7HH"))


async def test_northern_ireland_lies_west_of_scotland(session: AsyncSession) -> None:
    await load_postcodes(session, letters="B")
    belfast = await session.get_one(Postcode, "BT1 1AA")
    # Belfast's city centre is at 54.60 north, 5.93 west.
    assert 145_000 < belfast.easting < 148_000
    assert 529_000 < belfast.northing < 531_000


async def test_a_letter_without_postcodes_is_refused(session: AsyncSession) -> None:
    with pytest.raises(NoPostcodesError, match="begin with Q"):
        await load_postcodes(session, letters="IQ")
    assert not await session.scalar(select(func.count()).select_from(Postcode))


def test_the_sources_are_named() -> None:
    for owner in ("OS data", "Royal Mail", "Office for National Statistics"):
        assert owner in ATTRIBUTION
