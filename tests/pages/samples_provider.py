"""What Tom sees."""

from collections.abc import Iterator

from sample_parts import SOON, TODAY, TOM, VIEWER, Sample, wrong


def provider() -> Iterator[Sample]:
    one = {
        "id": 11,
        "need_text": "Hot meals for a family of four",
        "asked_on": TODAY,
        "service_text": "Tuesday hot meals. At any time",
        "answer_by": SOON,
        "age_band": "under 5 and 5 to 11",
        "area": "SO14",
        "distance_text": "under a mile",
        "days_text": "Tuesdays",
        "language": None,
        "access": "Step-free",
    }
    few = one | dict.fromkeys(["age_band", "area", "distance_text", "language", "access"])
    claimed = {"need_text": "Hot meals", "claimed_on": TODAY, "intake_name": "Tuesday hot meals"}
    inbox = TOM | {
        "provider_name": "Harbour Kitchen",
        "door": "open",
        "waiting_count": 2,
        "waiting": [one, few | {"id": 12}],
    }
    page = "pages/provider/inbox.html"
    yield Sample(page, "two", inbox | {"claimed": [claimed]})
    yield Sample(page, "none", inbox | {"waiting": [], "claimed": []})
    shut = {"waiting": [], "claimed": []}
    yield Sample(page, "agreement", inbox | shut | {"door": "agreement"})
    yield Sample(page, "paused", inbox | shut | {"door": "paused"})
    yield Sample(page, "viewer", inbox | VIEWER | {"claimed": [claimed]})
    decline = TOM | {
        "match": one,
        "reasons": [{"code": "full", "text": "We are full"}, {"code": "days", "text": "Wrong day"}],
        "chosen": "",
    }
    yield Sample("pages/provider/decline.html", "first", decline)
    yield Sample("pages/provider/decline.html", "error", decline | wrong("code", "Choose a reason"))
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
    }
    started = family | {
        "match_id": 8,
        "volunteer_id": None,
        "name": "Ade Cole",
        "visiting": "no_known_concern",
        "started": True,
        "started_on": TODAY,
    }
    accepted = "pages/provider/accepted.html"
    yield Sample(accepted, "two", TOM | {"door": "open", "families": [family, started]})
    for door in ("open", "agreement"):
        yield Sample(accepted, f"none {door}", TOM | {"door": door, "families": []})
    intake = {
        "id": 4,
        "service_name": "Tuesday hot meals",
        "starts_text": "Every Tuesday",
        "paused_text": None,
        "free": 3,
        "held": 1,
        "used": 6,
    }
    full = intake | {"id": 5, "service_name": "Saturday breakfast", "free": 0}
    paused = full | {"id": 6, "free": None, "paused_text": "Paused until 1 December 2026"}
    places = "pages/provider/places.html"
    saved = {"intake_id": 4, "event_id": 77}
    shown = TOM | {"intakes": [intake, full, paused], "saved": None}
    yield Sample(places, "saved", shown | {"saved": saved})
    yield Sample(places, "viewer", shown | VIEWER)
    taken = wrong("intake-5", "That place was taken a moment ago")
    late = wrong("until-4", "Type a day to come")["errors"]
    yield Sample(places, "errors", shown | {"errors": [*taken["errors"], *late]})
    yield Sample(places, "none", shown | {"intakes": []})
