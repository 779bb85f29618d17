"""Out, in and out again: the same; and ten thousand services as the standard asks."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from listings_of_others import save, service, take
from sqlalchemy import text, update
from worlds.listings import store_listings

from directory.models import Intake, Provider, Service
from directory.open_referral.answers import at_locations_page, services_page
from directory.open_referral.export import OccupiedError, export_feed
from directory.open_referral.question import Question
from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from standard import check, check_page, needs_the_standard, payload

Json = dict[str, Any]
OPENAPI = "https://example.org/openapi.json"


@pytest.fixture
async def listed(sessions: Sessions) -> Sessions:
    async with transaction(sessions, EXCHANGE) as session:
        await store_listings(session, 300, letters="I")
        await session.execute(
            update(Intake).where(Intake.places > 4).values(paused_until=text("current_date + 9"))
        )
    return sessions


async def export(sessions: Sessions, target: Path) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        return await export_feed(session, target, openapi_url=OPENAPI)


async def empty(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        for table in ("sourced_record", "source", "service_location", "intake", "service"):
            await session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names from above
        await session.execute(text("DELETE FROM provider WHERE hosted_by_id IS NOT NULL"))
        await session.execute(text("DELETE FROM provider"))


def load(path: Path) -> Json:
    told: Json = json.loads(path.read_text())
    return told


def services_of(path: Path) -> list[Json]:
    if path.is_file():
        whole: list[Json] = json.loads(path.read_text())["services"]
        return whole
    pages = sorted((path / "services").iterdir())
    return [row for page in pages for row in json.loads(page.read_text())["contents"]]


@pytest.mark.parametrize("name", ["feed.json", "feed"])
async def test_out_in_and_out_again_is_the_same(
    listed: Sessions, tmp_path: Path, name: str
) -> None:
    count = await export(listed, tmp_path / name)
    await empty(listed)
    outcome = await take(listed, str(tmp_path / name), approve=True)
    assert (len(outcome.added), outcome.unmatched_terms) == (count, {})
    assert await export(listed, tmp_path / f"again-{name}") == count
    first, second = services_of(tmp_path / name), services_of(tmp_path / f"again-{name}")
    assert first == second
    kinds = {
        place["location"]["location_type"] for one in first for place in one["service_at_locations"]
    }
    assert kinds == {"physical", "virtual"}
    assert any("latitude" not in str(one) for one in first), "a hidden place is among them"


async def test_a_file_and_a_folder_tell_the_same(listed: Sessions, tmp_path: Path) -> None:
    await export(listed, tmp_path / "feed.json")
    await export(listed, tmp_path / "feed")
    assert services_of(tmp_path / "feed.json") == services_of(tmp_path / "feed")
    details = json.loads((tmp_path / "feed" / "api_details.json").read_text())
    assert details["version"] == "HSDS-UK-3.0"


async def test_no_export_is_written_over(listed: Sessions, tmp_path: Path) -> None:
    (tmp_path / "feed.json").write_text("mine")
    with pytest.raises(OccupiedError):
        await export(listed, tmp_path / "feed.json")
    assert (tmp_path / "feed.json").read_text() == "mine"
    assert not (tmp_path / "feed.json.unfinished").exists()


RICH: Json = {
    "alert": "Closed in August.",
    "accreditations": "Advice Quality Standard",
    "eligibility_description": "For anybody in debt.",
    "funding": [{"id": "55555555-5555-4555-8555-555555555555", "source": "The lottery"}],
    "languages": [{"id": "66666666-6666-4666-8666-666666666666", "name": "Makaton"}],
    "service_areas": [{"id": "77777777-7777-4777-8777-777777777777", "name": "All of Suffolk"}],
}


# With ours among them, or with the time at which we took them.
TOLD_OTHERWISE = {
    "attributes",
    "capacities",
    "languages",
    "last_modified",
    "organization",
    "service_at_locations",
}


async def test_what_only_the_standard_knows_survives(ground: Sessions, tmp_path: Path) -> None:
    told = service(**RICH)
    second = json.loads(json.dumps(told["service_at_locations"][0]).replace("3333", "4444"))
    second["location"]["addresses"][0]["postal_code"] = "IP3 9SQ"
    told["service_at_locations"].append(second)
    await take(ground, save(tmp_path, told), approve=True)
    await export(ground, tmp_path / "feed.json")
    [ours] = services_of(tmp_path / "feed.json")
    for name in told.keys() - TOLD_OTHERWISE:
        assert ours[name] == told[name], name
    assert told["languages"][0] in ours["languages"]
    assert [one for one in told["attributes"] if one not in ours["attributes"]] == []
    assert (
        told["capacities"][0].items()
        <= (ours["capacities"][0] | {"updated": "2026-06-01T10:00:00Z"}).items()
    )
    places = [place["location"] for place in ours["service_at_locations"]]
    assert places == [place["location"] for place in told["service_at_locations"]]
    async with transaction(ground, EXCHANGE) as session:
        near = Question(postcode="IP3 9SQ", proximity=100)
        page = await at_locations_page(session, near)
    assert [row["id"] for row in page["contents"]] == [second["id"]]


async def test_what_was_corrected_here_is_what_is_told(ground: Sessions, tmp_path: Path) -> None:
    await take(ground, save(tmp_path, service()), approve=True)
    async with transaction(ground, EXCHANGE) as session:
        await session.execute(
            update(Service).values(
                phone="+441632960555",
                days=["fri-pm"],
                postcode="IP3 9SQ",
                access=["step-free"],
                needs=["parenting"],
                venue=None,
            )
        )
        await session.execute(update(Intake).values(family_pays_pence=0))
    await export(ground, tmp_path / "feed.json")
    [ours] = services_of(tmp_path / "feed.json")
    assert ours["contacts"][0]["phones"][0]["number"] == "+441632960555"
    assert [one["byday"] for one in ours["schedules"]] == ["FR"]
    [place] = ours["service_at_locations"]
    assert place["location"]["addresses"][0]["postal_code"] == "IP3 9SQ"
    assert place["location"]["accessibility"][0]["description"] == "Step-free access"
    assert ours["cost_options"][0]["amount"] == 0
    names = {one["taxonomy_term"]["name"] for one in ours["attributes"]}
    assert names == {"Parenting support", "Falconry"}


@needs_the_standard
async def test_ten_thousand_services_are_as_the_standard_asks(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await store_listings(session, 10_000, letters="I")
        for full, row in ((True, "service.json"), (False, "service_list.json")):
            first = await services_page(session, Question(full=full))
            for number in (1, first["total_pages"] // 2, first["total_pages"]):
                page = await services_page(session, Question(page=number, full=full))
                check_page(page, row)
                assert page["total_pages"] == first["total_pages"] == -(-first["total_items"] // 50)
        page = await at_locations_page(session, Question(full=True))
        check_page(page, "service_at_location.json")
        page = await at_locations_page(session, Question(page=page["total_pages"]))
        check_page(page, "service_at_location_list.json")


@needs_the_standard
@pytest.mark.parametrize("name", ["service_full.json", "service_at_location_full.json"])
async def test_a_payload_that_must_pass_is_told_on_as_the_standard_asks(
    ground: Sessions, tmp_path: Path, name: str
) -> None:
    told = load(payload("Default", name))
    if name == "service_full.json":
        own = told
    else:
        place = {name: told[name] for name in ("id", "location")}
        own = told["service"] | {"service_at_locations": [place]}
    await take(ground, save(tmp_path, own), approve=True)
    await export(ground, tmp_path / "feed.json")
    [ours] = services_of(tmp_path / "feed.json")
    check(ours, "service.json")
    assert ours["accreditations"].startswith("All of our practitioners")
    async with transaction(ground, EXCHANGE) as session:
        assert await session.get(Provider, UUID(ours["organization_id"]))
