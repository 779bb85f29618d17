"""Reads an HSDS 3.x tabular data package (a folder or zip of CSV files) into the same nested shape.

Its `datapackage.json` says which file is which table; without one the files' names do.
"""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from directory.open_referral.faults import BrokenFeedError
from directory.open_referral.files import Told, decode

Json = dict[str, Any]
Rows = list[Json]

DESCRIPTION = "datapackage.json"
MOST_BYTES = 500_000_000
NUMBERS = {
    "minimum_age",
    "maximum_age",
    "latitude",
    "longitude",
    "amount",
    "interval",
    "available",
    "maximum",
}
SINGULAR = {
    "address": "addresses",
    "attribute": "attributes",
    "schedule": "schedules",
    "service_at_location": "service_at_locations",
    "service_capacity": "service_capacities",
    "taxonomy": "taxonomies",
}
# Table, the list that it becomes, and the column that says whose it is.
OF_SERVICE = (
    ("schedules", "schedules", "service_id"),
    ("service_areas", "service_areas", "service_id"),
    ("service_at_locations", "service_at_locations", "service_id"),
    ("languages", "languages", "service_id"),
    ("funding", "funding", "service_id"),
    ("cost_options", "cost_options", "service_id"),
    ("contacts", "contacts", "service_id"),
    ("phones", "phones", "service_id"),
    ("service_capacities", "capacities", "service_id"),
    ("attributes", "attributes", "link_id"),
)
OF_LOCATION = (("addresses", "addresses"), ("accessibility", "accessibility"))


def is_package(path: Path) -> bool:
    if path.is_dir():
        return any(path.glob("*.csv"))
    return path.suffix == ".zip"


def read_package(path: Path) -> Iterator[Told]:
    tables = _read_tables(_open_zip(path) if path.suffix == ".zip" else _open_folder(path))
    if "services" not in tables:
        raise BrokenFeedError(f"There is no table of services in “{path.name}”.")
    _nest(tables)
    for organization in tables.get("organizations", []):
        yield "organization", organization
    for service in tables["services"]:
        yield "service", service


def _open_folder(folder: Path) -> Mapping[str, Callable[[], bytes]]:
    files = [file for file in folder.iterdir() if file.is_file()]
    _check_size(sum(file.stat().st_size for file in files))
    return {file.name: file.read_bytes for file in files}


def _open_zip(path: Path) -> Mapping[str, Callable[[], bytes]]:
    """Read by name and never unpack: no name can lead anywhere."""
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise BrokenFeedError(f"“{path.name}” is no whole zip file.") from error
    infos = [info for info in archive.infolist() if not info.is_dir()]
    _check_size(sum(info.file_size for info in infos))
    return {PurePosixPath(info.filename).name: _reader(archive, info) for info in infos}


def _reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            return archive.read(info)
        except (zipfile.BadZipFile, RuntimeError) as error:
            raise BrokenFeedError(f"“{info.filename}” cannot be unpacked.") from error

    return read


def _check_size(size: int) -> None:
    if size > MOST_BYTES:
        raise BrokenFeedError(f"It is larger than {MOST_BYTES // 1_000_000} MB.")


def _read_tables(files: Mapping[str, Callable[[], bytes]]) -> dict[str, Rows]:
    names = {name: name.removesuffix(".csv") for name in files if name.endswith(".csv")}
    if DESCRIPTION in files:
        names = _described(decode(files[DESCRIPTION](), name=DESCRIPTION), files)
    tables: dict[str, Rows] = {}
    for file, table in names.items():
        name = SINGULAR.get(table, table)
        rows = _read_rows(files[file](), name=file)
        # The same table may lie there under both names.
        known = {row.get("id") for row in tables.get(name, [])}
        tables.setdefault(name, []).extend(row for row in rows if row.get("id") not in known)
    return tables


def _described(package: Any, files: Mapping[str, Any]) -> dict[str, str]:
    resources = package.get("resources") if isinstance(package, dict) else None
    if not isinstance(resources, list):
        raise BrokenFeedError(f"{DESCRIPTION} names no resources.")
    names = {}
    for resource in resources:
        path = PurePosixPath(str(resource.get("path", ""))).name
        if path not in files:
            raise BrokenFeedError(f"{DESCRIPTION} names “{path}”, which is not there.")
        names[path] = str(resource.get("name") or path.removesuffix(".csv"))
    return names


def _read_rows(data: bytes, *, name: str) -> Rows:
    try:
        text = data.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        return [_read_row(row, f"{name}, line {reader.line_num}") for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise BrokenFeedError(f"“{name}” is no CSV file in UTF-8: {error}.") from error


def _read_row(row: Mapping[str | None, Any], where: str) -> Json:
    if None in row:
        raise BrokenFeedError(f"{where}: there are more cells than columns.")
    return {name: _read_cell(name, cell) for name, cell in row.items() if name and cell}


def _read_cell(name: str, cell: str) -> str | float:
    if name in NUMBERS:
        try:
            number = float(cell)
        except ValueError:
            return cell
        return int(number) if number.is_integer() else number
    return cell


def _nest(tables: Mapping[str, Rows]) -> None:
    terms = {row.get("id"): row for row in tables.get("taxonomy_terms", [])}
    for attribute in tables.get("attributes", []):
        if attribute.get("taxonomy_term_id") in terms:
            attribute["taxonomy_term"] = terms[attribute["taxonomy_term_id"]]
    units = {row.get("id"): row for row in tables.get("units", [])}
    for capacity in tables.get("service_capacities", []):
        if capacity.get("unit_id") in units:
            capacity["unit"] = units[capacity["unit_id"]]
    locations = {row.get("id"): row for row in tables.get("locations", [])}
    for table, name in OF_LOCATION:
        _hang(tables.get(table, []), locations, "location_id", name)
    for place in tables.get("service_at_locations", []):
        if place.get("location_id") in locations:
            place["location"] = locations[place["location_id"]]
    contacts = {row.get("id"): row for row in tables.get("contacts", [])}
    _hang(tables.get("phones", []), contacts, "contact_id", "phones")
    services = {row.get("id"): row for row in tables.get("services", [])}
    for table, name, key in OF_SERVICE:
        _hang(tables.get(table, []), services, key, name)
    organizations = {row.get("id"): row for row in tables.get("organizations", [])}
    identifiers = tables.get("organization_identifiers", [])
    _hang(identifiers, organizations, "organization_id", "organization_identifiers")


def _hang(rows: Rows, owners: Mapping[Any, Json], key: str, name: str) -> None:
    for row in rows:
        if owner := owners.get(row.get(key)):
            owner.setdefault(name, []).append(row)
