"""What Amina answers for the money and the months with, and what a provider may send her."""

from collections.abc import Iterator
from typing import Any

from sample_parts import AMINA, TODAY, TOM, Sample, wrong
from sample_parts import NOW as AT

MONTH = {"value": "2026-10", "text": "October 2026", "is_over": True}
NOW = {"value": "2026-11", "text": "November 2026", "is_over": False}
STEPS = ["Offered", "Claimed", "Family said yes", "Help started", "Help ended well"]
MONEY = ["Cash spent", "Cash back within a year", "Staff time and places freed"]


def table(caption: str, columns: list[str], *rows: list[str]) -> dict[str, Any]:
    lines = [{"name": name, "href": None, "cells": cells} for name, *cells in rows]
    return {"caption": caption, "columns": columns, "rows": lines}


def figures() -> Iterator[Sample]:
    page = "pages/commissioner/figures.html"
    months = table(
        "Families by month, the newest first",
        ["Month", *STEPS],
        ["November 2026", "1,204", "980", "612", "488", "under 5"],
        ["October 2026", *["under 5"] * 5],
    )
    months["rows"][0]["href"] = "/commissioner/figures?month=2026-11"
    bars = [
        {"name": "Oct 2026", "y": 0, "width": 0, "text": "under 5"},
        {"name": "Nov 2026", "y": 24, "width": 160.0, "text": "1,204"},
    ]
    common = AMINA | {
        "by": "area",
        "kinds": [{"by": "area", "name": "Area"}, {"by": "need", "name": "Need"}],
        "month": MONTH,
        "earlier": "/commissioner/figures?month=2026-09",
        "later": "/commissioner/figures?month=2026-11",
        "months": months,
        "chart": {
            "title": "Families whose help started, by month",
            "width": 320,
            "height": 48,
            "begins": 96,
            "bars": bars,
        },
        "whole": [(step, "1,204") for step in STEPS],
        "days": [("From the yes until help starts", "6 days")],
        "money": [(line, "£48,120") for line in MONEY],
    }
    area = table(
        "Area, October 2026",
        ["Area", *STEPS, *MONEY],
        ["IP1", *["120"] * 5, *["£4,000"] * 3],
        ["No fixed abode", *["not shown"] * 8],
    )
    yield Sample(page, "busy", common | {"table": area})
    empty = {"month": NOW, "later": None, "chart": None, "table": None, "whole": [], "money": []}
    yield Sample(page, "empty", common | empty)


def statements() -> Iterator[Sample]:
    one = {
        "number": "202610-4F0C2A-19AB",
        "council_name": "Millshire Council",
        "provider_name": "Harbour Kitchen",
        "charity_number": "1234567",
        "total_text": "£1,262.50",
        "table": table(
            "Statement 202610-4F0C2A-19AB",
            ["Service", "Places", "A place", "Owed"],
            ["Tuesday hot meals", "101", "£12.50", "£1,262.50"],
        ),
    }
    other = one | {
        "number": "202610-77AA01-19AB",
        "charity_number": None,
        "table": table(
            "Statement 202610-77AA01-19AB",
            ["Service", "Places", "A place", "Owed"],
            ["Tuesday hot meals", "101", "£12.50", "£1,262.50"],
        ),
    }
    whole = AMINA | {"month": MONTH, "earlier": "?month=2026-09", "later": "?month=2026-11"}
    council = "pages/commissioner/statements.html"
    yield Sample(council, "two", whole | {"statements": [one, other], "total_text": "£2,525"})
    none = {"month": NOW, "later": None, "statements": [], "total_text": "£0"}
    yield Sample(council, "none", whole | none)
    months = "pages/provider/statements.html"
    yield Sample(months, "two", TOM | {"months": [NOW, MONTH]})
    yield Sample(months, "none", TOM | {"months": []})
    own = "pages/provider/statement.html"
    yield Sample(own, "one", TOM | {"month": MONTH, "statements": [one]})
    yield Sample(own, "none", TOM | {"month": NOW, "statements": []})


