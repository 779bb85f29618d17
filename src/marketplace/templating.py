"""The Jinja environment of every page and message, and the filters that templates use."""

import hashlib
from collections.abc import Callable, Mapping, MutableMapping
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    select_autoescape,
)
from jinja2.runtime import Macro

from marketplace.paths import static_dir, templates_dir

LONDON = ZoneInfo("Europe/London")
METRES_IN_A_MILE = 1609.344


class PageEnvironment(Environment):
    """Pages of some thirty templates each, rendered thousands of times a minute."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Leave out the chain of mappings where there is one: each import compares all keys."""
        return super().make_globals(d) if d else self.globals


def build_environment() -> Environment:
    """Build the environment; hand it to Litestar with `JinjaTemplateEngine.from_environment`."""
    # Undefined stays forgiving: GOV.UK's macros read parameters that were never given.
    environment = PageEnvironment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(templates_dir()),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        # Only the plain-text parts of messages are left alone.
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
        trim_blocks=True,
        lstrip_blocks=True,
        # Nobody changes a template under a running server; looking costs a page thirty looks.
        auto_reload=False,
    )
    environment.filters |= FILTERS
    environment.globals |= {"asset": asset, "once": once}
    return environment


@cache
def shared_environment() -> Environment:
    """The one that messages and error pages use: compiling templates anew is slow."""
    return build_environment()


@cache
def asset(name: str) -> str:
    """Return the address of a static file, changed whenever its content changes."""
    version = hashlib.sha256((static_dir() / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={version}"


_DRAWN: dict[tuple[Macro, str], str] = {}
MOST_DRAWN = 500


def once(macro: Macro, parameters: Mapping[str, Any]) -> str:
    """Draw a part of a page once for each way it may look, and keep it.

    Only for what says nothing about anybody: a question with its choices, never what was typed.
    """
    looks = macro, repr(parameters)
    if looks not in _DRAWN:
        if len(_DRAWN) >= MOST_DRAWN:
            _DRAWN.clear()
        _DRAWN[looks] = macro(parameters)
    return _DRAWN[looks]


def pounds(pence: int) -> str:
    """1250 pence is "£12.50"; whole pounds carry no pence."""
    sign = "\N{MINUS SIGN}" if pence < 0 else ""
    whole, rest = divmod(abs(pence), 100)
    return f"{sign}£{whole:,}.{rest:02d}" if rest else f"{sign}£{whole:,}"


def uk_date(day: date) -> str:
    """22 November 2026; a moment is told as its day in London."""
    local = _in_london(day)
    return f"{local.day} {local:%B %Y}"


def uk_month(day: date) -> str:
    """November 2026."""
    return f"{day:%B %Y}"


def uk_time(moment: datetime) -> str:
    """22 November 2026, 4:05pm, in London."""
    local = moment.astimezone(LONDON)
    clock = f"{local:%I:%M%p}".lstrip("0").lower()
    return f"{uk_date(local)}, {clock}"


def _in_london(day: date) -> date:
    return day.astimezone(LONDON) if isinstance(day, datetime) else day


def distance(metres: float) -> str:
    """Say a distance as people do: under a mile, then miles."""
    miles = metres / METRES_IN_A_MILE
    if miles < 1:
        return "under a mile"
    nearest = round(miles)
    return f"about {plural(nearest, 'mile')}"


def plural(count: int, singular: str, many: str | None = None) -> str:
    """`3 | plural('family', 'families')` is "3 families"."""
    return f"{count:,} {singular if count == 1 else many or singular + 's'}"


FILTERS: dict[str, Callable[..., str]] = {
    "pounds": pounds,
    "uk_date": uk_date,
    "uk_month": uk_month,
    "uk_time": uk_time,
    "distance": distance,
    "plural": plural,
}
