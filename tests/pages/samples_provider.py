"""What Tom sees."""

from collections.abc import Iterator

from sample_parts import (
    MIDDLE_PAGE,
    ONE_PAGE,
    SOON,
    TODAY,
    TOM,
    VIEWER,
    Sample,
    wrong,
)


def provider() -> Iterator[Sample]:
    one = {
        "id": 11,
        "need_text": "Hot meals for a family of four",
        "asked_on": TODAY,
        "answer_by": SOON,
        "age_band": "under 5 and 5 to 11",
        "area": "SO14",
        "distance_text": "under a mile",
        "days_text": "Tuesdays",
        "language": None,
        "access": "Step-free",
    }
    few = one | dict.fromkeys(["age_band", "area", "distance_text", "language", "access"])
    claimed = {
        "id": 14,
        "need_text": "Hot meals",
        "claimed_on": TODAY,
        "intake_name": "Tuesday hot meals",
    }
    tuesday = {"intake_id": 21, "service_text": "Tuesday hot meals. At any time"}
    saturday = {"intake_id": 22, "service_text": "Saturday breakfast, Grace Hill. At any time"}
    groups = [
        tuesday | {"waiting": [one, few | {"id": 12}]},
        saturday | {"waiting": [few | {"id": 13}]},
    ]
    inbox = TOM | {
        "provider_name": "Harbour Kitchen",
        "door": "open",
        "waiting_count": 3,
        "chance": {"in_ten": 6, "is_own": False},
        "done": None,
        "groups": groups,
        "page": ONE_PAGE,
    }
    page = "pages/provider/inbox.html"
    yield Sample(page, "two", inbox | {"claimed": [claimed]})
    shut = {"groups": [], "claimed": [], "chance": None}
    yield Sample(page, "none", inbox | shut | {"waiting_count": 0})
    told = {"claimed": 1, "missed": 2, "has_closed_links": False}
    yield Sample(page, "done", inbox | {"claimed": [claimed], "done": told})
    closed = {"done": told | {"has_closed_links": True}, "chance": {"in_ten": 0, "is_own": True}}
    yield Sample(page, "closed", inbox | {"claimed": []} | closed | {"page": MIDDLE_PAGE})
    link = {"csp_nonce": "a-nonce", "csrf_token": "a-token", "user": None, "token": "Zk3v9QmT"}
    reasons = [{"code": "full", "text": "We are full"}, {"code": "too_far", "text": "Too far"}]
    link |= {"provider_name": "Harbour Kitchen", "groups": groups, "reasons": reasons, "done": ""}
    claim_link = "pages/public/claim_link.html"
    yield Sample(claim_link, "two", link)
    yield Sample(claim_link, "error", link | wrong("code-12", "Choose a reason"))
    yield Sample(claim_link, "none", link | {"groups": [], "done": "yes"})
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
