"""Fills the table of towns, so that people may search without a postcode."""

import csv
from importlib.resources import files
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from directory.listing import Town
from directory.upserts import Changes, upsert

COLUMNS = {"name", "easting", "northing", "kind"}


class UnreadableTownsError(ValueError):
    pass


async def load_towns(session: AsyncSession, text: str | None = None) -> Changes:
    """Add or move towns; without a file those of the example county.

    There each stands at the mean of the postcodes within about a kilometre of its middle.
    """
    if text is None:
        text = files("directory").joinpath("towns.csv").read_text(encoding="utf-8")
    towns = {row["name"]: row for row in _read(text)}
    return await upsert(session, Town, list(towns.values()), key=("name",))


def _read(text: str) -> list[dict[str, Any]]:
    table = csv.DictReader(text.lstrip("\ufeff").splitlines())
    if missing := COLUMNS - set(table.fieldnames or ()):
        raise UnreadableTownsError(f"The first line must name the column {min(missing)}.")
    return [_town(row, line) for line, row in enumerate(table, start=2)]


def _town(row: dict[str, Any], line: int) -> dict[str, Any]:
    try:
        place = {name: int(row[name]) for name in ("easting", "northing")}
    except (TypeError, ValueError) as error:
        raise UnreadableTownsError(
            f"Line {line}: easting and northing are whole metres of the National Grid."
        ) from error
    name = (row["name"] or "").strip()
    if not name:
        raise UnreadableTownsError(f"Line {line}: give the name of the place.")
    return {"name": name, "kind": (row["kind"] or "").strip() or "town", **place}
