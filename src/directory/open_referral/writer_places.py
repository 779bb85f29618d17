"""Where a service happens, as the standard tells it; what must stay hidden is an area's name."""

from typing import Any

from directory.open_referral import meanings
from directory.open_referral.identity import derive
from directory.open_referral.listed import ListedPlace, ListedService

Json = dict[str, Any]


def write_places(listed: ListedService) -> list[Json]:
    first, *others = listed.places
    return [_write(listed, first, _main_location(listed, first))] + [
        _write(listed, place, _other_location(listed, place)) for place in others
    ]


def _write(listed: ListedService, place: ListedPlace, location: Json) -> Json:
    described = place.described | {
        "id": str(place.id),
        "service_id": str(listed.id),
        "location": location,
    }
    return {name: value for name, value in described.items() if value is not None}


def _other_location(listed: ListedService, place: ListedPlace) -> Json:
    if place.area:
        return _area(listed, place.area)
    location: Json = place.described["location"]
    return location


def _main_location(listed: ListedService, place: ListedPlace) -> Json:
    """Pass on what a feed told, as long as it is still where the service is."""
    if place.area:
        return _area(listed, place.area)
    told: Json = place.described.get("location", {})
    ours = _our_location(listed)
    if not told:
        return ours
    if meanings.postcode_of(told) != listed.postcode:
        return ours | {"id": told["id"]}
    location = dict(told)
    if listed.venue:
        location["name"] = listed.venue
    if meanings.access_of(told.get("accessibility", [])) != tuple(listed.access):
        location["accessibility"] = _accessibility(listed)
    return location


def _area(listed: ListedService, area: str) -> Json:
    return {
        "id": str(derive(listed.id, f"area:{area}")),
        "location_type": "physical",
        "name": f"In the {area} area",
    }


def _our_location(listed: ListedService) -> Json:
    here = derive(listed.id, "location")
    location: Json = {
        "id": str(here),
        "location_type": "physical" if listed.postcode else "virtual",
        "name": listed.venue or (None if listed.postcode else "Online or by phone"),
        "latitude": listed.latitude,
        "longitude": listed.longitude,
    }
    if listed.postcode:
        location["addresses"] = [_address(listed, listed.postcode)]
    if listed.access:
        location["accessibility"] = _accessibility(listed)
    return {name: value for name, value in location.items() if value is not None}


def _address(listed: ListedService, postcode: str) -> Json:
    """The standard asks for a street and a town, which we do not hold: the area stands for them."""
    area = postcode.split(maxsplit=1)[0]
    here = derive(listed.id, "location")
    return {
        "id": str(derive(here, "address")),
        "location_id": str(here),
        "address_1": listed.venue or listed.organization.name,
        "city": area,
        "state_province": listed.country or "United Kingdom",
        "postal_code": postcode,
        "country": "GB",
        "address_type": "physical",
    }


def _accessibility(listed: ListedService) -> list[Json]:
    here = derive(listed.id, "location")
    return [
        {
            "id": str(derive(here, code)),
            "location_id": str(here),
            "description": meanings.ACCESS_WORDS[code],
        }
        for code in listed.access
    ]
