"""What hosts type about volunteers, read field by field, with all faults at once."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from litestar.datastructures import FormMultiDict

from directory.spreadsheets.cells import CellFault, email, uk_telephone
from directory.spreadsheets.places import postcode
from directory.spreadsheets.words import ANY_TIME, PARTS_OF_DAY, WEEKDAYS
from directory.volunteers.asks import load_rules
from marketplace.errors import BadFormError
from marketplace.services.volunteers.volunteers import Details
from marketplace.web import forms

METRES_IN_A_MILE = 1609.344
MOST_PLACES = 50
# Further than this nobody walks with a hot meal, or drives for a neighbour.
MOST_MILES = {"foot": 5, "car": 30}
PHONE = "Type a UK telephone number with its first 0, such as 01632 960 001"
DAY = re.compile(r"(\d{1,2})[ /.](\d{1,2})[ /.](\d{4})")

Typed = dict[str, Any]


def typed_details(form: FormMultiDict) -> Typed:
    """As it was typed, to be shown again."""
    return {
        "name": forms.text(form, "name")[:100],
        "roles": chosen(form, "roles"),
        "places": forms.text(form, "places"),
        "days": chosen(form, "days"),
        "parts": chosen(form, "parts"),
        "travels": forms.text(form, "travels"),
        "miles": forms.text(form, "miles"),
        "phone": forms.text(form, "phone"),
        "email": forms.text(form, "email"),
        "postcode": forms.text(form, "postcode"),
    }


def chosen(form: FormMultiDict, field: str) -> list[str]:
    """Every ticked box of one name."""
    return [value for value in form.getall(field, []) if isinstance(value, str)]


def read_details(typed: Typed) -> Details:
    faults: dict[str, str] = {}
    roles = [role for role in load_rules().roles if role in typed["roles"]]
    days = [day for day in WEEKDAYS if day in typed["days"]]
    travels, miles = typed["travels"], _miles(typed["miles"])
    if not typed["name"]:
        faults["name"] = "Give a name"
    if not roles:
        faults["roles"] = "Choose at least one thing"
    if not _is_count(typed["places"]):
        faults["places"] = "Give a whole number from 1 to 50"
    if not days:
        faults["days"] = "Choose at least one day"
    if travels not in MOST_MILES:
        faults["travels"] = "Choose on foot or by car"
    elif miles is None or not 0 < miles <= MOST_MILES[travels]:
        faults["miles"] = f"Give a number of miles, {MOST_MILES[travels]} at most"
    phone = _read(uk_telephone, typed["phone"], "phone", faults, told=PHONE)
    code = _read(postcode, typed["postcode"], "postcode", faults)
    address = _read(email, typed["email"], "email", faults) if typed["email"] else None
    if faults:
        raise BadFormError(faults)
    return Details(
        name=typed["name"],
        roles=tuple(roles),
        places=int(typed["places"]),
        days=_times(days, typed["parts"]),
        travels=travels,
        reach_metres=round((miles or 0) * METRES_IN_A_MILE),
        phone=phone,
        email=address,
        postcode=code,
    )


def _read(
    read: Callable[[str], str], text: str, field: str, faults: dict[str, str], *, told: str = ""
) -> str:
    try:
        return read(text)
    except CellFault as fault:
        told = told or str(fault)
        faults[field] = told[:1].upper() + told[1:]
        return ""


def _times(days: list[str], parts: list[str]) -> tuple[str, ...]:
    """No time of day ticked is any time."""
    wanted = [part for part in PARTS_OF_DAY if part in parts] or PARTS_OF_DAY
    return tuple(
        time for time in ANY_TIME if time.split("-")[0] in days and time.split("-")[1] in wanted
    )


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= MOST_PLACES  # noqa: PLR2004 - long digits cost time


def _miles(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,2}(\.\d{1,2})?", text) else None


def day(form: FormMultiDict, field: str) -> dt.date:
    """As a browser sends a date, or as people here write one."""
    value = forms.text(form, field)
    try:
        if found := DAY.fullmatch(value):
            return dt.date(int(found[3]), int(found[2]), int(found[1]))
        return dt.date.fromisoformat(value)
    except ValueError:
        raise BadFormError({field: "Give a day, such as 24 11 2026"}) from None
