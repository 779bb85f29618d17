"""Turns what is listed into the answers of the standard. Optional values are left out, never null.

What our tables hold is told by us; what an imported listing told besides is passed on as it came.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from directory.open_referral import meanings
from directory.open_referral.identity import NAMESPACE, derive
from directory.open_referral.listed import ListedIntake, ListedOrganization, ListedService
from directory.open_referral.question import DAYS
from directory.open_referral.vocabulary import codes_of_attribute, describe_term
from directory.open_referral.writer_places import write_places
from directory.spreadsheets.words import ANY_TIME, PARTS_OF_DAY

Json = dict[str, Any]

UNIT = {"id": str(derive(NAMESPACE, "unit:place")), "name": "place"}
LETTERS_OF_DAYS = {day: letters for letters, day in DAYS.items()}
LISTS = (
    "attributes",
    "capacities",
    "contacts",
    "cost_options",
    "funding",
    "languages",
    "phones",
    "schedules",
    "service_areas",
)


def write_service(listed: ListedService) -> Json:
    told = listed.open_referral
    lists = {
        "schedules": _schedules(listed),
        "service_areas": _service_areas(listed),
        "service_at_locations": write_places(listed),
        "languages": _languages(listed),
        "funding": told.get("funding"),
        "cost_options": _cost_options(listed),
        **_contacts(listed),
        "attributes": _attributes(listed),
        "capacities": [_capacity(listed, one) for one in listed.intakes if one.left is not None],
    }
    return _one_to_one(listed) | {
        "organization": write_organization(listed.organization),
        **{name: rows for name, rows in lists.items() if rows},
    }


def write_service_row(listed: ListedService) -> Json:
    """Only what a row of a list has: one value for each name."""
    return _one_to_one(listed) | {"organization": write_organization_row(listed.organization)}


def write_at_location(listed: ListedService, place: Json) -> Json:
    service = write_service(listed)
    del service["service_at_locations"]
    return place | {"service": service}


def write_at_location_row(listed: ListedService, place: Json) -> Json:
    location = place["location"]
    lists = ("addresses", "accessibility", "attributes", "contacts", "phones", "schedules")
    row = {name: value for name, value in location.items() if name not in lists}
    return {"id": place["id"], "location": row, "service": write_service_row(listed)}


def write_organization(organization: ListedOrganization) -> Json:
    told = organization.open_referral
    identifiers = [*_charity(organization), *told.get("organization_identifiers", [])]
    lists = {"organization_identifiers": identifiers, "attributes": told.get("attributes")}
    return write_organization_row(organization) | {
        name: rows for name, rows in lists.items() if rows
    }


def write_organization_row(organization: ListedOrganization) -> Json:
    told = organization.open_referral.items()
    return without_nothing(
        {name: value for name, value in told if not isinstance(value, list)}
        | {
            "id": str(organization.id),
            "name": organization.name,
            # The standard wants one; a name says more than an empty line.
            "description": organization.description or organization.name,
            "email": organization.email,
            "website": as_uri(organization.website),
            "last_modified": as_time(organization.modified_at),
        }
    )


def without_nothing(values: Mapping[str, Any]) -> Json:
    return {name: value for name, value in values.items() if value is not None}


def as_uri(address: str | None) -> str | None:
    return f"https://{address}" if address and "://" not in address else address


def as_time(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _one_to_one(listed: ListedService) -> Json:
    told = {name: value for name, value in listed.open_referral.items() if name not in LISTS}
    return without_nothing(
        told
        | {
            "id": str(listed.id),
            "organization_id": str(listed.organization.id),
            "name": listed.name,
            "description": listed.description,
            "url": as_uri(listed.url),
            "email": listed.email,
            "status": "active",
            "minimum_age": listed.min_age,
            "maximum_age": listed.max_age,
            "last_modified": as_time(listed.modified_at),
        }
    )


def _charity(organization: ListedOrganization) -> Iterable[Json]:
    number = organization.charity_number
    if number is None:
        return
    prefixes = {"SC": "GB-SC", "NI": "GB-NIC"}
    yield {
        "id": str(derive(organization.id, "charity-number")),
        "organization_id": str(organization.id),
        "identifier_scheme": prefixes.get(number[:2], "GB-CHC"),
        "identifier_type": "Charity number",
        "identifier": number,
    }


def _schedules(listed: ListedService) -> list[Json]:
    told: list[Json] = listed.open_referral.get("schedules", [])
    if told and meanings.days_of(told) == tuple(listed.days):
        return told
    if set(listed.days) == set(ANY_TIME):
        return []
    by_part = {part: _days_with(part, listed.days) for part in PARTS_OF_DAY}
    return [
        {
            "id": str(derive(listed.id, f"schedule:{part}")),
            "service_id": str(listed.id),
            "freq": "WEEKLY",
            "byday": days,
            "description": meanings.PART_WORDS[part],
        }
        for part, days in by_part.items()
        if days
    ]


def _days_with(part: str, days: Iterable[str]) -> str:
    names = [day.removesuffix(f"-{part}") for day in days if day.endswith(f"-{part}")]
    return ",".join(LETTERS_OF_DAYS[name] for name in names)


def _service_areas(listed: ListedService) -> list[Json]:
    told: list[Json] = listed.open_referral.get("service_areas", [])
    areas = [place.area for place in listed.places if place.area]
    return told or [
        {
            "id": str(derive(listed.id, f"area:{area}")),
            "service_id": str(listed.id),
            "name": area,
            "service_area": area,
        }
        for area in areas
    ]


def _languages(listed: ListedService) -> list[Json]:
    ours = [
        {
            "id": str(derive(listed.id, f"language:{code}")),
            "service_id": str(listed.id),
            "code": code,
        }
        for code in listed.languages
    ]
    told = listed.open_referral.get("languages", [])
    return [*ours, *(one for one in told if meanings.language_of(one) is None)]


def _cost_options(listed: ListedService) -> list[Json]:
    told: list[Json] = listed.open_referral.get("cost_options", [])
    prices = [intake.pays_pence for intake in listed.intakes]
    if told and meanings.lowest_pence(told) in {min(prices, default=None), None}:
        return told
    if told and not prices:
        return told
    return [_cost_option(listed, intake) for intake in listed.intakes]


def _cost_option(listed: ListedService, intake: ListedIntake) -> Json:
    return without_nothing(
        {
            "id": str(derive(intake.id, "cost")),
            "service_id": str(listed.id),
            "valid_from": intake.starts_on and intake.starts_on.isoformat(),
            "option": "What a family pays",
            "amount": intake.pays_pence / 100,
        }
    )


def _contacts(listed: ListedService) -> Json:
    told = listed.open_referral
    names = ("contacts", "phones")
    ours = listed.phone or listed.organization.phone
    if ours is None or meanings.first_phone(told) == ours:
        return {name: told.get(name) for name in names}
    contact = {
        "id": str(derive(listed.id, "contact")),
        "service_id": str(listed.id),
        "phones": [{"id": str(derive(listed.id, "phone")), "number": ours}],
    }
    others = meanings.without(told.get("contacts", []), keys=("phones",))
    return {"contacts": [contact, *others]}


def _attributes(listed: ListedService) -> list[Json]:
    ours = [_attribute(listed, code) for code in listed.needs]
    told = listed.open_referral.get("attributes", [])
    return [*ours, *(one for one in told if set(codes_of_attribute(one)) <= set(listed.needs))]


def _attribute(listed: ListedService, code: str) -> Json:
    term = describe_term(code)
    return {
        "id": str(derive(listed.id, f"need:{code}")),
        "link_id": str(listed.id),
        "link_type": "service",
        "taxonomy_term_id": term["id"],
        "taxonomy_term": term,
    }


def _capacity(listed: ListedService, intake: ListedIntake) -> Json:
    """HSDS 3.1's live capacity, which the UK profile allows as an extension."""
    told: Json = next(
        (one for one in listed.open_referral.get("capacities", []) if one["id"] == str(intake.id)),
        {},
    )
    most = told.get("maximum") if told else intake.places
    return without_nothing(
        {"unit": UNIT, "unit_id": UNIT["id"], "description": "Places left for families"}
        | told
        | {
            "id": str(intake.id),
            "service_id": str(listed.id),
            "available": intake.left,
            "maximum": most if most is None else max(most, intake.left or 0),
            "updated": as_time(intake.modified_at),
            "starts_on": intake.starts_on and intake.starts_on.isoformat(),
        }
    )
