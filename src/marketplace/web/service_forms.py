"""Reads what Tom typed about a service or an intake; every fault is told at its field."""

from typing import Any

from litestar.datastructures import FormMultiDict

from directory.models import Intake, Service
from directory.plain_words import LANGUAGES
from directory.spreadsheets import cells
from directory.spreadsheets.places import postcode
from directory.spreadsheets.services import OLDEST_AGE
from directory.spreadsheets.words import ACCESS, ANY_TIME
from directory.taxonomy import load_taxonomy
from marketplace.services.providers.listings import IntakeValues, ServiceValues
from marketplace.web import forms, words
from marketplace.web.form_reader import FormReader
from marketplace.web.pages.join import EMAIL, PHONE
from marketplace.web.service_words import LEVEL_WORDS
from marketplace.web.websites import WEBSITE, website

LONGEST_DESCRIPTION = 2000
MOST_PLACES = 100_000
POUNDS = "Type pounds such as 12 or 12.50, or 0"
AGE = f"Type an age in years, from 0 to {OLDEST_AGE}"
# In the order of the pages, which is also the order of the list of errors.
SERVICE_LINES = (
    *("name", "description", "needs", "takes_level", "min_age", "max_age", "days", "languages"),
    *("access", "postcode", "venue", "is_confidential", "reach_km", "phone", "email", "website"),
    "standing_yes",
)
SERVICE_LISTS = ("needs", "days", "languages", "access")
INTAKE_LINES = ("starts_on", "weeks", "places", "price", "family_pays", "at_least", "opening_cost")


def read_service(form: FormMultiDict, *, kind: str) -> ServiceValues:
    reader = FormReader(form)
    age = cells.whole_number(low=0, high=OLDEST_AGE)
    where = reader.optional("postcode", postcode, wrong="Type a full postcode, such as IP1 2DE")
    if kind != "digital" and where is None:
        reader.faults.setdefault("postcode", "Type the postcode where it happens")
    venue = " ".join(forms.text(form, "venue").split()) or None
    values = ServiceValues(
        name=reader.line("name", missing="Type the name of the service"),
        description=reader.prose("description", longest=LONGEST_DESCRIPTION),
        needs=reader.ticked("needs", load_taxonomy()),
        takes_level=_level(reader),
        min_age=reader.optional("min_age", age, wrong=AGE),
        max_age=reader.optional("max_age", age, wrong=AGE),
        days=reader.ticked("days", ANY_TIME),
        languages=reader.ticked("languages", _known_languages(form)),
        access=reader.ticked("access", ACCESS),
        postcode=where,
        venue=venue,
        is_confidential=forms.text(form, "is_confidential") == "yes",
        reach_metres=reader.optional(
            "reach_km", cells.metres, wrong="Type kilometres, such as 5 or 2.5"
        ),
        phone=reader.optional("phone", cells.uk_telephone, wrong=PHONE),
        email=reader.optional("email", cells.email, wrong=EMAIL),
        website=reader.optional("website", website, wrong=WEBSITE),
        standing_yes=reader.choice("standing_yes", ("yes", "no"), missing="Choose yes or no")
        == "yes",
    )
    _check_service(reader, values)
    reader.finish()
    return values


def _level(reader: FormReader) -> int:
    chosen = reader.choice("takes_level", LEVEL_WORDS, missing="Choose whom it is for")
    return int(chosen) if chosen in LEVEL_WORDS else 1


def _check_service(reader: FormReader, values: ServiceValues) -> None:
    for field, missing in (
        ("needs", "Tick what it helps with"),
        ("days", "Tick when it is open"),
        ("languages", "Tick a language"),
    ):
        if not getattr(values, field):
            reader.faults[field] = missing
    youngest, oldest = values.min_age, values.max_age
    if youngest is not None and oldest is not None and youngest > oldest:
        reader.faults["max_age"] = f"Type an age of {youngest} or more, or change the youngest age"


