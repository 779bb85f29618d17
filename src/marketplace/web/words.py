"""The words for codes: for staff plain, for families harmless."""

from collections.abc import Iterable
from datetime import date

from directory.models import Service
from directory.taxonomy import load_taxonomy

NEED_STATES = {
    "draft": "Being checked",
    "published": "Waiting for a plan",
    "planned": "In a plan",
    "met": "Being helped",
    "closed": "Closed",
    "withdrawn": "Withdrawn",
    "expired": "Too old",
}
MATCH_STATES = {
    "proposed": "To be looked at",
    "agreed": "Agreed",
    "set_aside": "Set aside",
    "awaiting_provider": "Waiting for the provider",
    "awaiting_family": "Waiting for the family",
    "accepted": "The family said yes",
    "under_way": "Help has started",
    "completed": "Help has ended",
    "ended_early": "Ended early",
    # A family's no, its silence and a start that never came look the same to everyone else.
    "provider_declined": "Not going ahead",
    "provider_expired": "Not going ahead",
    "family_declined": "Not going ahead",
    "family_expired": "Not going ahead",
    "not_started": "Not going ahead",
    "withdrawn": "Not going ahead",
    "on_hold": "On hold",
}
UNMET = {
    "no_candidate": "No support in the directory suits it.",
    "family_limit": "This plan was for so many families only, and others gain more.",
    "group_too_small": "The group would not have had enough families to run.",
    "budget_spent": "The money for it is spent.",
    "no_fund": "No open fund may pay for the help that suits.",
    "provider_full": "The providers who could help are full.",
    "places_taken": "All suitable places went to families for whom they do more, "
    "or who have nothing else.",
    "costs_more_than_unmet": "The family gets other help, and more would cost more than it saves.",
    # Held back, each by the name of its rule: `services/needs/held_back.py`.
    "stop_list": "Held back: the family is on the stop list.",
    "opted_out": "Held back: the family asked us to stop.",
    "contact_wrong": "Held back: the contact we have is somebody else’s.",
    "not_safe": "Held back: it is not safe to write, or that was not checked lately.",
    "parked": "Held back: the family said not now.",
    "already_helped": "Held back: the family is getting help with it.",
    "no_named_worker": "Held back: it is sensitive, and no worker is named to ask in person.",
}
STOP_REASONS = {
    "moved": "Moved away",
    "died": "Somebody has died",
    "pregnancy-ended": "A pregnancy has ended",
    "case-opened": "A case was opened",
    "court-order": "A court order",
    "objected": "They object",
}
PLAN_STAGES = {
    "reading": "Reading needs and places",
    "suiting": "Finding who could help whom",
    "solving": "Looking for the best plan",
    "proving": "Proving that none is better",
    "checking": "Checking it once more, from the start",
    "storing": "Writing it down",
}
SOURCES = {
    "model": "A prediction from council records",
    "survey": "A survey",
    "professional": "A professional, with the family",
    "self": "The family asked",
    "life-event": "A life event",
}
BUDGETS = {
    "council": "The council",
    "nhs": "The NHS",
    "police": "The police",
    "dwp": "Work and Pensions (DWP)",
    "schools": "Schools",
}
# What a family is told about where we had it from: true for each source, and harmless.
TOLD_SOURCES = {
    "model": "We looked at records the council already has, and guessed who might like a hand. "
    "A guess like this is often wrong.",
    "survey": "You, or someone in your home, answered some questions for us. From the answers we "
    "guessed what you might like. A guess like this is often wrong.",
    "professional": "Someone who works with your family thought you might like it.",
    "self": "You asked us for this.",
    "life-event": "Something has changed for your family, and many families like a hand then.",
}
# The code as a practitioner reads it, and as a family may: harmless or not at all.
WHY_ASKED = {
    "attendance": ("Missed school", "Days away from school"),
    "free-school-meals": ("Free school meals", "Free school meals"),
    "moved-house": ("Moved house", "A move to a new home"),
    "new-baby": ("New baby", "A new baby"),
    "two-year-check": ("Two-year check", "A two-year check"),
    "suspension": ("Suspended from school", None),
    "council-tax-arrears": ("Council tax arrears", "Council tax letters"),
    "benefit-start": ("New benefit claim", "A new claim for benefits"),
    "benefit-sanction": ("Benefit sanction", None),
    "no-early-years-place": ("No early-years place", "No nursery place yet"),
    "rent-arrears": ("Rent arrears", "Rent letters"),
    "young-parent": ("Young parent", None),
    "lone-adult": ("One adult at home", None),
    "repairs-open": ("Repairs not done", "Repairs waiting to be done"),
    "crisis-grant": ("Crisis grant", None),
    "a-and-e-visit": ("Visit to A&E", None),
    "late-booking": ("Late maternity booking", None),
    "plan-requested": ("SEND plan asked for", "A request for extra help at school"),
    "missed-appointments": ("Missed appointments", "Appointments that did not work out"),
    "moved-school": ("Moved school", "A new school"),
    "hospital-discharge": ("Home from hospital", "A stay in hospital"),
    "eviction-notice": ("Eviction notice", None),
    "adult-disability": ("Adult with a disability", None),
    "police-notice": ("Police notice", None),
    "moved-country": ("New to the country", None),
    "death-in-family": ("Death in the family", None),
}
# "What would make it easier?", as a family ticks it and as whoever helps it reads it.
EASIER = {
    "fare": "Help with the fare",
    "childcare": "Somebody to look after the children",
    "interpreter": "An interpreter",
    "companion": "Somebody to come with me the first time",
    "another_time": "Another day or time",
}
DAY_NAMES = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
PART_NAMES = {"am": "morning", "pm": "afternoon", "eve": "evening"}


