"""Real listings, which the project does not contain, found by their own words."""

import csv
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from geopy.point import Point
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import Place, place_from_point, place_on_map
from directory.models import Intake, Provider, Service
from directory.questions import read_question
from directory.search import find_help
from directory.spreadsheets.words import ANY_TIME
from directory.wishes import Wish

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FIRST = 5
ASKED_SHARE = 0.95

pytestmark = [
    pytest.mark.database,
    pytest.mark.skipif(not DATA.exists(), reason="the real samples are not beside the project"),
]


@dataclass(frozen=True)
class Sample:
    name: str
    text: str
    place: Place


def charities(file: str) -> Iterator[Sample]:
    with (DATA / "gb_outcode_centroids.csv").open(encoding="utf-8") as table:
        middles = {row["outcode"]: row for row in csv.DictReader(table)}
    data = (DATA / "services" / file).read_bytes()
    text = (gzip.decompress(data) if file.endswith(".gz") else data).decode()
    for row in csv.DictReader(text.splitlines(keepends=True)):
        outward = row["postcode"].partition(" ")[0]
        if middle := middles.get(outward):
            east, north = float(middle["easting"]), float(middle["northing"])
            place = place_on_map([("", outward, east, north)])[""]
            yield Sample(row["name"], row["activities"], place)


def listings() -> Iterator[Sample]:
    path = DATA / "services" / "buckinghamshire_outpost_services_sample.json"
    for row in json.loads(path.read_text(encoding="utf-8")):
        for location in row["locations"][:1]:
            longitude, latitude = location["geometry"]["coordinates"]
            outward = (location["postal_code"] or "").partition(" ")[0]
            east, north = place_from_point(Point(latitude, longitude))
            place = place_on_map([("", outward, east, north)])[""]
            yield Sample(row["name"], row["description"], place)


@pytest.mark.parametrize(
    ("samples", "fewest"),
    [
        (list(charities("suffolk_charities_sample.csv")) if DATA.exists() else [], 50),
        (list(charities("england_family_charities_sample.csv.gz")) if DATA.exists() else [], 900),
        (list(listings()) if DATA.exists() else [], 15),
    ],
    ids=["suffolk", "england", "buckinghamshire"],
)
async def test_real_listings_are_found_by_their_own_words(
    session: AsyncSession, samples: list[Sample], fewest: int
) -> None:
    assert len(samples) >= fewest
    await bring(session, samples)
    asked = samples[:: max(1, len(samples) // 60)]
    by_name = [await is_found(session, one, one.name) for one in asked]
    by_text = [await is_found(session, one, longest_words(one.text)) for one in asked]
    assert sum(by_name) >= ASKED_SHARE * len(asked)
    assert sum(by_text) >= ASKED_SHARE * len(asked)


async def bring(session: AsyncSession, samples: list[Sample]) -> None:
    """As an importer would, as far as a search can tell."""
    for number, sample in enumerate(samples):
        provider = Provider(
            ref=f"R{number}", name=sample.name, kind="charity", approved_at=func.now()
        )
        service = Service(
            provider=provider,
            ref="1",
            name=sample.name,
            description=sample.text,
            needs=sorted(read_question(sample.text).meant),
            takes_level=1,
            easting=sample.place.easting,
            northing=sample.place.northing,
            postcode=f"{sample.place.outward} 1AA",
            languages=["en"],
            days=list(ANY_TIME),
            access=[],
            standing_yes=False,
        )
        intake = Intake(service=service, price_pence=0, family_pays_pence=0, opening_cost_pence=0)
        session.add_all([provider, service, intake])
    await session.flush()


async def is_found(session: AsyncSession, sample: Sample, words: str) -> bool:
    wish = Wish(near=sample.place, within_metres=10_000, question=read_question(words))
    results = (await find_help(session, wish, size=FIRST)).results
    return sample.name in [one.service_name for one in results]


def longest_words(text: str) -> str:
    words = dict.fromkeys(re.findall(r"[A-Za-z]{4,}", text))
    return " ".join(sorted(words, key=len, reverse=True)[:3])
