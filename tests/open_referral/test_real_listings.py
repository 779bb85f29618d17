"""A county's own listings (../shared/data), told as the standard tells them, and found again."""

import json
import os
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from listings_of_others import ORGANIZATION, take

from directory.open_referral.answers import at_locations_page, services_page
from directory.open_referral.question import Question
from directory.postcodes import load_postcodes
from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from standard import ROOT

SHARED = Path(os.environ.get("SHARED", ROOT.parent / "shared"))
LISTINGS = SHARED / "data" / "services" / "buckinghamshire_outpost_services_sample.json"
Json = dict[str, Any]


def identity(*parts: Any) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join(map(str, parts))))


def as_service(listing: Json) -> Json:
    number = listing["id"]
    told = {
        "id": identity(number),
        "name": listing["name"],
        "description": listing["description"],
        "status": "active",
        "minimum_age": listing["min_age"],
        "maximum_age": listing["max_age"],
        "organization": ORGANIZATION,
        "schedules": [
            {
                "id": identity(number, "time", at),
                "freq": "WEEKLY",
                "byday": (time["weekday"] or "")[:2].upper(),
                "opens_at": time["opens_at"],
                "closes_at": time["closes_at"],
            }
            for at, time in enumerate(listing["regular_schedules"])
        ],
        "attributes": [
            {
                "id": identity(number, term),
                "taxonomy_term": {"id": identity(term), "name": term, "description": term},
            }
            for term in dict.fromkeys(filter(None, listing["taxonomies"]))
        ],
        "service_at_locations": [
            as_place(number, at, place) for at, place in enumerate(listing["locations"])
        ],
    }
    return {name: value for name, value in told.items() if value is not None}


def as_place(number: int, at: int, place: Json) -> Json:
    address = {
        "id": identity(number, "address", at),
        "address_1": place["name"] or "",
        "city": place["city"] or "",
        "state_province": "Buckinghamshire",
        "postal_code": place["postal_code"] or "",
        "country": "GB",
        "address_type": "physical",
    }
    location: Json = {
        "id": identity(number, "location", at),
        "location_type": "physical",
        "name": place["name"],
        "addresses": [address],
    }
    if place.get("geometry"):
        longitude, latitude = place["geometry"]["coordinates"]
        location |= {"latitude": latitude, "longitude": longitude}
    return {"id": identity(number, "at", at), "location": location}


@pytest.mark.skipif(not LISTINGS.exists(), reason="../shared/data is not there")
async def test_a_countys_listings_are_found_by_their_words(
    sessions: Sessions, tmp_path: Path
) -> None:
    listings = json.loads(LISTINGS.read_text())
    file = tmp_path / "listings.json"
    file.write_text(json.dumps([as_service(one) for one in listings]))
    async with transaction(sessions, EXCHANGE) as session:
        await load_postcodes(session, letters="H")
    outcome = await take(sessions, str(file), approve=True)
    assert len(outcome.added) == len(listings)
    async with transaction(sessions, EXCHANGE) as session:
        brownies = Question(search="aylesbury brownies", day="mon")
        found = await services_page(session, brownies)
        assert "12th Aylesbury Brownies" in {row["name"] for row in found["contents"]}
        near = Question(search="brownies", postcode="HP21 7JF", proximity=200)
        page = await at_locations_page(session, near)
        assert page["contents"][0]["location"]["name"] == "St Joseph's Catholic Infant School"
