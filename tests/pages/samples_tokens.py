"""Tokens of programs, as a council's and a provider's people see them."""

from collections.abc import Iterator

from sample_parts import AMINA, NOW, TOM, Sample, wrong

TOKEN = {
    "id": 7,
    "name": "Nightly upload from the case system",
    "may": ["Publish needs and take them back", "Bring the stop list"],
    "made_by": "Amina Yusuf",
    "expires_at": NOW,
    "last_used_at": NOW,
    "state": "works",
}
FORM = {
    "tokens": [],
    "made": None,
    "taken_back": None,
    "scopes": [
        {"code": "needs:read", "text": "Read needs"},
        {"code": "needs:write", "text": "Publish needs and take them back"},
    ],
    "lengths": [{"code": "30", "text": "30 days"}, {"code": "365", "text": "A year"}],
    "typed": {"name": "", "days": "365"},
    "ticked": [],
}


def tokens() -> Iterator[Sample]:
    for page, person in (("commissioner", AMINA), ("provider", TOM)):
        template, context = f"pages/{page}/tokens.html", person | FORM
        old = TOKEN | {"state": "taken back", "last_used_at": None}
        made = {"tokens": [TOKEN, old], "made": "earlyhelp_" + "q7Zr" * 8}
        yield Sample(template, "none", context)
        yield Sample(template, "made", context | made)
        yield Sample(template, "taken back", context | {"tokens": [old], "taken_back": old["name"]})
        yield Sample(template, "error", context | wrong("scopes", "Choose what the program may do"))
