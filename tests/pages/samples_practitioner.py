"""What Priya sees."""

from collections.abc import Iterator

from sample_parts import MIDDLE_PAGE, NOW, ONE_PAGE, PRIYA, SENDING, SOON, STOPPED, Sample, wrong


def practitioner() -> Iterator[Sample]:
    plan = {
        "id": 7,
        "name": "Plan of 22 November",
        "created_at": NOW,
        "looked_at": 25,
        "families": 2104,
    }
    done = plan | {"id": 6, "name": "Plan of 1 November", "looked_at": 2104}
    home = "pages/practitioner/home.html"
    busy = {"plans": [plan, done], "calls_waiting": 3, "messages": SENDING}
    yield Sample(home, "busy", PRIYA | busy)
    quiet = {"plans": [], "calls_waiting": 0, "messages": STOPPED}
    yield Sample(home, "quiet", PRIYA | quiet)
    food = {
        "match_id": 11,
        "need_text": "Food",
        "level": 1,
        "service_name": "Tuesday hot meals",
        "provider_name": "Harbour Kitchen",
        "distance_text": "under a mile",
        "why": "The cheapest of four that could help.",
        "wished": "Tuesday hot meals",
        "sensitive": False,
        "alternatives": [{"id": 4, "text": "Food parcels, Quay Hall, 2 miles, free"}],
        "decision": "",
        "code": "",
        "choice": "",
    }
    safety = food | {
        "match_id": 12,
        "need_text": "Worry at home",
        "level": 3,
        "sensitive": True,
        "alternatives": [],
    }
    unmet = food | {"match_id": None, "need_text": "Debt", "why": "No adviser has a place."}
    family = {
        "id": 3,
        "pseudonym": "F-0412",
        "area": "SO14",
        "ages_text": "3 and 7",
        "source_text": "council records",
        "asked_themselves": False,
        "reasons": ["free school meals", "behind with council tax"],
        "needs": [food, safety, unmet],
        "looked_at": False,
    }
    asked = family | {
        "id": 4,
        "pseudonym": "F-0977",
        "asked_themselves": True,
        "looked_at": True,
        "needs": [food | {"match_id": 13, "decision": "agree"}],
    }
    review = PRIYA | {
        "plan": plan,
        "page": MIDDLE_PAGE | {"last": 85},
        "families": [family, asked],
        "set_aside_codes": [{"code": "known_risk", "text": "A social worker is involved"}],
        "saved": None,
    }
    page = "pages/practitioner/review.html"
    yield Sample(page, "first", review)
    no_code = family | {"needs": [food | {"decision": "set_aside"}]}
    yield Sample(
        page,
        "error",
        review | {"families": [no_code]} | wrong("code-11", "Say why you set F-0412 aside"),
    )
    yield Sample(page, "empty", review | {"families": [], "page": ONE_PAGE, "saved": 25})
    call = {
        "id": 5,
        "name": "Kelly Marsh",
        "to_offer": "Tuesday hot meals, Harbour Kitchen (cooked meals)",
        "phone": "07700 900 461",
        "phone_href": "tel:07700900461",
        "why": "Pressed Call me",
        "asked_at": NOW,
        "call_by": SOON,
        "overdue": True,
    }
    calls = PRIYA | {"calls": [call, call | {"id": 6, "overdue": False}], "page": ONE_PAGE}
    yield Sample("pages/practitioner/calls.html", "two", calls)
    none = calls | {"calls": [], "done_name": "Kelly Marsh"}
    yield Sample("pages/practitioner/calls.html", "none", none)
