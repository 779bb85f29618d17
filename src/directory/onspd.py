"""Reads the ONS Postcode Directory as it is published: a large CSV, or the ZIP that holds it."""

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

RELEASE = re.compile(r"ONSPD_([A-Z]{3})_(20[0-9]{2})", re.IGNORECASE)
MONTH = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])")
# Each column under its names over the years; from 2025 a district is called lad25cd and the like.
NAMES = {
    "code": re.compile(r"pcds"),
    "ended": re.compile(r"doterm"),
    "easting": re.compile(r"(os)?east1m"),
    "northing": re.compile(r"(os)?nrth1m|north1m"),
    "district": re.compile(r"(os)?laua|lad[0-9]{2}cd"),
}


class UnreadablePostcodesError(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class OnspdRow:
    code: str
    easting: int
    northing: int
    district: str
    ended_on: date | None


def release_month(path: Path) -> date:
    """Read the month from the name; nothing in the file itself says it."""
    names = [path.name]
    if path.suffix.lower() == ".zip":
        with _archive(path) as archive:
            names += archive.namelist()
    for name in names:
        if found := RELEASE.search(name):
            month = datetime.strptime(f"1 {found[1]} {found[2]}", "%d %b %Y")  # noqa: DTZ007 - a month, not a moment
            return month.date()
    raise UnreadablePostcodesError(
        f"{path.name} does not say its month. Keep the name it was published under, "
        "such as ONSPD_FEB_2026_UK.csv."
    )


def read_onspd(path: Path, *, letters: Collection[str] | None) -> Iterator[OnspdRow]:
    """Yield each postcode that has a place, ended ones too."""
    with _open_table(path) as file:
        table = csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""))
        columns = _find_columns(next(table, []))
        for line, cells in enumerate(table, start=2):
            try:
                row = _read_row({name: cells[at] for name, at in columns.items()})
            except (IndexError, ValueError) as error:
                raise UnreadablePostcodesError(f"{path.name}, line {line}: {error}") from error
            if row and (letters is None or row.code[0] in letters):
                yield row


def _find_columns(header: list[str]) -> dict[str, int]:
    given = [name.strip().lower() for name in header]
    found = {
        name: next((at for at, one in enumerate(given) if pattern.fullmatch(one)), -1)
        for name, pattern in NAMES.items()
    }
    if missing := [name for name, at in found.items() if at < 0]:
        raise UnreadablePostcodesError(
            f"This is no ONSPD file: the first line names no column for the {missing[0]}."
        )
    return found


def _read_row(cells: Mapping[str, str]) -> OnspdRow | None:
    if cells["easting"] in {"", "0"} or cells["northing"] == "":
        return None
    ended = cells["ended"].strip()
    if ended and not MONTH.fullmatch(ended):
        raise ValueError(f"doterm is {ended}, not a year and month such as 201905.")
    return OnspdRow(
        code=cells["code"].strip(),
        easting=int(cells["easting"]),
        northing=int(cells["northing"]),
        district=cells["district"],
        ended_on=date(int(ended[:4]), int(ended[4:]), 1) if ended else None,
    )


@contextmanager
def _open_table(path: Path) -> Iterator[IO[bytes]]:
    if path.suffix.lower() != ".zip":
        with path.open("rb") as file:
            yield file
        return
    with _archive(path) as archive:
        tables = [info for info in archive.infolist() if RELEASE.search(info.filename)]
        tables = [info for info in tables if info.filename.lower().endswith(".csv")]
        if not tables:
            raise UnreadablePostcodesError(f"{path.name} holds no ONSPD_….csv.")
        # Beside the whole there are the same postcodes again, one file an area.
        with archive.open(max(tables, key=lambda info: info.file_size)) as file:
            yield file


@contextmanager
def _archive(path: Path) -> Iterator[ZipFile]:
    try:
        archive = ZipFile(path)
    except BadZipFile as error:
        raise UnreadablePostcodesError(f"{path.name} is no whole ZIP file.") from error
    with archive:
        yield archive
