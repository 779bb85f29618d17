"""Turns a checked service of the standard into columns of ours, and keeps the rest as it came."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from directory.open_referral import meanings
from directory.open_referral.identity import derive
from directory.open_referral.vocabulary import codes_of_attribute, is_ours
from directory.spreadsheets.services import CHARITY_NUMBER

Json = dict[str, Any]

OLDEST_AGE = 150
MOST_PLACES = 1_000_000
FURTHEST_NORTH_DEGREES = 90
MODELLED_OF_ORGANIZATION = {
    "id",
    "name",
    "description",
    "email",
    "website",
    "last_modified",
    "organization_identifiers",
}
MODELLED_OF_SERVICE = {
    "id",
    "organization",
    "organization_id",
    "name",
    "description",
    "url",
    "email",
    "status",
    "minimum_age",
    "maximum_age",
    "last_modified",
    "service_at_locations",
    "languages",
    "attributes",
}
NOT_OF_DIGEST = ("last_modified", "organization")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadIntake:
    id: UUID
    starts_on: str | None
    places: int | None
    pays_pence: int
    modified_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlace:
    id: UUID
    described: Json
    postcode: str | None
    degrees: tuple[float, float] | None  # latitude, longitude


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOrganization:
    """`fields` are columns of ours by name; `rest` is told on as it came."""

    id: UUID
    fields: Json
    rest: Json
    modified_at: str | None
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadService:
    id: UUID
    organization: ReadOrganization
    fields: Json
    rest: Json
    is_open: bool
    modified_at: str | None
    intakes: Sequence[ReadIntake]
    places: Sequence[ReadPlace]
    unmatched: Sequence[str]
    digest: str


def read_organization(told: Mapping[str, Any]) -> ReadOrganization:
    identifiers = told.get("organization_identifiers", [])
    number = meanings.charity_number_of(identifiers)
    if number is not None and not CHARITY_NUMBER.fullmatch(number):
        number = None
    rest = {name: value for name, value in told.items() if name not in MODELLED_OF_ORGANIZATION}
    others = [one for one in identifiers if number is None or not meanings.is_charity(one)]
    return ReadOrganization(
        id=UUID(told["id"]),
        fields={
            "name": told["name"],
            "description": told["description"],
            "website": told.get("website"),
            "contact_email": told.get("email"),
            "charity_number": number,
        },
        rest=rest | ({"organization_identifiers": others} if others else {}),
        modified_at=_moment(told.get("last_modified")),
        digest=_digest(told),
    )


def read_service(told: Json, organization: ReadOrganization, *, is_digital: bool) -> ReadService:
    places = _main_first([_place(one) for one in told.get("service_at_locations", [])])
    main = places[0] if places else None
    location = main.described.get("location", {}) if main else {}
    attributes = told.get("attributes", [])
    languages = [meanings.language_of(one) for one in told.get("languages", [])]
    return ReadService(
        id=UUID(told["id"]),
        organization=organization,
        fields={
            "name": told["name"],
            "description": told.get("description"),
            "website": told.get("url"),
            "email": told.get("email"),
            "phone": meanings.first_phone(told),
            "needs": list(dict.fromkeys(c for one in attributes for c in codes_of_attribute(one))),
            "venue": location.get("name"),
            "postcode": main.postcode if main else None,
            "min_age": _age(told.get("minimum_age")),
            "max_age": _age(told.get("maximum_age")),
            "languages": list(dict.fromkeys(filter(None, languages))) or ["en"],
            "days": list(meanings.days_of(told.get("schedules", []))),
            "access": list(meanings.access_of(location.get("accessibility", []))),
        },
        rest=_rest(told),
        is_open=told["status"] == "active",
        modified_at=_moment(told.get("last_modified")),
        intakes=list(_intakes(told, is_digital=is_digital)),
        places=places,
        unmatched=[_name(one) for one in attributes if not codes_of_attribute(one)],
        digest=_digest(told),
    )


def _rest(told: Json) -> Json:
    rest = {name: value for name, value in told.items() if name not in MODELLED_OF_SERVICE}
    languages = [one for one in told.get("languages", []) if not meanings.language_of(one)]
    attributes = [one for one in told.get("attributes", []) if not is_ours(one)]
    kept = {"languages": languages, "attributes": attributes}
    return rest | {name: rows for name, rows in kept.items() if rows}


def _place(told: Json) -> ReadPlace:
    location = told.get("location", {})
    latitude, longitude = location.get("latitude"), location.get("longitude")
    degrees = None
    if latitude is not None and longitude is not None and abs(latitude) < FURTHEST_NORTH_DEGREES:
        degrees = (float(latitude), float(longitude))
    described = {name: value for name, value in told.items() if name not in {"id", "service_id"}}
    return ReadPlace(
        id=UUID(told["id"]),
        described=described,
        postcode=meanings.postcode_of(location),
        degrees=degrees,
    )


def _main_first(places: Sequence[ReadPlace]) -> list[ReadPlace]:
    """Let the first that has a postcode be where the service is."""
    main = next((place for place in places if place.postcode), None)
    return sorted(places, key=lambda place: place is not main) if main else list(places)


def _age(told: float | None) -> int | None:
    return None if told is None or not 0 <= told <= OLDEST_AGE else int(told)


def _moment(text: str | None) -> str | None:
    """Write every form that is allowed as the database reads it."""
    if text is None:
        return None
    moment = dt.datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).isoformat()


def _day(text: str | None) -> str | None:
    return None if text is None else dt.date.fromisoformat(text).isoformat()


def _intakes(told: Json, *, is_digital: bool) -> Iterator[ReadIntake]:
    """Take live places; without any only what is online is open to everyone."""
    options = {one.get("id"): one for one in told.get("cost_options", [])}
    lowest = meanings.lowest_pence(list(options.values())) or 0
    capacities = told.get("capacities", [])
    if not capacities and is_digital:
        yield ReadIntake(
            id=derive(UUID(told["id"]), "intake"),
            starts_on=None,
            places=None,
            pays_pence=lowest,
            modified_at=_moment(told.get("last_modified")),
        )
    starts = set()
    for capacity in capacities:
        start = _day(capacity.get("starts_on"))
        if start in starts:
            continue
        starts.add(start)
        id_ = UUID(capacity["id"])
        option = options.get(str(derive(id_, "cost")))
        yield ReadIntake(
            id=id_,
            starts_on=start,
            places=max(0, min(int(capacity["available"]), MOST_PLACES)),
            pays_pence=(meanings.pence_of(option) if option else None) or (0 if option else lowest),
            modified_at=_moment(capacity["updated"]),
        )


def _name(attribute: Json) -> str:
    term = attribute.get("taxonomy_term", {})
    return str(term.get("name") or attribute.get("label") or attribute.get("taxonomy_term_id"))


def _digest(told: Mapping[str, Any]) -> str:
    """Of all but the date: a source may call a thing changed that says the same."""
    said = {name: value for name, value in told.items() if name not in NOT_OF_DIGEST}
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()
