"""What Tom sees of families who said yes, and of what came of it."""

import datetime as dt
from collections.abc import Iterator

from sample_parts import ONE_PAGE, SOON, TODAY, TOM, VIEWER, Sample, wrong

from marketplace.web.bars import draw_bars


def provider_families() -> Iterator[Sample]:
    family = {
        "match_id": 9,
        "volunteer_id": 3,
        "name": "Kelly Marsh",
        "contact_way": "Text",
        "contact": "07700 900 461",
        "contact_href": "sms:07700900461",
        "visiting": "ring_first",
        "help_text": "Two extra portions on Tuesdays",
        "ring_by": SOON,
        "started": False,
        "started_on": None,
        "easier": ["help with the fare", "someone to come with them"],
        "is_food": True,
        "contacted_on": None,
        "times_attended": 0,
    }
    spoken = family | {
        "match_id": 7,
        "volunteer_id": None,
        "name": "Bo Lindqvist-Featherstonehaugh",
        "contact": "",
        "easier": [],
        "is_food": False,
        "contacted_on": TODAY,
    }
    started = spoken | {
        "match_id": 8,
        "name": "Ade Cole",
        "visiting": "no_known_concern",
        "started": True,
        "started_on": TODAY,
        "times_attended": 3,
    }
    accepted = "pages/provider/accepted.html"
    shown = TOM | {"door": "open", "families": [family, spoken, started], "page": ONE_PAGE}
    yield Sample(accepted, "three", shown)
    yield Sample(accepted, "viewer", shown | VIEWER)
    for door in ("open", "agreement", "paused"):
        yield Sample(accepted, f"none {door}", shown | {"door": door, "families": []})
    one = {"id": 9, "name": "Kelly Marsh", "help_text": "Two extra portions", "is_food": True}
    step = TOM | {"family": one, "typed": {"how": "", "helped": ""}}
    for name in ("start", "end", "not_started", "hand_back"):
        yield Sample(f"pages/provider/family_{name}.html", "first", step)
    yield Sample("pages/provider/family_start.html", "error", step | wrong("diet", "Ask first"))
    missing = [*wrong("how", "Choose how")["errors"], *wrong("helped", "Choose if")["errors"]]
    yield Sample("pages/provider/family_end.html", "error", step | {"errors": missing})
    months = [dt.date(2026, number, 1) for number in range(1, 13)]
    counts = [0, 2, 5, 7, 3, 11, 4, 0, 6, 8, 9, 1]
    impact = TOM | {
        "provider_name": "Harbour Kitchen",
        "today": TODAY,
        "totals": {"families": 56, "places": 61, "attended": 204, "ended": 30},
        "by_month": [
            {"month": month, "families": number}
            for month, number in zip(months, counts, strict=True)
        ],
        "bars": draw_bars(
            [(f"{month:%b}", number) for month, number in zip(months, counts, strict=True)]
        ),
        "helped": [{"name": "Yes", "families": 19}],
        "helped_others": 11,
        "areas": [{"name": "SO14", "families": 41}],
        "areas_others": 15,
    }
    sheet = "pages/provider/impact.html"
    yield Sample(sheet, "year", impact)
    few = {"areas": [], "areas_others": 3, "helped": [], "helped_others": 2, "bars": None}
    yield Sample(sheet, "few", impact | few)
    yield Sample(sheet, "none", impact | {"totals": dict.fromkeys(impact["totals"], 0)})
