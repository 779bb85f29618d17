"""What the columns of a spreadsheet hold, in words, each with an example."""

from typing import Any


def _column(name: str, text: str, example: str, *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "text": text, "example": example, "required": required}


NEEDS = [
    _column(
        "family_ref", "Your own name for the family, never its real one", "F-0001", required=True
    ),
    _column("need", "A code from our list of needs", "parenting", required=True),
    _column("level", "1 for everyone, 2 early help, 3 targeted", "2", required=True),
    _column("likelihood", "0 to 1: how likely it gets worse without help", "0.35", required=True),
    _column("statutory_cost", "Pounds the public would then spend", "5200", required=True),
    _column("source", "Where it comes from", "model:early-help@2.1", required=True),
    _column("reasons", "One to three reasons; needed for a model", "attendance;rent-arrears"),
    _column("valid_until", "The day after which we delete a guess", "2027-03-31", required=True),
    _column("area", "Postcode, its first half, or a grid square", "IP1 2DE", required=True),
    _column("child_born", "Month and year of each child", "2019-05;2023-11"),
    _column("language", "Language codes; English if empty", "en"),
    _column("availability", "Days and times; any if empty", "mon-am;tue-pm"),
    _column("access", "What must be there", "step-free"),
    _column("transport", "car, bus or walk; bus if empty", "bus"),
    _column("places", "How many places it takes; 1 if empty", "1"),
    _column("asked_on", "The day the family asked for it itself", "2026-11-02"),
    _column("cost_falls_on", "Whose money it would be", "council;nhs"),
    _column("cashable", "0 to 1: the share really saved in a year", "0.1"),
    _column("named_worker", "Who asks in person where it is sensitive", "Sam Example"),
]

CONTACTS = [
    _column("family_ref", "As in the file of needs", "F-0001", required=True),
    _column("name", "The adult to write to", "Kelly Example", required=True),
    _column("safe_to_contact", "yes, no or unknown", "yes", required=True),
    _column("safe_channels", "What is safe, best first", "email;phone", required=True),
    _column(
        "safe_checked_on", "When that was checked: at most 30 days ago", "2026-11-10", required=True
    ),
    _column("email", "If e-mail is safe", "kelly@example.org"),
    _column("phone", "If calls or texts are safe", "07700 900123"),
    _column("address", "If letters are safe", "1 Example Street"),
    _column("postcode", "If letters are safe", "IP1 2DE"),
]

STOPS = [
    _column("family_ref", "As in the file of needs", "F-0001", required=True),
    _column(
        "reason",
        "moved, died, pregnancy-ended, case-opened, court-order or objected",
        "moved",
        required=True,
    ),
]
