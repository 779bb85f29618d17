"""What stands in the form of /find, read from the address and kept in every link."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from directory.distances import METRES_PER_MILE
from directory.geocoding import Place
from directory.plain_words import ACCESS, LANGUAGES
from directory.questions import Question
from directory.spreadsheets.words import WEEKDAYS
from directory.taxonomy import load_taxonomy
from directory.wishes import Wish

MILES = ("1", "3", "6", "15", "40")
USUAL_MILES = "6"
DISTANCES_METRES = {round(int(miles) * METRES_PER_MILE): miles for miles in MILES}
OLDEST = 120
LONGEST = 120


@dataclass(frozen=True, kw_only=True)
class FindForm:
    """Every value as text; what is no choice of ours is as if it had not been given."""

    what: str = ""
    where: str = ""
    need: str = ""
    age: str = ""
    day: str = ""
    language: str = ""
    access: str = ""
    price: str = ""
    miles: str = USUAL_MILES

    @property
    def is_empty(self) -> bool:
        return not (self.what or self.where or self.need)

    @property
    def more_chosen(self) -> int:
        more = (self.need, self.age, self.day, self.language, self.access, self.price)
        return sum(map(bool, more))

    def query(self) -> dict[str, str]:
        """Leave out what is as usual, so that a link is short."""
        return {
            field.name: value
            for field in fields(self)
            if (value := getattr(self, field.name)) and value != field.default
        }

    def href(self, **changes: str) -> str:
        return add_query("/find", replace(self, **changes))

    def wish(self, near: Place, question: Question) -> Wish:
        return Wish(
            near=near,
            within_metres=next(m for m, miles in DISTANCES_METRES.items() if miles == self.miles),
            question=question,
            need=self.need or None,
            age=int(self.age) if self.age else None,
            day=self.day or None,
            language=self.language or None,
            access=self.access or None,
            free=self.price == "free",
        )


def add_query(path: str, form: FindForm) -> str:
    query = urlencode(form.query())
    return f"{path}?{query}" if query else path


def ask_address(service_id: str, form: FindForm) -> str:
    """Where “Ask for this” leads, with what the search knows already."""
    given = {"service": service_id, "need": form.need, "where": form.where}
    return f"/ask?{urlencode({name: value for name, value in given.items() if value})}"


def read_find_form(given: Mapping[str, str]) -> FindForm:
    def text(name: str) -> str:
        return " ".join(given.get(name, "")[:LONGEST].split())

    def choice(name: str, choices: object) -> str:
        return value if (value := given.get(name, "")) in choices else ""  # type: ignore[operator]  # any container

    age = given.get("age", "").strip()
    is_age = age.isascii() and age.isdigit() and len(age) <= len(str(OLDEST)) and int(age) <= OLDEST
    return FindForm(
        what=text("what"),
        where=text("where"),
        need=choice("need", load_taxonomy()),
        age=str(int(age)) if is_age else "",
        day=choice("day", WEEKDAYS),
        language=choice("language", LANGUAGES),
        access=choice("access", ACCESS),
        price=choice("price", ("free",)),
        miles=choice("miles", MILES) or USUAL_MILES,
    )
