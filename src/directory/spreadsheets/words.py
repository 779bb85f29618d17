"""The words that needs and services share, so that one can be held against the other."""

import re
from collections.abc import Callable, Iterable
from itertools import product
from typing import Literal, get_args

from directory.spreadsheets.cells import CellFault, list_of, one_of

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PARTS_OF_DAY = ("am", "pm", "eve")
ANY_TIME = tuple(f"{day}-{part}" for day, part in product(WEEKDAYS, PARTS_OF_DAY))
ACCESS = ("step-free", "hearing-loop", "bsl", "quiet", "online-only", "at-home")
TRANSPORT = ("car", "bus", "walk")
Kind = Literal[
    "charity", "group", "volunteer", "trusted-adult", "universal", "digital", "statutory"
]
KINDS: tuple[Kind, ...] = get_args(Kind)

LANGUAGE = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<rest>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)",
    re.IGNORECASE,
)


def times(cell: str) -> tuple[str, ...]:
    """Read into parts of days in the order of the week; `mon` is all three parts."""
    given = set().union(*list_of(_parts_of_a_day)(cell))
    return tuple(time for time in ANY_TIME if time in given)


def _parts_of_a_day(word: str) -> tuple[str, ...]:
    lowered = word.lower()
    if lowered in WEEKDAYS:
        return tuple(f"{lowered}-{part}" for part in PARTS_OF_DAY)
    if lowered in ANY_TIME:
        return (lowered,)
    raise CellFault("write days such as mon or tue-am;sat-eve (am, pm or eve).")


def languages(cell: str) -> tuple[str, ...]:
    return list_of(_language)(cell)


def _language(tag: str) -> str:
    found = LANGUAGE.fullmatch(tag)
    if not found:
        raise CellFault("give a language code, such as en, pl or pt-BR.")
    script, region = found["script"], found["region"]
    parts = [
        found["language"].lower(),
        script.title() if script else "",
        region.upper() if region else "",
        found["rest"].lower().removeprefix("-"),
    ]
    return "-".join(filter(None, parts))


def access(cell: str) -> tuple[str, ...]:
    return _in_order(ACCESS)(cell)


def transport(cell: str) -> tuple[str, ...]:
    return _in_order(TRANSPORT)(cell)


def _in_order(words: Iterable[str]) -> Callable[[str], tuple[str, ...]]:
    """Sort as the words are listed here, so that two ways of writing one thing are equal."""
    listed = tuple(words)

    def read(cell: str) -> tuple[str, ...]:
        given = list_of(one_of(*listed))(cell)
        return tuple(word for word in listed if word in given)

    return read