def why() -> Iterator[Sample]:
    page = "pages/commissioner/family_why.html"
    match = {
        "id": 31,
        "can_decide": True,
        "plan_name": "Plan 3",
        "help_text": "Tuesday hot meals, Harbour Kitchen",
        "distance_text": "Under a mile",
        "price_text": "£12.50",
        "fund_name": "Food fund",
        "why": "The only support that suits.",
        "approved_at": AT,
        "state_text": "Help has started",
        "look": {"by": "Priya Nair", "at": AT, "took_text": "2 minutes", "was_changed": True},
        "offered": {"at": AT, "how": "by e-mail"},
        "weighed": [
            {"text": "Warm lunches, Lantern Hosts", "extra_text": "£14"},
            {"text": "A pantry, Marigold Trust", "extra_text": None},
        ],
    }
    new = match | {
        "can_decide": False,
        "fund_name": None,
        "approved_at": None,
        "look": None,
        "offered": None,
        "weighed": [],
        "state_text": "To be looked at",
    }
    need = {
        "text": "Food",
        "level": 2,
        "source_text": "A prediction from council records",
        "asked_on": None,
        "reasons": ["Rent arrears", "Moved house"],
        "published_at": AT,
        "state_text": "In a plan",
        "unmet": None,
        "matches": [match, new],
    }
    unmet = need | {
        "asked_on": TODAY,
        "reasons": [],
        "matches": [],
        "unmet": "Plan 3: The providers who could help are full.",
    }
    untouched = unmet | {"unmet": None}
    family = {"pseudonym": "F-0412", "area": "IP1"}
    history = [
        {"at": AT, "what": "A practitioner agreed", "who": "Priya Nair"},
        {"at": AT, "what": "Not going ahead", "who": ""},
    ]
    told = AMINA | {"family": family, "draws": ["Plan 3: 1811"], "history": history}
    yield Sample(page, "busy", told | {"needs": [need, unmet, untouched]})
    yield Sample(page, "empty", told | {"needs": [], "draws": [], "history": []})


def today() -> Iterator[Sample]:
    page = "pages/commissioner/today.html"
    row = {
        "text": "Harbour Kitchen: 3 families wait, the first since 12 November 2026.",
        "link_text": "Ring Harbour Kitchen",
        "href": "/commissioner/providers/7",
    }
    section = {
        "name": "no_answer",
        "heading": "Providers who have not answered",
        "count": 2,
        "what_to_do": "We reminded them. A call helps more than another mail.",
        "rows": [row, row],
    }
    old = "No stop list was ever brought. No message leaves until you bring one."
    yield Sample(page, "busy", AMINA | {"stop_list": old, "sections": [section]})
    yield Sample(page, "quiet", AMINA | {"stop_list": None, "sections": []})


def funds() -> Iterator[Sample]:
    one = {
        "id": 7,
        "name": "Food fund",
        "pays_text": "Food, Warm meals; A charity",
        "budget_text": "£25,000",
        "committed_text": "£4,000",
        "spent_text": "£12,500",
        "left_text": "£8,500",
        "spent_width": 60.0,
        "committed_width": 19.2,
    }
    lists = "pages/commissioner/funds.html"
    yield Sample(lists, "two", AMINA | {"funds": [one, one], "closed": [one]})
    yield Sample(lists, "none", AMINA | {"funds": [], "closed": []})
    form = "pages/commissioner/fund_form.html"
    choices = [{"code": "food", "text": "Food", "hint": "Enough to eat"}]
    common = AMINA | {
        "need_groups": [{"group": "home", "choices": choices}],
        "kinds": [{"code": "charity", "text": "A charity"}],
    }
    typed = {"name": "Food fund", "budget_pence": "25,000", "needs": ["food"], "kinds": []}
    fund = {"id": 7, "name": "Food fund", "is_open": True}
    yield Sample(form, "change", common | {"fund": fund, "typed": typed})
    faulty = wrong("budget_pence", "Give the budget in pounds, like 25,000")
    empty = typed | {"name": "", "budget_pence": "much"}
    yield Sample(form, "new with error", common | {"fund": None, "typed": empty} | faulty)


def policy() -> Iterator[Sample]:
    page = "pages/commissioner/policy.html"
    field = {
        "name": "value_pence.level_1",
        "label": "Level 1",
        "value": "800",
        "hint": "Otherwise 800",
    }
    source = {"name": "value_pence.source", "value": "Cabinet paper 12"}
    table = {
        "name": "value_pence",
        "heading": "What meeting a need is worth",
        "hint": "In pounds.",
        "fields": [field],
        "source": source,
    }
    yield Sample(page, "saved", AMINA | {"saved": True, "tables": [table]})
    fault = wrong("value_pence.level_1", "Level 1: give pounds, like 2,500")
    yield Sample(page, "error", AMINA | {"saved": False, "tables": [table]} | fault)


def answering() -> Iterator[Sample]:
    yield from figures()
    yield from statements()
    yield from why()
    yield from today()
    yield from funds()
    yield from policy()
