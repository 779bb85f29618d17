"""The public feed: what the standard asks, page by page."""

import asyncio
import gzip
import uuid

import pytest
from httpx import AsyncClient
from open_feed import FEED, Json, change, get, names
from sqlalchemy import select, update

from directory.models import Intake, Provider, Service
from directory.open_referral.question import OF_LOCATIONS
from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from standard import check, check_page, needs_the_standard

STAGE = "ground"


@needs_the_standard
@pytest.mark.parametrize(
    ("path", "row", "one"),
    [
        ("/services", "service_list.json", "service.json"),
        ("/service_at_locations", "service_at_location_list.json", "service_at_location.json"),
        ("/organizations", "organization_list.json", "organization.json"),
        ("/taxonomies", "taxonomy.json", "taxonomy.json"),
        ("/taxonomy_terms", "taxonomy_term.json", "taxonomy_term.json"),
    ],
)
async def test_every_answer_is_as_the_standard_asks(
    nobody: AsyncClient, path: str, row: str, one: str
) -> None:
    page = await get(nobody, path)
    assert page["contents"]
    check_page(page, row)
    for listed in page["contents"]:
        whole = await get(nobody, f"{path}/{listed['id']}")
        check(whole, one)
        assert whole["id"] == listed["id"]
    for number in (2, page["total_items"], 10_000):
        check_page(await get(nobody, path, page=number, per_page=1), row)


@needs_the_standard
async def test_full_rows_and_live_places_are_as_the_standard_asks(nobody: AsyncClient) -> None:
    page = await get(nobody, "/services", full="true")
    check_page(page, "service.json")
    capacities = [one for row in page["contents"] for one in row["capacities"]]
    assert len(capacities) == 6
    for capacity in capacities:
        check(capacity, "service_capacity.json")
        check(capacity["unit"], "unit.json")


async def test_the_first_page_says_what_this_is(nobody: AsyncClient) -> None:
    told = await get(nobody, "/")
    assert told["version"] == "HSDS-UK-3.0"
    described = (await nobody.get(told["openapi_url"])).json()
    asked = described["paths"]["/service_at_locations"]["get"]["parameters"]
    assert {one["name"] for one in asked} == set(OF_LOCATIONS)
    for path in described["paths"]:
        assert (await nobody.get(FEED + path.replace("/{id}", ""))).status_code == 200


async def test_pages_add_up(nobody: AsyncClient) -> None:
    whole = await get(nobody, "/services")
    assert (whole["total_items"], whole["total_pages"], whole["size"]) == (6, 1, 6)
    assert whole["first_page"]
    assert whole["last_page"]
    pages = [await get(nobody, "/services", page=number, per_page=4) for number in (1, 2, 3)]
    assert [page["size"] for page in pages] == [4, 2, 0]
    assert [page["last_page"] for page in pages] == [False, True, True]
    assert [page["total_pages"] for page in pages] == [2, 2, 2]
    assert [row for page in pages for row in page["contents"]] == whole["contents"]


async def test_what_was_read_does_not_move_when_something_is_added(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    before = await get(nobody, "/services", per_page=6)
    async with transaction(sessions, EXCHANGE) as session:
        provider = await session.scalar(select(Provider.id).where(Provider.ref == "C1"))
        session.add_all(
            Service(
                # Whatever its id, it stands behind what was there.
                id=uuid.UUID(int=number),
                provider_id=provider,
                ref=f"new-{number}",
                name="New",
                needs=["meals"],
                takes_level=1,
                languages=["en"],
                days=["mon-am"],
                access=[],
                standing_yes=False,
            )
            for number in range(3)
        )
    after = await get(nobody, "/services", per_page=6)
    assert after["contents"] == before["contents"]
    assert after["total_items"] == 9


async def test_what_a_reader_holds_is_not_sent_again(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    first = await nobody.get(f"{FEED}/services")
    held = {"If-None-Match": first.headers["etag"]}
    again = await nobody.get(f"{FEED}/services", headers=held)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    await change(sessions, Service, "C1-1", name="Family help")
    changed = await nobody.get(f"{FEED}/services", headers=held)
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


async def test_one_thing_is_not_sent_again_before_it_changes(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    listed = (await get(nobody, "/services", search="family worker"))["contents"][0]
    path = f"{FEED}/services/{listed['id']}"
    first = await nobody.get(path)
    held = {"If-Modified-Since": first.headers["last-modified"]}
    assert (await nobody.get(path, headers=held)).status_code == 304
    bad = {"If-Modified-Since": "yesterday"}
    assert (await nobody.get(path, headers=bad)).status_code == 200
    await asyncio.sleep(1)  # the header counts whole seconds
    await change(sessions, Service, "C1-1", name="Family help")
    assert (await nobody.get(path, headers=held)).status_code == 200


async def test_places_are_live(nobody: AsyncClient, sessions: Sessions) -> None:
    async def capacity() -> Json:
        [one] = (await get(nobody, "/services", search="quiet talks", full="true"))["contents"]
        found: Json = one["capacities"][0]
        return found

    before = await capacity()
    assert (before["available"], before["maximum"]) == (4, 4)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            update(Intake).where(Intake.id == uuid.UUID(before["id"])).values(held=1)
        )
    after = await capacity()
    assert (after["available"], after["maximum"]) == (3, 4)
    assert after["updated"] > before["updated"]
    assert await names(nobody, modified_after=after["updated"]) == {"Quiet talks"}


async def test_anybodys_page_may_read_it(nobody: AsyncClient) -> None:
    answer = await nobody.get(
        f"{FEED}/services", headers={"Origin": "https://elsewhere.example.org"}
    )
    assert "set-cookie" not in answer.headers
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"] == "public, no-cache"
    assert answer.headers["vary"] == "Accept-Encoding"


async def test_large_answers_are_packed(nobody: AsyncClient) -> None:
    request = nobody.build_request("GET", f"{FEED}/services", headers={"Accept-Encoding": "gzip"})
    packed = await nobody.send(request, stream=True)
    raw = b"".join([part async for part in packed.aiter_raw()])
    plain = await nobody.get(f"{FEED}/services", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 2
    assert packed.headers["etag"] == plain.headers["etag"]
