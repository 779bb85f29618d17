"""What the standard's lists mean in our words.

The reader takes the meaning; the writer asks whether the imported list still means what we hold,
and where somebody corrected it here it tells ours instead.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from directory.open_referral.question import DAYS
from directory.spreadsheets.cells import CellFault, uk_telephone
from directory.spreadsheets.places import postcode
from directory.spreadsheets.words import ACCESS, ANY_TIME, PARTS_OF_DAY, languages

Json = dict[str, Any]
Lists = Sequence[Mapping[str, Any]]

BYDAY = re.compile("|".join(DAYS))
ENDS_OF_PARTS = {"am": dt.time(12), "pm": dt.time(17), "eve": dt.time.max}
PART_WORDS = {"am": "Mornings", "pm": "Afternoons", "eve": "Evenings"}
ACCESS_WORDS = {
    "step-free": "Step-free access",
    "hearing-loop": "A hearing loop",
    "bsl": "British Sign Language (BSL)",
    "quiet": "A quiet space",
    "online-only": "Online only",
    "at-home": "At your home",
}
CHARITY_REGISTERS = ("GB-CHC", "GB-SC", "GB-NIC")
MOST_POUNDS = 10_000_000


def days_of(schedules: Lists) -> tuple[str, ...]:
    """Give the parts of days in the order of the week; where nothing is said, any time."""
    found = {time for schedule in schedules for time in _times(schedule)}
    return tuple(time for time in ANY_TIME if time in found) or ANY_TIME


def _times(schedule: Mapping[str, Any]) -> Iterator[str]:
    parts = _parts(schedule)
    for letters in BYDAY.findall(str(schedule.get("byday") or "").upper()):
        yield from (f"{DAYS[letters]}-{part}" for part in parts)


def _parts(schedule: Mapping[str, Any]) -> Sequence[str]:
    opens, closes = _time(schedule.get("opens_at")), _time(schedule.get("closes_at"))
    if opens is None and closes is None:
        said = [part for part, word in PART_WORDS.items() if word == schedule.get("description")]
        return said or PARTS_OF_DAY
    begins, ends = opens or dt.time.min, closes or dt.time.max
    starts = dict(zip(PARTS_OF_DAY, (dt.time.min, dt.time(12), dt.time(17)), strict=True))
    return [
        part for part, end in ENDS_OF_PARTS.items() if begins < end and ends > starts[part]
    ] or PARTS_OF_DAY


def _time(text: Any) -> dt.time | None:
    try:
        return dt.time.fromisoformat(text).replace(tzinfo=None)
    except (TypeError, ValueError):
        return None


def language_of(entry: Mapping[str, Any]) -> str | None:
    return _language(str(entry.get("code") or ""))


@lru_cache(maxsize=1_000)
def _language(code: str) -> str | None:
    try:
        return languages(code)[0]
    except CellFault:
        return None


def lowest_pence(cost_options: Lists) -> int | None:
    amounts = [pence for option in cost_options if (pence := pence_of(option)) is not None]
    return min(amounts, default=None)


def pence_of(option: Mapping[str, Any]) -> int | None:
    try:
        pounds = Decimal(str(option.get("amount")))
    except InvalidOperation:
        return None
    return round(pounds * 100) if 0 <= pounds <= MOST_POUNDS else None


def first_phone(told: Mapping[str, Any]) -> str | None:
    """Find the first number that can be rung from here, of the service or of its contacts."""
    holders = [told, *told.get("contacts", [])]
    numbers = (phone.get("number") for holder in holders for phone in holder.get("phones", []))
    return next(filter(None, map(_telephone, numbers)), None)


def _telephone(number: Any) -> str | None:
    try:
        return uk_telephone(str(number or "").strip('" '))
    except CellFault:
        return None


def access_of(accessibility: Lists) -> tuple[str, ...]:
    """Take only our own words: “no step-free access” has them too."""
    said = {entry.get("description") for entry in accessibility}
    return tuple(code for code in ACCESS if ACCESS_WORDS[code] in said)


def postcode_of(location: Mapping[str, Any]) -> str | None:
    found = map(_postcode, location.get("addresses", []))
    return next(filter(None, found), None)


def _postcode(address: Mapping[str, Any]) -> str | None:
    try:
        return postcode(str(address.get("postal_code") or ""))
    except CellFault:
        return None


def charity_number_of(identifiers: Lists) -> str | None:
    return next((str(one.get("identifier")) for one in identifiers if is_charity(one)), None)


def is_charity(identifier: Mapping[str, Any]) -> bool:
    return identifier.get("identifier_scheme") in CHARITY_REGISTERS


def without(lists: Iterable[Json], *, keys: Iterable[str]) -> list[Json]:
    dropped = set(keys)
    return [{key: value for key, value in one.items() if key not in dropped} for one in lists]
