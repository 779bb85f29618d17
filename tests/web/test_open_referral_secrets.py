"""What the feed must never tell: where a volunteer lives, a hidden venue, who is not let in."""

import datetime as dt
import uuid

import pytest
from httpx import AsyncClient
from open_feed import FEED, Json, change, get, names
from sqlalchemy import select, update

from directory.models import Intake, Provider, Service
from directory.sources import OutwardArea
from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction

STAGE = "ground"


async def test_a_volunteer_is_a_service_of_the_host_with_an_area(nobody: AsyncClient) -> None:
    paths = ("/services?full=true", "/service_at_locations?full=true", "/organizations")
    told = [(await nobody.get(FEED + path)).text for path in paths]
    for secret in ("Grace", "IP4 1NE", "grace@", "616864", "Two portions"):
        assert not any(secret in text for text in told), secret
    meals = (await get(nobody, "/services", search="meals", full="true"))["contents"][0]
    assert meals["organization"]["name"] == "Lantern Hosts"
    assert meals["name"] == "Cooked meals"
    [place] = meals["service_at_locations"]
    assert set(place["location"]) == {"id", "location_type", "name"}
    assert place["location"]["name"] == "In the IP4 area"
    assert meals["service_areas"][0]["name"] == "IP4"
    assert await get(nobody, f"/services/{meals['id']}") == meals
    assert (await get(nobody, f"/service_at_locations/{place['id']}"))["service"]["name"]


async def test_volunteers_of_one_host_who_help_alike_are_one_service(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        grace = await session.scalar(select(Provider).where(Provider.ref == "V1"))
        assert grace is not None
        kept = ("kind", "hosted_by_id", "check_kind", "check_seen_on", "check_seen_by")
        like = {name: getattr(grace, name) for name in (*kept, "recheck_by", "approved_at")}
        other = Provider(id=uuid.uuid4(), ref="V2", name="Mo Example", **like)
        session.add(other)
        await session.flush()
        service = Service(
            provider_id=other.id,
            ref="V2-1",
            name="Mo's suppers",
            needs=["meals"],
            takes_level=1,
            postcode="IP3 9SQ",
            languages=["en", "pl"],
            days=["wed-eve"],
            access=[],
            standing_yes=False,
        )
        session.add(service)
        await session.flush()
        session.add(
            Intake(
                service_id=service.id,
                places=3,
                price_pence=0,
                family_pays_pence=0,
                opening_cost_pence=0,
            )
        )
    [meals] = (await get(nobody, "/services", search="meals", full="true"))["contents"]
    areas = {place["location"]["name"] for place in meals["service_at_locations"]}
    assert areas == {"In the IP3 area", "In the IP4 area"}
    [capacity] = meals["capacities"]
    assert (capacity["available"], capacity["maximum"]) == (5, 5)
    assert meals["schedules"][0]["byday"] == "TU,WE"
    assert "Mo" not in str(meals).replace("Mornings", "")


async def test_a_volunteer_is_found_from_the_middle_of_the_area_only(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    """Whoever asks from many places with a small circle must learn no more than the area."""
    await change(sessions, Service, "V1-1", easting=616864, northing=244338)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            update(OutwardArea).where(OutwardArea.outward == "IP4").values(easting=618000)
        )
    assert "Cooked meals" not in await names(
        nobody, "/service_at_locations", postcode="IP4 1NE", proximity=500
    )
    near = await names(nobody, "/service_at_locations", postcode="IP4 1NE", proximity=1500)
    assert "Cooked meals" in near


async def test_a_confidential_place_is_an_area(nobody: AsyncClient, sessions: Sessions) -> None:
    await change(sessions, Service, "C1-2", is_confidential=True, venue="12 Hidden Lane")
    [quiet] = (await get(nobody, "/services", search="quiet", full="true"))["contents"]
    [place] = quiet["service_at_locations"]
    assert set(place["location"]) == {"id", "location_type", "name"}
    [row] = (await get(nobody, "/service_at_locations", search="quiet"))["contents"]
    for told in (quiet, row):
        for secret in ("Hidden Lane", "IP1 9WT", "latitude", "postal_code"):
            assert secret not in str(told), secret


NOW = dt.datetime.now(dt.UTC)


@pytest.mark.parametrize(
    "changes",
    [
        {"approved_at": None},
        {"paused_at": NOW},
        {"confirmed_at": NOW - dt.timedelta(days=400)},
    ],
)
async def test_who_is_not_listed_is_in_no_answer(
    nobody: AsyncClient, sessions: Sessions, changes: Json
) -> None:
    listed = (await get(nobody, "/services", search="family worker"))["contents"][0]
    await change(sessions, Provider, "C1", **changes)
    assert await names(nobody) == {"Toddlers by the water", "Parents together"} | {
        "Good neighbours",
        "Cooked meals",
    }
    assert (await nobody.get(f"{FEED}/services/{listed['id']}")).status_code == 404
    organization = f"{FEED}/organizations/{listed['organization_id']}"
    assert (await nobody.get(organization)).status_code == 404
    # Without its host a volunteer is not there either.
    await change(sessions, Provider, "H1", **changes)
    assert await names(nobody) == {"Toddlers by the water", "Parents together"}


async def test_what_its_source_withdrew_is_gone(nobody: AsyncClient, sessions: Sessions) -> None:
    await change(sessions, Service, "G1-1", withdrawn_at=dt.datetime.now(dt.UTC))
    assert "Toddlers by the water" not in await names(nobody)