def _known_languages(form: FormMultiDict) -> list[str]:
    """An imported service may speak a language that is not on the form: editing keeps it."""
    kept = [code for code in form.getall("languages", []) if _is_language(code)]
    return [*LANGUAGES, *(code for code in kept if code not in LANGUAGES)]


def _is_language(code: object) -> bool:
    return isinstance(code, str) and bool(cells.CODE.fullmatch(code.lower()))


def read_intake(form: FormMultiDict, *, kind: str) -> IntakeValues:
    reader = FormReader(form)
    number = cells.whole_number(low=0, high=MOST_PLACES)
    unlimited = kind == "digital" and forms.text(form, "unlimited") == "yes"
    places = (
        None
        if unlimited
        else reader.required(
            "places", number, wrong="Type how many places there are in all, such as 12", or_else=0
        )
    )
    values = IntakeValues(
        starts_on=reader.optional(
            "starts_on", cells.day, wrong="Type a day such as 30/11/2026, or leave it empty"
        ),
        weeks=reader.optional(
            "weeks", cells.whole_number(low=1, high=520), wrong="Type a number of weeks, such as 6"
        ),
        places=places,
        price_pence=reader.optional("price", cells.pence, wrong=POUNDS) or 0,
        family_pays_pence=reader.optional("family_pays", cells.pence, wrong=POUNDS) or 0,
        at_least=reader.optional(
            "at_least",
            cells.whole_number(low=1, high=MOST_PLACES),
            wrong="Type a whole number such as 4, or leave it empty",
        ),
        opening_cost_pence=reader.optional("opening_cost", cells.pence, wrong=POUNDS) or 0,
    )
    if values.at_least and places is not None and values.at_least > places:
        reader.faults["at_least"] = f"It could never run: there are only {places} places"
    reader.finish()
    return values


def typed_service(form: FormMultiDict) -> dict[str, Any]:
    """What was sent, to be shown again as it was."""
    typed: dict[str, Any] = {
        name: forms.text(form, name, longest=2 * LONGEST_DESCRIPTION) for name in SERVICE_LINES
    }
    return typed | {name: [str(one) for one in form.getall(name, [])] for name in SERVICE_LISTS}


def stored_service(service: Service) -> dict[str, Any]:
    typed: dict[str, Any] = {
        name: _shown(getattr(service, name))
        for name in SERVICE_LINES
        if name not in {"reach_km", "is_confidential", "standing_yes"}
    }
    return typed | {
        "reach_km": _kilometres(service.reach_metres),
        "is_confidential": "yes" if service.is_confidential else "",
        "standing_yes": "yes" if service.standing_yes else "no",
        "phone": words.local_phone(service.phone or ""),
    }


def empty_service() -> dict[str, Any]:
    typed: dict[str, Any] = dict.fromkeys(SERVICE_LINES, "")
    typed |= {"needs": [], "days": [], "languages": ["en"], "access": []}
    return typed | {"takes_level": "1", "standing_yes": "no"}


def typed_intake(form: FormMultiDict) -> dict[str, Any]:
    return {name: forms.text(form, name) for name in (*INTAKE_LINES, "unlimited")}


def stored_intake(intake: Intake) -> dict[str, Any]:
    return {
        "starts_on": f"{intake.starts_on:%d/%m/%Y}" if intake.starts_on else "",
        "weeks": _shown(intake.weeks),
        "places": _shown(intake.places),
        "price": _pounds(intake.price_pence),
        "family_pays": _pounds(intake.family_pays_pence),
        "at_least": _shown(intake.at_least),
        "opening_cost": _pounds(intake.opening_cost_pence),
        "unlimited": "yes" if intake.places is None else "",
    }


def empty_intake() -> dict[str, Any]:
    return dict.fromkeys((*INTAKE_LINES, "unlimited"), "")


def _shown(value: Any) -> Any:
    if value is None:
        return ""
    return value if isinstance(value, list | str) else str(value)


def _kilometres(metres: int | None) -> str:
    return "" if metres is None else f"{metres / 1000:g}"


def _pounds(pence: int) -> str:
    return f"{pence // 100}.{pence % 100:02}" if pence % 100 else str(pence // 100)
