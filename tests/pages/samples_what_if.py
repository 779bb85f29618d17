"""What Amina asks of a plan, and what another would be like."""

from collections.abc import Iterator
from typing import Any

from sample_parts import AMINA, MIDDLE_PAGE, NOW, ONE_PAGE, Sample, wrong

PLAN = {"id": 7, "name": "Plan 3"}


def what_if() -> Iterator[Sample]:
    yield from _plan_form()
    yield from _buying()
    yield from _what_if_form()
    yield from _compare()
    yield from _rules()


def _plan_form() -> Iterator[Sample]:
    page = "pages/commissioner/plan_form.html"
    amount = {
        "name": "value_pence.level_1",
        "label": "Level 1",
        "value": "",
        "hint": "Published: 800",
    }
    form = AMINA | {
        "typed": {"areas": "", "most_families": "", "most_cash_pence": ""},
        "ticked": {"codes": [], "levels": [], "sources": [], "fund_ids": []},
        "need_groups": [
            {"group": "home", "choices": [{"code": "food", "text": "Food", "hint": "To eat"}]}
        ],
        "levels": [{"code": "1", "text": "Level 1"}],
        "sources": [{"code": "self", "text": "The family asked"}],
        "funds": [],
        "values": [amount],
        "ceilings": [amount | {"name": "price_ceiling_pence.level_1"}],
    }
    yield Sample(page, "first", form)
    chosen = form | {
        "ticked": {"codes": ["food"], "levels": ["1"], "sources": [], "fund_ids": ["9"]},
        "funds": [{"code": "9", "text": "Food fund, £8,500 left"}],
        "typed": {"areas": "IP1", "most_families": "many", "most_cash_pence": ""},
    }
    fault = wrong("most_families", "Give a whole number of families")
    yield Sample(page, "error", chosen | fault)
    yield Sample(page, "busy", form | wrong("", "Plan 3 is being worked out. Wait."))


def _buying() -> Iterator[Sample]:
    page = "pages/commissioner/buying.html"
    one = {
        "service_text": "Baby group, Harbour Kitchen",
        "area": "IP16",
        "what": "£400 opens this group for 6 families.",
        "saving_text": "£4,120",
        "exact": False,
        "query": {"kind": "opening", "intake": "5"},
        "can_try": True,
    }
    told = AMINA | {"plan": PLAN}
    yield Sample(page, "two", told | {"offers": [one, one | {"exact": True, "can_try": False}]})
    yield Sample(page, "none", told | {"offers": []})


def _what_if_form() -> Iterator[Sample]:
    page = "pages/commissioner/what_if.html"
    typed = dict.fromkeys(("kind", "intake_id", "more", "group_id", "fund_id", "more_pence"), "")
    one = {"value": "5", "text": "Baby group, Harbour Kitchen"}
    kinds = [
        {"code": "places", "text": "More places at a service"},
        {"code": "worth_it", "text": "Help only where it saves more than it costs"},
    ]
    form = AMINA | {"plan": PLAN, "kinds": kinds, "places": [one], "groups": [], "funds": [one]}
    yield Sample(page, "first", form | {"typed": typed})
    fault = wrong("intake_id", "Choose a service")
    yield Sample(page, "error", form | {"typed": typed | {"kind": "places"}} | fault)


def _table(caption: str, *rows: list[str]) -> dict[str, Any]:
    lines = [{"name": name, "href": None, "cells": cells} for name, *cells in rows]
    columns = ["What", "Plan 3", "What-if 4", "Change"]
    return {"caption": caption, "columns": columns, "rows": lines}


def _compare() -> Iterator[Sample]:
    page = "pages/commissioner/compare.html"
    plan = {"id": 8, "name": "What-if 4", "base_id": 7, "is_what_if": True}
    common = AMINA | {
        "plan": plan,
        "others": [{"value": "7", "text": "Plan 3"}],
        "other": "7",
        "progress_text": None,
        "failure_text": None,
        "compared": None,
    }
    compared = {
        "totals": _table("Families and money", ["Families reached", "1,987", "1,992", "+5"]),
        "needs": _table("Families by need", ["Baby group", "120", "125", "+5"]),
        "services": _table("Families by service", ["Baby group, Harbour", "20", "25", "+5"]),
        "families": ["5 families get help and had none"],
        "rule_text": "Deciding it so costs £140 more.",
        "is_proved": False,
    }
    yield Sample(page, "compared", common | {"compared": compared})
    nothing = compared | {
        "families": [],
        "needs": _table("Families by need"),
        "services": _table("Families by service"),
        "rule_text": None,
        "is_proved": True,
    }
    yield Sample(page, "nothing changes", common | {"compared": nothing})
    yield Sample(page, "working", common | {"progress_text": "Step 3 of 6: Looking."})
    yield Sample(page, "failed", common | {"failure_text": "The time was up.", "others": []})
    yield Sample(page, "to choose", common | {"other": ""})


def _rules() -> Iterator[Sample]:
    form = "pages/commissioner/pair_rule.html"
    match = {
        "id": 31,
        "family_id": 412,
        "pseudonym": "F-0412",
        "need_text": "Food",
        "level": 2,
        "plan_name": "Plan 3",
    }
    told = AMINA | {
        "match": match,
        "typed": {"kind": "pin", "intake_id": "5", "reason": ""},
        "kinds": [{"code": "pin", "text": "Always give it this help"}],
        "supports": [{"code": "5", "text": "Tuesday hot meals, Harbour Kitchen"}],
    }
    yield Sample(form, "first", told)
    yield Sample(form, "error", told | wrong("reason", "Say why"))
    rules = "pages/commissioner/pair_rules.html"
    rule = {
        "id": 5,
        "family_id": 412,
        "pseudonym": "F-0412",
        "need_text": "Food",
        "kind_text": "Never",
        "help_text": "Tuesday hot meals, Harbour Kitchen",
        "reason": "The father works there",
        "made_by": "Amina Yusuf",
        "made_at": NOW,
    }
    other = rule | {"id": 6, "kind_text": "Always"}
    two = AMINA | {"rules": [rule, other], "page": MIDDLE_PAGE}
    yield Sample(rules, "two", two | wrong("reason-5", "Say why"))
    yield Sample(rules, "none", AMINA | {"rules": [], "page": ONE_PAGE})
