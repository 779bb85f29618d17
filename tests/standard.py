"""The published schemas and payloads of the standard, which lie beside the project, not in it."""

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
STANDARD = Path(os.environ.get("SHARED", ROOT.parent / "shared")) / "oruk"
SCHEMAS = STANDARD / "uk-profile-3.0" / "schema"
PAYLOADS = STANDARD / "payloads"
PAGE = {
    "total_items": int,
    "total_pages": int,
    "page_number": int,
    "size": int,
    "first_page": bool,
    "last_page": bool,
    "empty": bool,
    "contents": list,
}

needs_the_standard = pytest.mark.skipif(
    not STANDARD.exists(), reason="../shared/oruk is not there: the standard's files are not ours"
)


@cache
def _validator(name: str) -> Any:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    referencing = pytest.importorskip("referencing", reason="comes with jsonschema")
    draft = jsonschema.Draft202012Validator
    specification = referencing.jsonschema.DRAFT202012
    registry = referencing.Registry(
        retrieve=lambda uri: referencing.Resource.from_contents(
            _load(Path(uri).name), default_specification=specification
        )
    )
    return draft(_load(name), registry=registry, format_checker=draft.FORMAT_CHECKER)


def _load(name: str) -> Any:
    folders = (SCHEMAS, SCHEMAS / "compiled", STANDARD / "hsds-3.1")
    found = next((folder / name for folder in folders if (folder / name).exists()), None)
    # Parts of HSDS 3.1 that the profile leaves out, and we do not tell.
    return json.loads(found.read_text()) if found else {}


def payload(kind: str, name: str) -> Path:
    return PAYLOADS / f"V3.0-UK-{kind}" / name


def check(told: Any, schema: str) -> None:
    """Hold an answer against a schema, and see that nothing in it is null."""
    faults = [
        f"{fault.json_path}: {fault.message}" for fault in _validator(schema).iter_errors(told)
    ]
    assert not faults, faults[:5]
    assert not list(_find_null(told))


def check_page(told: Any, schema: str) -> None:
    assert list(told) == list(PAGE)
    for name, kind in PAGE.items():
        assert type(told[name]) is kind, name
    assert told["size"] == len(told["contents"])
    assert told["empty"] is (not told["contents"])
    for row in told["contents"]:
        check(row, schema)


def _find_null(told: Any, where: str = "") -> Iterator[str]:
    if told is None:
        yield where
    elif isinstance(told, dict):
        for name, value in told.items():
            yield from _find_null(value, f"{where}.{name}")
    elif isinstance(told, list):
        for value in told:
            yield from _find_null(value, where)