def need_text(code: str) -> str:
    return load_taxonomy()[code].label


def plain_need(code: str) -> str:
    return load_taxonomy()[code].plain


def source_text(source: str) -> str:
    return SOURCES[source.partition(":")[0]]


def told_source(source: str) -> str:
    return TOLD_SOURCES[source.partition(":")[0]]


def reason_text(code: str) -> str:
    """A council may use codes of its own: those are shown as they are written."""
    known = WHY_ASKED.get(code)
    return known[0] if known else code.replace("-", " ").replace("_", " ").capitalize()


def family_reasons(codes: Iterable[str]) -> list[str]:
    """Only reasons that we have harmless words for; a code is never shown to a family."""
    told = (WHY_ASKED.get(code, ("", None))[1] for code in codes)
    return [words for words in told if words]


def days_text(parts: Iterable[str]) -> str:
    """`mon-am;mon-pm` is "Monday morning or afternoon"; the whole week is "any day"."""
    by_day: dict[str, list[str]] = {}
    for part in parts:
        day, _, time = part.partition("-")
        by_day.setdefault(day, []).append(time)
    if len(by_day) == len(DAY_NAMES) and all(len(t) == len(PART_NAMES) for t in by_day.values()):
        return "Any day"
    told = []
    for day, name in DAY_NAMES.items():
        times = by_day.get(day, [])
        if len(times) == len(PART_NAMES) or times == [""]:
            told.append(name)
        elif times:
            told.append(f"{name} {' or '.join(PART_NAMES[time] for time in times)}")
    return ", ".join(told)


def age_in_years(born: str, today: date) -> int:
    year, month = map(int, born.split("-"))
    return (today.year - year) - (today.month < month)


def in_week_order(part: str) -> tuple[int, int]:
    day, _, time = part.partition("-")
    return list(DAY_NAMES).index(day), list(PART_NAMES).index(time)


def languages_text(languages: Iterable[str]) -> str | None:
    """Told only where it is not English: then somebody has to interpret."""
    other = [language for language in languages if language != "en"]
    return ", ".join(other) or None


def ages_text(children_born: Iterable[str], today: date) -> str:
    """Ages for a practitioner: exact in years."""
    ages = [age_in_years(born, today) for born in children_born]
    told = ["not born yet" if age < 0 else "under 1" if age == 0 else str(age) for age in ages]
    return ", ".join(told) or "No child on file"


def age_band(children_born: Iterable[str], today: date) -> str:
    """Bands for a provider: never an age that could point at one child."""
    bands = {_band(age_in_years(born, today)) for born in children_born}
    return ", ".join(sorted(bands, key=BANDS.index)) or "Not known"


BANDS = ["before birth", "under 5", "5 to 10", "11 to 15", "16 and over"]


def _band(age: int) -> str:
    for limit, band in zip((0, 5, 11, 16), BANDS, strict=False):
        if age < limit:
            return band
    return BANDS[-1]


def distance_band(metres: int | None) -> str:
    if metres is None:
        return "No travel"
    for limit, band in (
        (1_609, "Under a mile"),
        (4_828, "1 to 3 miles"),
        (16_093, "3 to 10 miles"),
    ):
        if metres < limit:
            return band
    return "Over 10 miles"


def local_phone(number: str) -> str:
    """`+447700900123` as people here write it: 07700 900123."""
    local = number.removeprefix("+44")
    return number if local == number else f"0{local[:4]} {local[4:]}"


def help_kind(service: Service, code: str) -> str:
    """The kind of help in words that harm nobody who reads over a shoulder."""
    return f"{service.name} ({need_text(code).lower()})"
