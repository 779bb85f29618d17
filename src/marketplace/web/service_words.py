"""Plain words for what a service can be: the choices of its form, and how it is told."""

from collections.abc import Iterable, Mapping

from directory.plain_words import LANGUAGES
from directory.spreadsheets.words import PARTS_OF_DAY, WEEKDAYS
from directory.taxonomy import load_taxonomy
from marketplace.web.words import DAY_NAMES, PART_NAMES

ACCESS_WORDS = {
    "step-free": "No steps: a wheelchair or a pram gets in",
    "hearing-loop": "A hearing loop",
    "bsl": "British Sign Language",
    "quiet": "A quiet place",
    "online-only": "All of it is online",
    "at-home": "We come to the family’s home",
}
LEVEL_WORDS = {
    "1": "A little help early on. Anyone can come",
    "2": "Families who find several things hard",
    "3": "Families with serious worries. Our people are trained for it",
}


def need_choices() -> list[dict[str, object]]:
    """By what they have in common, as the taxonomy groups them."""
    groups: dict[str, list[dict[str, str]]] = {}
    for term in load_taxonomy().values():
        item = {"code": term.code, "text": term.label, "hint": term.plain}
        groups.setdefault(term.parent, []).append(item)
    return [{"group": group, "choices": choices} for group, choices in groups.items()]


def day_choices() -> list[dict[str, object]]:
    parts = [(part, PART_NAMES[part]) for part in PARTS_OF_DAY]
    return [
        {
            "name": DAY_NAMES[day],
            "parts": [{"code": f"{day}-{part}", "text": text} for part, text in parts],
        }
        for day in WEEKDAYS
    ]


def choices(words: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "text": text} for code, text in words.items()]


def language_choices(chosen: Iterable[str]) -> list[dict[str, str]]:
    """The usual ones, and whatever else the service speaks already."""
    others = {code: code for code in chosen if code not in LANGUAGES}
    return choices({**LANGUAGES, **others})


def need_labels(codes: Iterable[str]) -> list[str]:
    terms = load_taxonomy()
    return [terms[code].label for code in codes if code in terms]
