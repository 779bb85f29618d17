"""What stands in the form of an ask, read with all its faults at once."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from litestar.datastructures import FormMultiDict

from directory.plain_words import LANGUAGES
from directory.spreadsheets import cells
from directory.spreadsheets.words import PARTS_OF_DAY, TRANSPORT, WEEKDAYS
from marketplace.services.asks.asking_areas import AskedCouncil, is_work_address
from marketplace.services.asks.asks import Asked, Worker
from marketplace.spreadsheets.contacts import MOBILE_START
from marketplace.spreadsheets.needs import MONTHS_OF_A_CHILDHOOD, MONTHS_UNTIL_BIRTH
from marketplace.web import forms
from marketplace.web.form_reader import FormReader

MOST_CHILDREN = 8
CHANNELS = {"email": "E-mail", "phone": "A telephone call", "sms": "A text", "letter": "A letter"}
TRANSPORT_TEXTS = {
    "bus": "Bus, or a lift now and then",
    "car": "Car",
    "walk": "On foot only",
}
SAFE = {"yes": "Yes", "no": "No, or I am not sure"}
EMAIL = "Type your e-mail address, such as name@example.org"
PHONE = "Type a UK telephone number with its first 0, such as 01632 960 001"
CHILD = "Type the month and year of each child, such as 4 2019, or when your baby is due"
# What no person sees, a machine fills in.
TRAP = "homepage"
LINES = ("need", "language", "transport", "name", "email", "phone", "address", "safe", "consent")
WORKER_LINES = ("worker_name", "worker_email")
ORDER = (
    "need",
    *(f"month-{row}" for row in range(1, MOST_CHILDREN + 1)),
    "language",
    "transport",
    "name",
    "channel",
    "email",
    "phone",
    "address",
    "safe",
    *WORKER_LINES,
    "consent",
)


@dataclass(frozen=True)
class Written:
    """`asked` None: it is not safe to write to them, so nothing of it is kept."""

    asked: Asked | None


def is_machine(form: FormMultiDict) -> bool:
    return bool(forms.text(form, TRAP))


def typed_values(form: FormMultiDict) -> dict[str, Any]:
    """The form as it was typed, to be shown again."""
    return {
        **{name: forms.text(form, name) for name in (*LINES, *WORKER_LINES)},
        "day": FormReader(form).ticked("day", WEEKDAYS),
        "channel": FormReader(form).ticked("channel", CHANNELS),
        "children": [_typed_child(form, row) for row in range(1, MOST_CHILDREN + 1)],
    }


def empty_values(need: str) -> dict[str, Any]:
    return typed_values(FormMultiDict([("need", need), ("language", "en"), ("transport", "bus")]))


def _typed_child(form: FormMultiDict, row: int) -> dict[str, str]:
    return {part: forms.text(form, f"{part}-{row}", longest=10) for part in ("month", "year")}


def read_ask(
    form: FormMultiDict,
    council: AskedCouncil,
    *,
    needs: Collection[str],
    service_id: uuid.UUID | None,
    is_worker: bool,
    today: date,
) -> Written:
    reader = FormReader(form)
    channels = reader.ticked("channel", CHANNELS)
    asked = Asked(
        code=reader.choice("need", needs, missing="Choose what you would like help with"),
        service_id=service_id,
        area=council.area.code,
        children_born=_children(reader, today),
        languages=[reader.choice("language", LANGUAGES, missing="Choose a language")],
        availability=_availability(reader),
        transport=[reader.choice("transport", TRANSPORT, missing="Choose how you get about")],
        name=reader.line("name", missing="Type a first name", longest=100),
        safe_channels=channels,
        email=_address(reader, "email", wanted="email" in channels),
        phone=_address(reader, "phone", wanted=bool({"phone", "sms"} & set(channels))),
        address=_letter_box(reader, council, wanted="letter" in channels),
        worker=_worker(reader, council) if is_worker else None,
    )
    _check_channels(reader, channels, is_worker=is_worker)
    if "sms" in channels and asked.phone and not asked.phone.startswith(MOBILE_START):
        reader.faults["phone"] = "A text needs a mobile number: one that begins with 07"
    safe = reader.choice("safe", SAFE, missing="Say if it is safe")
    if not reader.ticked("consent", ("yes",)):
        reader.faults["consent"] = "Tick this if you agree. Without it we may not keep the form"
    if safe == "no":
        return Written(None)
    reader.finish()
    return Written(asked)


def _children(reader: FormReader, today: date) -> list[str]:
    born = []
    for row in range(1, MOST_CHILDREN + 1):
        typed = _typed_child(reader.form, row)
        if any(typed.values()):
            month = read_month(typed, today)
            if month is None:
                reader.faults[f"month-{row}"] = CHILD
            else:
                born.append(month)
    if not born:
        # It is also what we ask behind a link, so that nobody else reads it.
        reader.faults.setdefault("month-1", CHILD)
    return sorted(born)


def read_month(typed: dict[str, str], today: date) -> str | None:
    if not all(part.isascii() and part.isdigit() for part in typed.values()):
        return None
    month, year = int(typed["month"]), int(typed["year"])
    months_old = (today.year - year) * 12 + today.month - month
    is_child = -MONTHS_UNTIL_BIRTH <= months_old <= MONTHS_OF_A_CHILDHOOD
    return f"{year}-{month:02}" if month in range(1, 13) and is_child else None


def _availability(reader: FormReader) -> list[str]:
    """No day ticked means that any day will do."""
    days = reader.ticked("day", WEEKDAYS) or WEEKDAYS
    return [f"{day}-{part}" for day in days for part in PARTS_OF_DAY]


def _address(reader: FormReader, field: str, *, wanted: bool) -> str | None:
    """Only what a ticked way needs: what is not safe to use is not safe to keep."""
    if not wanted:
        return None
    if field == "email":
        return reader.required("email", cells.email, wrong=EMAIL, or_else="")
    return reader.required("phone", cells.uk_telephone, wrong=PHONE, or_else="")


def _letter_box(reader: FormReader, council: AskedCouncil, *, wanted: bool) -> str | None:
    if not wanted:
        return None
    if council.area.kind != "postcode":
        reader.faults["channel"] = "For a letter, go back and type your whole postcode"
    address = reader.prose("address", longest=300)
    if address is None:
        reader.faults.setdefault("address", "Type the house and the street")
    return address


def _check_channels(reader: FormReader, channels: list[str], *, is_worker: bool) -> None:
    if not channels:
        reader.faults["channel"] = "Tick at least one way to reach you"
    elif not is_worker and not {"email", "phone"} & set(channels):
        reader.faults["channel"] = (
            "Tick e-mail or a telephone call as well: we check that it is really you. "
            "If neither is safe, ring us instead"
        )


def _worker(reader: FormReader, council: AskedCouncil) -> Worker:
    email = reader.required(
        "worker_email", cells.email, wrong="Type your work e-mail address", or_else=""
    )
    if email and not is_work_address(council.commissioner, email):
        reader.faults["worker_email"] = (
            "We only take work addresses that the council knows, such as name@nhs.net. "
            "If yours is another, ring us"
        )
    return Worker(name=reader.line("worker_name", missing="Type your name"), email=email)
