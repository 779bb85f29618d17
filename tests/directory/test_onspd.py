from collections.abc import Callable
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import UnknownPlaceError
from directory.listing import PostcodeRelease
from directory.models import Postcode
from directory.onspd import UnreadablePostcodesError, read_onspd, release_month
from directory.postcodes import NoPostcodesError, load_onspd, load_postcodes, say_source
from directory.whereabouts import find_whereabouts

OLD_HEADER = "pcd,pcd2,pcds,dointr,doterm,oscty,oslaua,oseast1m,osnrth1m,osgrdind"
ROWS = (
    "IP1 2DE,IP1  2DE,IP1 2DE,198001,,E10000029,E07000202,0615599,0244130,1",
    "IP1 9ZZ,IP1  9ZZ,IP1 9ZZ,198001,201905,E10000029,E07000202,0615700,0244230,1",
    "BT1 1AA,BT1  1AA,BT1 1AA,198001,,N99999999,N09000003,0333800,0374600,1",
    "IM1 1AA,IM1  1AA,IM1 1AA,198001,,M99999999,M99999999,,,9",
)
WriteFile = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> WriteFile:
    def write_file(
        *rows: str, header: str = OLD_HEADER, name: str = "ONSPD_FEB_2026_UK.csv"
    ) -> Path:
        path = tmp_path / name
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    return write_file


async def count(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Postcode)) or 0


@pytest.mark.database
async def test_a_newer_file_replaces_everything_and_says_its_month(
    session: AsyncSession, write: WriteFile
) -> None:
    await load_postcodes(session, letters="Z")
    assert "Postcodes of November 2025" in await say_source(session)
    assert await load_onspd(session, write(*ROWS)) == (3, date(2026, 2, 1))
    assert await count(session) == 3
    assert "Postcodes of February 2026" in await say_source(session)
    belfast = await session.get_one(Postcode, "BT1 1AA")
    assert 145_000 < belfast.easting < 148_000


@pytest.mark.database
async def test_the_oldest_part_of_the_map_is_told(session: AsyncSession, write: WriteFile) -> None:
    await load_postcodes(session, letters="Z")
    await load_onspd(session, write(*ROWS), letters="i")
    query = select(PostcodeRelease.letter, PostcodeRelease.released_on)
    releases = {row.letter: row.released_on for row in await session.execute(query)}
    assert releases == {"Z": date(2025, 11, 1), "I": date(2026, 2, 1)}
    assert "Postcodes of November 2025" in await say_source(session)


@pytest.mark.database
async def test_a_postcode_that_ended_still_says_where_it_was(
    session: AsyncSession, write: WriteFile
) -> None:
    await load_onspd(session, write(*ROWS))
    found = await find_whereabouts(session, "ip19zz")
    assert (found.name, found.place.easting) == ("IP1 9ZZ", 615_700)
    assert found.ended_on == date(2019, 5, 1)
    assert (await find_whereabouts(session, "IP1 2DE")).ended_on is None


@pytest.mark.database
async def test_a_file_without_such_postcodes_is_refused(
    session: AsyncSession, write: WriteFile
) -> None:
    with pytest.raises(NoPostcodesError):
        await load_onspd(session, write(*ROWS), letters="Q")
    with pytest.raises(UnknownPlaceError):
        await find_whereabouts(session, "IP1 2DE")


def test_the_columns_names_of_later_years_are_known(write: WriteFile) -> None:
    header = "pcd7,pcd8,pcds,dointr,doterm,cty25cd,lad25cd,east1m,north1m,gridind"
    rows = list(read_onspd(write(*ROWS, header=header), letters=None))
    assert [row.code for row in rows] == ["IP1 2DE", "IP1 9ZZ", "BT1 1AA"]
    assert rows[0].district == "E07000202"


def test_the_whole_file_is_found_in_its_zip(write: WriteFile, tmp_path: Path) -> None:
    whole = write(*ROWS)
    path = tmp_path / "download.zip"
    with ZipFile(path, "w") as archive:
        archive.write(whole, "Data/multi_csv/ONSPD_FEB_2026_UK_AB.csv")
        archive.writestr("Data/multi_csv/ONSPD_FEB_2026_UK_ZE.csv", OLD_HEADER)
    assert release_month(path) == date(2026, 2, 1)
    assert len(list(read_onspd(path, letters=None))) == 3


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        (ROWS, "pcd,town", "names no column for the code"),
        (("IP1 2DE,x",), OLD_HEADER, "line 2"),
        ((ROWS[0].replace("0615599", "east"),), OLD_HEADER, "line 2"),
        ((ROWS[1].replace("201905", "2019-5"),), OLD_HEADER, "doterm is 2019-5"),
    ],
)
def test_a_file_that_is_none_of_these_is_told(
    write: WriteFile, rows: tuple[str, ...], header: str, said: str
) -> None:
    with pytest.raises(UnreadablePostcodesError, match=said):
        list(read_onspd(write(*rows, header=header), letters=None))


def test_a_name_without_its_month_or_a_broken_zip_is_told(write: WriteFile) -> None:
    with pytest.raises(UnreadablePostcodesError, match="does not say its month"):
        release_month(write(*ROWS, name="postcodes.csv"))
    with pytest.raises(UnreadablePostcodesError, match="no whole ZIP"):
        release_month(write(*ROWS, name="ONSPD_FEB_2026.zip"))
