"""The lists of what is wrong with the directory, in words: one view a kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from directory.taxonomy import load_taxonomy
from marketplace.defaults import defaults
from marketplace.templating import uk_date
from marketplace.web import words

WHY_EMPTY = {
    "none": "It has no start and no places yet",
    "paused": "Paused",
    "full": "Full",
}
WHY_ALIKE = {
    "charity": "the same charity number",
    "email": "the same e-mail address",
    "phone": "the same telephone",
    "name": "names that are alike",
}


@dataclass(frozen=True)
class View:
    """`cells` gives a row's texts, the first of which names the row."""

    title: str
    intro: str
    empty: str
    columns: tuple[str, ...]
    cells: Callable[[Any], tuple[str, ...]]


def _contact(row: Any) -> str:
    phone = words.local_phone(row.contact_phone) if row.contact_phone else None
    return ", ".join(filter(None, (phone, row.contact_email))) or "None: ask who knows them"


def _silent(row: Any) -> tuple[str, ...]:
    asked = uk_date(row.asked_at.date()) if row.asked_at else "Not yet"
    confirmed_on, hides_on = uk_date(row.confirmed_at.date()), uk_date(row.hides_at.date())
    return row.name, _contact(row), confirmed_on, asked, hides_on


def _unchecked(row: Any) -> tuple[str, ...]:
    name = f"A volunteer of {row.name}" if row.is_volunteer else row.name
    if row.recheck_by is None:
        return name, _contact(row), "Not all of it is noted"
    verb = "Lapsed on" if row.is_past else "Lapses on"
    return name, _contact(row), f"{verb} {uk_date(row.recheck_by)}"


def _empty(row: Any) -> tuple[str, ...]:
    return row.name, row.provider_name, WHY_EMPTY[row.why]


def _missing(row: Any) -> tuple[str, ...]:
    few = defaults()["privacy"]["smallest_count"]
    families = f"{row.families:,}" if row.families >= few else f"under {few}"
    return load_taxonomy()[row.code].label, row.outward, families


_SILENT = ("Provider", "Ring or write", "Last confirmed", "We asked")

VIEWS: Mapping[str, View] = MappingProxyType(
    {
        "stale": View(
            title="Not confirmed for six months",
            intro="We have asked each of them. Ring those that are hidden soonest.",
            empty="Every listing was confirmed in the last six months.",
            columns=(*_SILENT, "Hidden on"),
            cells=_silent,
        ),
        "hidden": View(
            title="Hidden listings",
            intro="Nobody said for a year that these are true. People cannot find them and no "
            "plan uses them. They come back when the provider confirms.",
            empty="No listing is hidden.",
            columns=(*_SILENT, "Hidden since"),
            cells=_silent,
        ),
        "unchecked": View(
            title="Checks that are missing or lapse",
            intro="Who shows a check is matched only while it holds. A volunteer always needs one.",
            empty="Every check is noted and holds for the next 30 days.",
            columns=("Who", "Ring or write", "Check"),
            cells=_unchecked,
        ),
        "empty": View(
            title="Services with no place to give",
            intro="They stand in the directory, and nobody can be sent there now.",
            empty="Every service has a place to give.",
            columns=("Service", "Provider", "Why"),
            cells=_empty,
        ),
        "missing": View(
            title="Needs that nobody near can help with",
            intro="Families of yours have these needs, and no service in the directory reaches "
            "them from where it is. This is where to look for somebody new.",
            empty="For every need there is somebody near who helps.",
            columns=("Need", "Area", "Families"),
            cells=_missing,
        ),
    }
)
