"""Which values the standard allows: Open Referral UK 3.0, as far as we read it.

`null` counts as not given, since many feeds send it.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from directory.open_referral.faults import FieldFault
from directory.spreadsheets.cells import EMAIL

Json = dict[str, Any]
Check = Callable[[Any], bool]

URI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+", re.IGNORECASE)
ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
STATUSES = ("active", "inactive", "defunct", "temporarily closed")
PLACE_TYPES = ("physical", "postal", "virtual")
FREQUENCIES = ("WEEKLY", "MONTHLY")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_id(value: Any) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None


def _is_uri(value: Any) -> bool:
    return isinstance(value, str) and URI.fullmatch(value) is not None


def _is_email(value: Any) -> bool:
    return isinstance(value, str) and EMAIL.fullmatch(value) is not None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(dt.datetime.fromisoformat(value))
    except ValueError:
        return False


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(dt.date.fromisoformat(value))
    except ValueError:
        return False


def _is_one_of(*words: str) -> Check:
    return lambda value: value in words


ADVICE: dict[Check, str] = {
    _is_text: "give text.",
    is_id: "give a UUID.",
    _is_uri: "give a whole address, such as https://example.org/help.",
    _is_email: "give one e-mail address, such as help@example.org.",
    _is_number: "give a number.",
    _is_moment: "give a date and time, such as 2026-11-01T09:30:00Z.",
    _is_day: "give a date, such as 2026-11-01.",
}


def _words(*names: str) -> dict[str, Check]:
    return dict.fromkeys(names, _is_text)


# Each kind of thing: its values, which of them must be there, and the things inside it.
VALUES: Mapping[str, Mapping[str, Check]] = {
    "service": {
        "id": is_id,
        "organization_id": is_id,
        "url": _is_uri,
        "email": _is_email,
        "status": _is_one_of(*STATUSES),
        "minimum_age": _is_number,
        "maximum_age": _is_number,
        "assurer_email": _is_email,
        "last_modified": _is_moment,
        **_words("name", "description", "fees", "accreditations", "assured_date", "alert"),
    },
    "organization": {
        "id": is_id,
        "email": _is_email,
        "website": _is_uri,
        "uri": _is_uri,
        "parent_organization_id": is_id,
        "last_modified": _is_moment,
        **_words("name", "description", "logo"),
    },
    "schedule": {
        "id": is_id,
        "freq": _is_one_of(*FREQUENCIES),
        "interval": _is_number,
        "schedule_link": _is_uri,
        **_words("byday", "bymonthday", "description", "opens_at", "closes_at", "valid_from"),
    },
    "service_area": {"id": is_id, **_words("name", "service_area")},
    "service_at_location": {"id": is_id},
    "location": {
        "id": is_id,
        "location_type": _is_one_of(*PLACE_TYPES),
        "latitude": _is_number,
        "longitude": _is_number,
        **_words("name", "description"),
    },
    "address": {
        "id": is_id,
        "address_type": _is_one_of(*PLACE_TYPES),
        **_words("address_1", "city", "state_province", "postal_code", "country"),
    },
    "accessibility": {"id": is_id, "url": _is_uri, **_words("description", "details")},
    "language": {"id": is_id},
    "funding": {"id": is_id, **_words("source")},
    "cost_option": {"id": is_id, "amount": _is_number, **_words("option", "amount_description")},
    "contact": {"id": is_id, **_words("name", "title")},
    "phone": _words("number"),
    "attribute": {"id": is_id, "taxonomy_term_id": is_id},
    "taxonomy_term": {
        "id": is_id,
        "parent_id": is_id,
        "taxonomy_id": is_id,
        "term_uri": _is_uri,
        **_words("name", "description", "taxonomy", "term"),
    },
    "taxonomy": {"id": is_id, "uri": _is_uri, **_words("name", "description", "version")},
    "organization_identifier": {
        "id": is_id,
        **_words("identifier_scheme", "identifier_type", "identifier"),
    },
    "capacity": {
        "id": is_id,
        "available": _is_number,
        "maximum": _is_number,
        "updated": _is_moment,
        "starts_on": _is_day,
    },
    "api_details": {"version": _is_text, "profile": _is_uri, "openapi_url": _is_uri},
}
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "service": ("id", "name", "status"),
    "organization": ("id", "name", "description"),
    "location": ("id", "location_type"),
    "address": ("id", *VALUES["address"]),
    "taxonomy_term": ("id", "name", "description"),
    "taxonomy": ("id", "name", "description"),
    "organization_identifier": ("id", "identifier_type", "identifier"),
    "capacity": ("id", "available", "updated"),
    "api_details": ("version", "profile", "openapi_url"),
    "phone": (),
}
LISTS: Mapping[str, Mapping[str, str]] = {
    "service": {
        "schedules": "schedule",
        "service_areas": "service_area",
        "service_at_locations": "service_at_location",
        "languages": "language",
        "funding": "funding",
        "cost_options": "cost_option",
        "contacts": "contact",
        "phones": "phone",
        "attributes": "attribute",
        "capacities": "capacity",
    },
    "organization": {
        "organization_identifiers": "organization_identifier",
        "attributes": "attribute",
    },
    "location": {"addresses": "address", "accessibility": "accessibility"},
    "contact": {"phones": "phone", "attributes": "attribute"},
    "taxonomy": {"taxonomy_terms": "taxonomy_term"},
}
PARTS: Mapping[str, Mapping[str, str]] = {
    "service": {"organization": "organization"},
    "service_at_location": {"location": "location", "service": "service"},
    "attribute": {"taxonomy_term": "taxonomy_term"},
}


def check(kind: str, thing: Any, *, what: str, where: str = "") -> Iterator[FieldFault]:
    """Find every value that is missing or not allowed, in the thing and in what it holds."""
    if not isinstance(thing, dict):
        yield FieldFault(what, where or kind, "give an object with names and values.")
        return
    path = f"{where}." if where else ""
    for name in REQUIRED.get(kind, ("id",)):
        if thing.get(name) is None:
            yield FieldFault(what, f"{path}{name}", "this is missing.")
    for name, allows in VALUES[kind].items():
        value = thing.get(name)
        if value is not None and not allows(value):
            yield FieldFault(what, f"{path}{name}", ADVICE.get(allows, "use a word of the list."))
    for name, inner in PARTS.get(kind, {}).items():
        if thing.get(name) is not None:
            yield from check(inner, thing[name], what=what, where=f"{path}{name}")
    for name, inner in LISTS.get(kind, {}).items():
        yield from _check_list(inner, thing.get(name), what=what, where=f"{path}{name}")
    if kind == "taxonomy_term" and thing.get("parent_id") == thing.get("id") is not None:
        yield FieldFault(what, f"{path}parent_id", "a term cannot stand below itself.")


def _check_list(kind: str, rows: Any, *, what: str, where: str) -> Iterator[FieldFault]:
    if rows is None:
        return
    if not isinstance(rows, list):
        yield FieldFault(what, where, "give a list.")
        return
    for number, row in enumerate(rows):
        yield from check(kind, row, what=what, where=f"{where}[{number}]")


def without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_null(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [without_null(one) for one in value if one is not None]
    return value
