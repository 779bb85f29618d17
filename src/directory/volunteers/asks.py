"""Which kinds of volunteering there are, and what each asks for: read from `asks.toml`."""

import calendar
import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

MONTHS_IN_A_YEAR = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    label: str
    months: int
    reminder_days: int
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    label: str
    offers: str
    doing: str
    unit: str
    needs: tuple[str, ...]
    asks: tuple[str, ...]
    lowest_check: str
    highest_check: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    roles: Mapping[str, Role]
    asks: Mapping[str, Ask]
    # From the lowest to the highest.
    check_kinds: Mapping[str, str]
    retention_days: int


@cache
def load_rules() -> Rules:
    text = files("directory.volunteers").joinpath("asks.toml").read_text(encoding="utf-8")
    given = tomllib.loads(text)
    roles = {
        code: Role(**role | {"needs": tuple(role["needs"]), "asks": tuple(role["asks"])})
        for code, role in given["roles"].items()
    }
    return Rules(
        roles=MappingProxyType(roles),
        asks=MappingProxyType({code: Ask(**ask) for code, ask in given["asks"].items()}),
        check_kinds=MappingProxyType(given["check_kinds"]),
        retention_days=given["retention_days"],
    )


def asked_of(roles: Iterable[str]) -> list[str]:
    """What these kinds of help ask for together, in the order of the file."""
    rules = load_rules()
    wanted = {ask for role in roles for ask in rules.roles[role].asks}
    return [ask for ask in rules.asks if ask in wanted]


def needs_of(roles: Iterable[str]) -> list[str]:
    rules = load_rules()
    return list(dict.fromkeys(need for role in roles for need in rules.roles[role].needs))


def lowest_check(roles: Iterable[str]) -> str:
    """The check that is asked for where somebody does several things: the highest of them."""
    return max((load_rules().roles[role].lowest_check for role in roles), key=_height)


def highest_check(roles: Iterable[str]) -> str:
    """The most that may be asked for, by the one thing that is eligible for the most."""
    return max((load_rules().roles[role].highest_check for role in roles), key=_height)


def is_enough(kind: str, *, asked: str) -> bool:
    return _height(kind) >= _height(asked)


def _height(kind: str) -> int:
    return list(load_rules().check_kinds).index(kind)


def ends_on(ask: str, *, done_on: dt.date) -> dt.date:
    """The last day on which what was done then still counts."""
    months = done_on.month - 1 + load_rules().asks[ask].months
    year, month = done_on.year + months // MONTHS_IN_A_YEAR, months % MONTHS_IN_A_YEAR + 1
    return dt.date(year, month, min(done_on.day, calendar.monthrange(year, month)[1]))
