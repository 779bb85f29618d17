"""Each parameter of the feed chooses what it says, and a bad one is named."""

import uuid

import pytest
from httpx import AsyncClient
from open_feed import FEED, Json, change, get, names

from directory.models import Service
from directory.open_referral.vocabulary import TAXONOMY_ID, describe_term
from marketplace.db.session import Sessions

STAGE = "ground"
NEAR = {"postcode": "IP1 2DE", "proximity": "5000"}

PARENTING = describe_term("parenting")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"search": "TOGETHER parents"}, {"Parents together"}),
        ({"search": "marigold"}, {"Family worker", "Quiet talks"}),
        ({"search": "100%"}, set()),
        ({"taxonomy_term_id": PARENTING["id"]}, {"Family worker", "Parents together"}),
        (
            {"taxonomy_term_id": PARENTING["parent_id"]},
            {"Family worker", "Parents together", "Toddlers by the water"},
        ),
        ({"taxonomy_term_id": str(uuid.UUID(int=1))}, set()),
        ({"taxonomy_id": str(uuid.UUID(int=1))}, set()),
        ({"day": "MO"}, {"Family worker", "Good neighbours"}),
        ({"day": "tuesday", "start_time": "12:00"}, {"Family worker", "Cooked meals"}),
        ({"day": "TU", "start_time": "17:00"}, {"Cooked meals"}),
        ({"day": "TU", "end_time": "16:59"}, set()),
        ({"minimum_age": "5"}, set()),
        ({"modified_after": "2999-01-01T00:00:00Z"}, set()),
        ({"organization_id": str(uuid.UUID(int=1))}, set()),
    ],
)
async def test_parameters_choose(nobody: AsyncClient, asked: Json, found: set[str]) -> None:
    assert await names(nobody, **asked) == found
    assert await names(nobody, "/service_at_locations", **asked) == found


async def test_parameters_that_choose_everything(nobody: AsyncClient) -> None:
    everything = await names(nobody)
    assert len(everything) == 6
    assert await names(nobody, taxonomy_id=str(TAXONOMY_ID)) == everything
    assert await names(nobody, modified_after="2000-01-01T00:00:00+01:00") == everything
    one = (await get(nobody, "/services", search="quiet"))["contents"][0]
    assert one["name"] in await names(nobody, modified_after=one["last_modified"])
    assert await names(nobody, organization_id=one["organization_id"]) == {
        "Family worker",
        "Quiet talks",
    }


async def test_ages_choose(nobody: AsyncClient, sessions: Sessions) -> None:
    await change(sessions, Service, "C1-1", min_age=5, max_age=11)
    assert await names(nobody, minimum_age="5", maximum_age="11") == {"Family worker"}
    assert await names(nobody, minimum_age="6") == set()
    assert await names(nobody, maximum_age="10.5") == set()


async def test_the_nearest_come_first(nobody: AsyncClient) -> None:
    rows = (await get(nobody, "/service_at_locations", **NEAR))["contents"]
    assert rows[0]["service"]["name"] in {"Family worker", "Quiet talks"}
    assert "Toddlers by the water" in {row["service"]["name"] for row in rows}
    near = await names(nobody, "/service_at_locations", postcode="IP1 2DE", proximity="1000")
    assert "Toddlers by the water" not in near
    unknown = await nobody.get(f"{FEED}/service_at_locations?postcode=IP1 9ZZ")
    assert unknown.status_code == 400


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=abc", "page"),
        ("page=99999999999999999999", "page"),
        ("page=999999999&per_page=500", "page"),
        ("per_page=0", "per_page"),
        ("minimum_age=abc", "minimum_age"),
        ("maximum_age=-1", "maximum_age"),
        ("maximum_age=NaN", "maximum_age"),
        ("start_time=25:00", "start_time"),
        ("end_time=soon", "end_time"),
        ("day=XX", "day"),
        ("taxonomy_term_id=xyz", "taxonomy_term_id"),
        ("taxonomy_id=1", "taxonomy_id"),
        ("modified_after=yesterday", "modified_after"),
        ("modified_after=0001-01-01T00:00:00%2B14:00", "modified_after"),
        ("search=" + "a" * 300, "search"),
        ("full=maybe", "full"),
        ("proximity=100", "proximity"),
        ("postcode=nowhere", "postcode"),
        ("postcode=IP1 2DE&proximity=far", "proximity"),
    ],
)
async def test_a_bad_parameter_is_named(nobody: AsyncClient, asked: str, parameter: str) -> None:
    answer = await nobody.get(f"{FEED}/service_at_locations?{asked}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"].startswith(f"{parameter}: ")
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_signs_that_no_keyboard_types_are_refused_as_to_a_machine(
    nobody: AsyncClient,
) -> None:
    for asked in ("organization_id=%00", "search=%00", "search=%e2%80%ae"):
        answer = await nobody.get(f"{FEED}/service_at_locations?{asked}")
        assert answer.status_code == 400
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["title"] == "We cannot read what was sent"


@pytest.mark.parametrize(
    "path", ["services", "service_at_locations", "organizations", "taxonomies", "taxonomy_terms"]
)
async def test_ids_that_are_none(nobody: AsyncClient, path: str) -> None:
    unknown = (uuid.uuid4(), uuid.UUID(int=0), "6f0c0f0e-2f6d-8d0c-ad5c-3a1f5e2b7c44")
    for id_, status in [*((one, 404) for one in unknown), ("xyz", 400), ("%00", 404)]:
        answer = await nobody.get(f"{FEED}/{path}/{id_}")
        assert answer.status_code == status, (id_, answer.text)


async def test_too_many_on_a_page_are_the_most_allowed(nobody: AsyncClient) -> None:
    assert (await get(nobody, "/services", per_page=100_000))["size"] == 6
    assert (await get(nobody, "/services", unheard="of", search=""))["size"] == 6
