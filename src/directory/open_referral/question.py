"""What a reader may ask of the feed. Each parameter is told once: read here, and in the OpenAPI."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from directory.spreadsheets.cells import CellFault
from directory.spreadsheets.places import postcode
from directory.spreadsheets.words import WEEKDAYS

PER_PAGE = 50
MOST_PER_PAGE = 500
LARGEST_NUMBER = 10**9
LONGEST_SEARCH = 200
DAYS = dict(zip(("MO", "TU", "WE", "TH", "FR", "SA", "SU"), WEEKDAYS, strict=True))
DAY_LETTERS = 2


class BadParameterError(ValueError):
    def __init__(self, name: str, what_to_do: str) -> None:
        self.name = name
        super().__init__(f"{name}: {what_to_do}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    page: int = 1
    per_page: int = PER_PAGE
    search: str = ""
    taxonomy_term_id: UUID | None = None
    taxonomy_id: UUID | None = None
    minimum_age: float | None = None
    maximum_age: float | None = None
    start_time: dt.time | None = None
    end_time: dt.time | None = None
    day: str | None = None
    organization_id: UUID | None = None
    modified_after: dt.datetime | None = None
    full: bool = False
    postcode: str | None = None
    proximity: int | None = None

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.per_page


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    description: str


def _whole(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) < 1:
        raise ValueError("give a whole number from 1.")
    return int(text)


def _per_page(text: str) -> int:
    return min(_whole(text), MOST_PER_PAGE)


def _age(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", text):
        raise ValueError("give an age in years, such as 5.")
    return float(text)


def _time(text: str) -> dt.time:
    try:
        return dt.time.fromisoformat(text).replace(tzinfo=None)
    except ValueError as error:
        raise ValueError("give a time of day, such as 09:30.") from error


def _moment(text: str) -> dt.datetime:
    # A “+” that was not escaped arrives as a space.
    try:
        moment = dt.datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError as error:
        raise ValueError("give a date and time, such as 2026-11-01T00:00:00Z.") from error
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    try:
        return aware.astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError("give a date and time, such as 2026-11-01T00:00:00Z.") from error


def _day(text: str) -> str:
    letters = text.strip().upper()[:DAY_LETTERS]
    if letters not in DAYS:
        raise ValueError("give a day, such as MO or Monday.")
    return DAYS[letters]


def _identity(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise ValueError("give an id, such as 6f0c0f0e-2f6d-5d0c-9d5c-3a1f5e2b7c44.") from error


def _search(text: str) -> str:
    if "\0" in text or len(text) > LONGEST_SEARCH:
        raise ValueError(f"give words of at most {LONGEST_SEARCH} characters.")
    return text.strip()


def _postcode(text: str) -> str:
    try:
        return postcode(text)
    except CellFault as fault:
        raise ValueError(str(fault)) from fault


def _yes_or_no(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError("write true or false.")
    return text.lower() == "true"


_ID = {"type": "string", "format": "uuid"}
PAGING: dict[str, Parameter] = {
    "page": Parameter(
        read=_whole,
        schema={"type": "integer", "minimum": 1, "default": 1},
        description="The number of the page. A page past the last is empty.",
    ),
    "per_page": Parameter(
        read=_per_page,
        schema={"type": "integer", "minimum": 1, "default": PER_PAGE, "maximum": MOST_PER_PAGE},
        description=f"Rows on a page; more than {MOST_PER_PAGE} are given as {MOST_PER_PAGE}.",
    ),
}
OF_SERVICES: dict[str, Parameter] = PAGING | {
    "search": Parameter(
        read=_search,
        schema={"type": "string", "maxLength": LONGEST_SEARCH},
        description="Words that the service's name, description or organisation has, all of them.",
    ),
    "taxonomy_term_id": Parameter(
        read=_identity, schema=_ID, description="Services with this term, or with one below it."
    ),
    "taxonomy_id": Parameter(
        read=_identity, schema=_ID, description="Services with any term of this taxonomy."
    ),
    "minimum_age": Parameter(
        read=_age,
        schema={"type": "number", "minimum": 0},
        description="Services whose minimum age is at least this.",
    ),
    "maximum_age": Parameter(
        read=_age,
        schema={"type": "number", "minimum": 0},
        description="Services whose maximum age is at most this.",
    ),
    "start_time": Parameter(
        read=_time,
        schema={"type": "string", "format": "time"},
        description="Services that begin at this time or later. Mornings begin at 09:00, "
        "afternoons at 12:00 and evenings at 17:00 where nobody gave a time.",
    ),
    "end_time": Parameter(
        read=_time,
        schema={"type": "string", "format": "time"},
        description="Services that end at this time or earlier. Mornings end at 12:00, "
        "afternoons at 17:00 and evenings at 21:00 where nobody gave a time.",
    ),
    "day": Parameter(
        read=_day,
        schema={"type": "string"},
        description="Services on this day of the week: MO to SU, or its name.",
    ),
    "organization_id": Parameter(
        read=_identity, schema=_ID, description="Services of this organisation."
    ),
    "modified_after": Parameter(
        read=_moment,
        schema={"type": "string", "format": "date-time"},
        description="Services that were changed at this time or later.",
    ),
    "full": Parameter(
        read=_yes_or_no,
        schema={"type": "boolean", "default": False},
        description="true: each row with all that its own page has.",
    ),
}
OF_LOCATIONS: dict[str, Parameter] = OF_SERVICES | {
    "postcode": Parameter(
        read=_postcode,
        schema={"type": "string"},
        description="Places near the middle of this postcode, nearest first.",
    ),
    "proximity": Parameter(
        read=_whole,
        schema={"type": "integer", "minimum": 1},
        description="How near, in metres; it goes with `postcode`. Without it: 8,000.",
    ),
}


def read_question(query: Mapping[str, str], known: Mapping[str, Parameter]) -> Question:
    """Read what is known and leave the rest; a parameter without a value was not given."""
    read = {}
    for name, parameter in known.items():
        text = query.get(name, "")
        if not text:
            continue
        try:
            read[name] = parameter.read(text)
        except ValueError as error:
            raise BadParameterError(name, str(error)) from error
    question = Question(**read)
    if question.proximity is not None and question.postcode is None:
        raise BadParameterError("proximity", "give a postcode with it.")
    if question.page * question.per_page > LARGEST_NUMBER:
        raise BadParameterError("page", "there are not so many pages.")
    return question


def read_identity(text: str) -> UUID:
    try:
        return _identity(text)
    except ValueError as error:
        raise BadParameterError("id", str(error)) from error
