"""What the samples share. The people and organisations are invented."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

NOW = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
TODAY = NOW.date()
SOON = date(2026, 11, 27)

Context = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    template: str
    name: str
    context: dict[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{self.template.removeprefix('pages/').removesuffix('.html')} {self.name}"


COUNCIL = {
    "name": "Millshire Council",
    "contact_name": "Priya Nair",
    "phone": "01632 960 123",
    "hours": "Monday to Friday, 9am to 5pm",
    "check_page": "the contact page of millshire.example.org",
    "how_href": "/how-we-decide/7",
    "privacy_href": "https://millshire.example.org/privacy",
    "complaint_route": "Write to complaints@example.org.",
}
STAFF = {"csrf_token": "a-token", "csp_nonce": "a-nonce"}
AMINA = STAFF | {"user": {"name": "Amina Yusuf", "role": "commissioner for Millshire"}}
PRIYA = STAFF | {"user": {"name": "Priya Nair", "role": "practitioner for Millshire"}}
TOM = STAFF | {"user": {"name": "Tom Achebe", "role": "editor", "may_edit": True}}
VIEWER = STAFF | {"user": {"name": "Ade Cole", "role": "viewer", "may_edit": False}}
KELLY = {"csp_nonce": "a-nonce", "council": COUNCIL, "token": "Zk3v9QmT"}

ONE_PAGE = {"number": 1, "last": 1, "total": 2, "previous_href": None, "next_href": None}
MIDDLE_PAGE = {
    "number": 2,
    "last": 120,
    "total": 2998,
    "previous_href": "?page=1",
    "next_href": "?page=3",
}
SENDING = {"stopped": False}
STOPPED = {"stopped": True, "by": "Priya Nair", "at": NOW}
COLUMNS = [
    {
        "name": "family",
        "text": "A pseudonym, the same in every file",
        "example": "F-0412",
        "required": True,
    },
    {"name": "language", "text": "If not English", "example": "pl", "required": False},
]


def wrong(name: str, text: str) -> dict[str, Any]:
    return {"errors": [{"field": name, "text": text}]}
