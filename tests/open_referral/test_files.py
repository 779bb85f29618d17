"""Saved feeds and data packages: whole, or refused with the place that is wrong."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from listings_of_others import identity, page, save, service, stored, take

from directory.open_referral.faults import BrokenFeedError, ImportFault, NotAllowedError
from directory.open_referral.spool import Spool
from marketplace.db.session import Sessions
from marketplace.services.upkeep.feeds import read_source
from standard import SCHEMAS, needs_the_standard, payload

Json = dict[str, Any]


async def read(source: Path) -> int:
    with Spool() as spool:
        await read_source(str(source), spool)
        return len(spool.ids)


@needs_the_standard
@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("api_details.json", ["profile", "openapi_url"]),
        ("service_full.json", ["url", "email"]),
        ("service_list.json", ["name", "url", "email"]),
        ("taxonomy_term.json", ["description", "term_uri"]),
        ("taxonomy_term_list.json", ["parent_id"]),
    ],
)
async def test_payloads_that_must_fail_do_with_the_field_named(
    name: str, fields: list[str]
) -> None:
    with pytest.raises(NotAllowedError) as fault:
        await read(payload("Fail", name))
    named = {one.where.split(".")[-1] for one in fault.value.faults}
    assert set(fields) <= named


@needs_the_standard
@pytest.mark.parametrize("name", ["service_at_location_list.json", "organization_list.json"])
async def test_payloads_whose_numbers_do_not_add_up(name: str) -> None:
    with pytest.raises(BrokenFeedError, match="says that there are 10 rows and gave 1"):
        await read(payload("Fail", name))


@needs_the_standard
@pytest.mark.parametrize("name", ["service_full.json", "service_list.json"])
async def test_payloads_that_must_pass_do(name: str) -> None:
    assert await read(payload("Default", name)) >= 1


@needs_the_standard
async def test_the_standards_own_tables_are_read(ground: Sessions) -> None:
    folder = SCHEMAS.parent / "examples" / "csv"
    outcome = await take(ground, str(folder))
    assert outcome.added == ["Community Counselling"]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"name": None}, "name"),
        ({"status": "open"}, "status"),
        ({"id": "1"}, "id"),
        ({"email": "me"}, "email"),
        ({"url": "tern.example.org"}, "url"),
        ({"minimum_age": "5"}, "minimum_age"),
        ({"last_modified": "today"}, "last_modified"),
        ({"organization": None}, "organization"),
        ({"organization": {"id": identity(1)}}, "organization.name"),
        ({"schedules": {}}, "schedules"),
        ({"schedules": [7]}, "schedules[0]"),
        ({"schedules": [{"id": identity(1), "freq": "DAILY"}]}, "schedules[0].freq"),
        ({"capacities": [{"id": identity(1)}]}, "capacities[0].available"),
        ({"capacities": [{"id": identity(1), "starts_on": "soon"}]}, "capacities[0].starts_on"),
    ],
)
async def test_the_field_that_is_wrong_is_named(tmp_path: Path, changes: Json, where: str) -> None:
    with pytest.raises(NotAllowedError) as fault:
        await read(Path(save(tmp_path, service(**changes))))
    assert where in [one.where for one in fault.value.faults]


async def test_null_is_not_given(ground: Sessions, tmp_path: Path) -> None:
    await take(ground, save(tmp_path, service() | {"url": None, "fees": None}))
    assert (await stored(ground)).website is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "no whole JSON"),
        ("[" * 100_000, "no whole JSON"),
        ("[]", "There is no service in it"),
        (json.dumps(page([service()], total_items=2)), "pages where 2 rows|gave 1"),
        (json.dumps(page([service()] * 2)), "twice"),
        ('{"version": "3.0",\n"organizations":[\n],\n"services":[\n', "ends in the middle"),
    ],
)
async def test_a_broken_file(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "services.json").write_text(text)
    with pytest.raises(ImportFault, match=reason):
        await read(tmp_path / "services.json")


async def test_a_folder_with_a_page_missing(tmp_path: Path) -> None:
    folder = tmp_path / "services"
    folder.mkdir()
    for number in (1, 3):
        told = page([service(number)], total_items=3, total_pages=3, page_number=number)
        (folder / f"{number}.json").write_text(json.dumps(told))
    with pytest.raises(BrokenFeedError, match="Page 2 says that it is page 3"):
        await read(tmp_path)


async def test_nothing_there(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(BrokenFeedError):
            await read(path)


def _tables() -> dict[str, list[Json]]:
    told = service()
    place = told["service_at_locations"][0]
    location = place["location"]
    own = {"service_id": told["id"]}
    flat = {k: v for k, v in told.items() if not isinstance(v, list | dict)}
    organization = {k: v for k, v in told["organization"].items() if not isinstance(v, list)}
    term = told["attributes"][0]["taxonomy_term"]
    return {
        "services": [flat | {"organization_id": organization["id"]}],
        "organizations": [organization],
        "service_at_locations": [own | {"id": place["id"], "location_id": location["id"]}],
        "locations": [{k: v for k, v in location.items() if k != "addresses"}],
        "addresses": [{"location_id": location["id"]} | location["addresses"][0]],
        "schedules": [own | told["schedules"][0]],
        "contacts": [own | {"id": identity(501)}],
        "phones": [{"id": identity(502), "contact_id": identity(501), "number": "01632 960001"}],
        "attributes": [
            {"id": identity(701), "link_id": told["id"], "taxonomy_term_id": term["id"]}
        ],
        "taxonomy_terms": [term],
        "service_capacities": [
            own
            | {
                "id": identity(901),
                "unit_id": identity(9),
                "available": 3,
                "updated": "2026-06-01T10:00:00Z",
            }
        ],
        "units": [{"id": identity(9), "name": "place"}],
    }


def _as_csv(rows: list[Json]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _zip(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def _package() -> dict[str, str]:
    tables = _tables()
    resources = [{"name": name, "path": f"{name}.csv"} for name in tables]
    files = {f"{name}.csv": _as_csv(rows) for name, rows in tables.items()}
    return files | {"datapackage.json": json.dumps({"resources": resources})}


async def test_a_data_package_becomes_services(ground: Sessions, tmp_path: Path) -> None:
    await take(ground, str(_zip(tmp_path / "package.zip", _package())))
    found = await stored(ground)
    assert (found.needs, found.postcode, found.phone) == (
        ["debt-advice"],
        "IP1 2DE",
        "+441632960001",
    )
    assert (found.days, found.min_age) == (["tue-am"], 16)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"datapackage.json": "{"}, "no whole JSON"),
        ({"datapackage.json": "{}"}, "names no resources"),
        ({"datapackage.json": '{"resources": [{"path": "x.csv"}]}'}, "not there"),
        ({"services.csv": "id,name\n1,2,3\n"}, "more cells than columns"),
        ({"services.csv": 'id,name\n1,"x\n'}, "no CSV file"),
        ({"services.csv": "id,name\n"}, "There is no service in it"),
    ],
)
async def test_a_broken_package(tmp_path: Path, change: dict[str, str], reason: str) -> None:
    path = _zip(tmp_path / "package.zip", _package() | change)
    with pytest.raises(ImportFault, match=reason):
        await read(path)


async def test_no_whole_zip(tmp_path: Path) -> None:
    whole = _zip(tmp_path / "package.zip", _package())
    whole.write_bytes(whole.read_bytes()[:300])
    with pytest.raises(BrokenFeedError, match="no whole zip"):
        await read(whole)
