"""What a file changes about a need, in words: what stands, and what it would be."""

from datetime import date
from decimal import Decimal
from typing import Any

from marketplace.services.needs.need_changes import Change, Comparison, Differences
from marketplace.states import NeedState
from marketplace.templating import pounds, uk_date
from marketplace.web import words

FIELDS = {
    "area": "Area",
    "children_born": "Children born",
    "languages": "Language",
    "availability": "Days and times",
    "transport": "Transport",
    "named_worker": "Named worker",
    "level": "Level",
    "likelihood": "Likelihood",
    "statutory_cost_pence": "Cost if unmet",
    "source": "Source",
    "reasons": "Reasons",
    "valid_until": "Valid until",
    "access": "Access",
    "places": "Places",
    "asked_on": "Asked on",
    "cost_falls_on": "Cost falls on",
    "cashable": "Cashable share",
    "state": "State",
}


def change_line(change: Change) -> dict[str, Any]:
    differences: Differences = change.family | change.need
    told = [
        {"name": FIELDS[name], "old": _tell(name, old), "new": _tell(name, new)}
        for name, (old, new) in differences.items()
        if name in FIELDS
    ]
    if not told:
        told = [{"name": "Place on the map", "old": "as before", "new": "put right"}]
    return {
        "pseudonym": change.row.family_ref,
        "need_text": words.need_text(change.row.need),
        "changes": told,
    }


def why_kept(change: Change, found: Comparison) -> str:
    family = found.families[change.row.family_ref]
    if family.stopped_at is not None:
        return "The family asked us to stop."
    state = found.needs[family.id, change.row.need].state
    return {
        NeedState.PLANNED: "It is in a plan, and people act on it.",
        NeedState.MET: "It is being helped.",
        NeedState.CLOSED: "It is closed.",
    }[NeedState(state)]


def _tell(name: str, value: Any) -> str:
    if name == "state":
        return words.NEED_STATES[value]
    if name == "statutory_cost_pence":
        return pounds(value)
    if isinstance(value, date):
        return uk_date(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return "none" if value in (None, "") else str(value)
