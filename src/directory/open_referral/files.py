"""Reads a feed that was saved: one file, or a folder of its answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from directory.open_referral.faults import BrokenFeedError
from directory.open_referral.pages import Reading, read_page

Json = dict[str, Any]
Told = tuple[str, Any]  # what kind of thing it is, and the thing

MOST_BYTES = 100_000_000
ROWS_BEGIN = b'"organizations":['
NAMES_OF_KINDS = {
    "api_details": {"openapi_url", "profile"},
    "service": {"status", "organization", "service_at_locations"},
    "service_at_location": {"location", "service"},
    "taxonomy_term": {"term", "term_uri", "taxonomy", "parent_id"},
    "taxonomy": {"taxonomy_terms", "version"},
    "organization": {"services", "organization_identifiers", "website", "logo"},
}


def read_answers(path: Path) -> Iterator[Told]:
    """Yield everything that is told; `path` is a file or a folder."""
    if path.is_dir():
        yield from _read_folder(path)
    elif _has_row_a_line(path):
        yield from _read_lines(path)
    else:
        reading = Reading()
        yield from _read_file(path, reading)
        reading.finish()


def _read_folder(folder: Path) -> Iterator[Told]:
    """Where a service has a file of its own, that is better than its row in a list."""
    files = sorted(folder.rglob("*.json"))
    if not files:
        raise BrokenFeedError(f"There is no answer of a feed in “{folder}”.")
    readings: dict[str, Reading] = {}
    own = {id_ for file in files if (id_ := _own_id(file))}
    for file in files:
        reading = readings.setdefault(_kind_by_name(file), Reading())
        for kind, thing in _read_file(file, reading):
            is_row = kind == "service" and _own_id(file) is None
            if not (is_row and isinstance(thing, dict) and thing.get("id") in own):
                yield kind, thing
    for reading in readings.values():
        reading.finish()


def _own_id(file: Path) -> str | None:
    return file.stem if len(file.stem) == len("00000000-0000-0000-0000-000000000000") else None


def _read_file(file: Path, reading: Reading) -> Iterator[Told]:
    told = _decode(file)
    if isinstance(told, dict) and isinstance(told.get("contents"), list):
        kind = _kind_by_name(file)
        for row in told["contents"]:
            yield kind or kind_of(row), row
        # After its rows: what is wrong with one of them says more than a number that is wrong.
        read_page(told, reading)
    elif isinstance(told, dict) and "services" in told and "id" not in told:
        yield from _read_whole(told)
    elif isinstance(told, list):
        yield from ((kind_of(one), one) for one in told)
    else:
        yield from _read_one(told)


def _read_whole(told: Json) -> Iterator[Told]:
    for name, kind in (("organizations", "organization"), ("services", "service")):
        for row in told.get(name, []):
            yield kind, row


def _read_one(thing: Any) -> Iterator[Told]:
    kind = kind_of(thing)
    yield kind, thing
    if kind == "organization":
        whole = {name: value for name, value in thing.items() if name != "services"}
        for service in thing.get("services") or []:
            yield "service", {"organization": whole} | service


def _decode(file: Path) -> Any:
    if file.stat().st_size > MOST_BYTES:
        raise BrokenFeedError(f"“{file.name}” is larger than {MOST_BYTES // 1_000_000} MB.")
    return decode(file.read_bytes(), name=f"“{file.name}”")


def decode(data: bytes, *, name: str) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BrokenFeedError(f"{name} is no whole JSON: {error}.") from error


def _kind_by_name(file: Path) -> str:
    """Answers lie in a folder, or in a file, that is called as the endpoint is."""
    name = f"{file.parent.name}/{file.name}"
    kinds = {
        "service_at_location": "service_at_location",
        "taxonomy_term": "taxonomy_term",
        "taxonom": "taxonomy",
        "organization": "organization",
        "service": "service",
    }
    return next((kind for word, kind in kinds.items() if word in name), "")


def kind_of(thing: Any) -> str:
    """Tell by the names that only one kind has."""
    names = set(thing) if isinstance(thing, dict) else set()
    return next((kind for kind, told in NAMES_OF_KINDS.items() if names & told), "service")


def _has_row_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.readline(MOST_BYTES)
        return head.startswith(b"{") and file.readline(MOST_BYTES).strip() == ROWS_BEGIN


def _read_lines(path: Path) -> Iterator[Told]:
    """Read what we wrote ourselves a row at a time, however large it is."""
    kind = ""
    with path.open("rb") as file:
        file.readline(MOST_BYTES)
        for line in iter(lambda: file.readline(MOST_BYTES), b""):
            row = line.strip().removesuffix(b",")
            if row == ROWS_BEGIN:
                kind = "organization"
            elif row == b'"services":[':
                kind = "service"
            elif row == b"]}":
                return
            elif row != b"]":
                yield kind, decode(row, name=f"“{path.name}”")
    raise BrokenFeedError(f"“{path.name}” ends in the middle.")
