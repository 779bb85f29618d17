"""What a volunteer does and when, in the few words of a text."""

import datetime as dt
from collections.abc import Iterable

from directory.volunteers.asks import load_rules
from marketplace.templating import plural

IRREGULAR = {"delivery": "deliveries"}


def first_name(name: str) -> str:
    return name.strip().partition(" ")[0]


def what_she_does(roles: Iterable[str], places: int) -> str:
    """`cook 2 portions`; whoever does several things is asked whether she can help."""
    rules = load_rules().roles
    ways = {(rules[role].doing, rules[role].unit) for role in roles}
    if len(ways) != 1:
        return "help"
    [(doing, unit)] = ways
    return f"{doing} {say_places(unit, places)}"


def say_places(unit: str, places: int) -> str:
    return plural(places, unit, IRREGULAR.get(unit))


def say_week(day: dt.date, ends_on: dt.date) -> str:
    """`on Tuesday`, or `from Tuesday to Thursday`."""
    return f"on {day:%A}" if day == ends_on else f"from {day:%A} to {ends_on:%A}"
