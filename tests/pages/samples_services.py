"""What Tom sees of his services, his people and his organisation, and what a stranger asks."""

from collections.abc import Iterator

from sample_parts import AMINA, NOW, ONE_PAGE, STAFF, TODAY, TOM, VIEWER, Context, Sample, wrong

from marketplace.web import service_forms, service_words

HISTORY = [{"at": NOW, "what": "Agreement of 2026-11-22 accepted", "who": "Tom Achebe"}]
ACCEPTED = {"by": "Tom Achebe", "at": NOW}


def all_wrong(*fields: str) -> Context:
    """Every field of a page with a fault of its own: one look for all."""
    return {"errors": [{"field": field, "text": f"Look at {field} again"} for field in fields]}


def joining() -> Iterator[Sample]:
    typed = dict.fromkeys(
        ("organisation", "kind", "charity_number", "postcode", "person", "email", "phone"), ""
    )
    kinds = [{"code": "charity", "text": "A charity"}, {"code": "group", "text": "A group"}]
    form = STAFF | {"typed": typed, "kinds": kinds}
    page = "pages/public/join.html"
    yield Sample(page, "first", form)
    yield Sample(page, "error", form | wrong("kind", "Choose what you are"))
    email = {"email": "tom@example.org", "is_demo": True}
    yield Sample("pages/public/join_check_email.html", "demo", STAFF | email)
    yield Sample("pages/public/join_confirm.html", "button", STAFF | {"token": "abc"})
    told = STAFF | {"organisation": "Harbour Kitchen"}
    yield Sample("pages/public/join_waiting.html", "one", told)
    yield Sample("pages/public/left.html", "one", told)


def letting_in() -> Iterator[Sample]:
    asked = {
        "id": 3,
        "organisation": "Harbour Kitchen",
        "person": "Tom Achebe",
        "proved_at": NOW,
        "kind_text": "A charity",
        "charity_number": "1123456",
        "postcode": "SO14 3FE",
        "email": "tom@example.org",
        "phone": "01632 960 001",
        "decision": None,
    }
    alike = [{"id": 7, "name": "Harbour Kitchens", "why": "a like name nearby"}]
    request = AMINA | {"asked": asked, "alike": alike}
    page = "pages/commissioner/join_request.html"
    yield Sample(page, "alike", request)
    decided = {"asked": asked | {"decision": "joined"}, "alike": []}
    yield Sample(page, "decided", request | decided)
    yield Sample(page, "errors", request | all_wrong("provider", "reason", "decision"))
    states = ("listed", "paused", "hidden", "waiting", "left")
    line = {"id": 7, "name": "Harbour Kitchens", "kind_text": "A charity", "agreed": True}
    every = AMINA | {
        "requests": [asked],
        "providers": [line | {"state": state} for state in states],
        "page": ONE_PAGE,
        "search": "",
    }
    listed = "pages/commissioner/providers.html"
    yield Sample(listed, "all", every)
    yield Sample(listed, "none", every | {"requests": [], "providers": [], "search": "x"})
    provider = line | {
        "state": "listed",
        "charity_number": "1123456",
        "email": "tom@example.org",
        "phone": "01632 960 001",
        "confirmed_at": NOW,
        "services": 2,
    }
    family = {"pseudonym": "F-1", "state_text": "On hold", "is_on_hold": True}
    shown = AMINA | {
        "provider": provider,
        "families": [family],
        "families_of_others": 3,
        "on_hold": 1,
        "history": HISTORY,
    }
    one = "pages/commissioner/provider.html"
    yield Sample(one, "listed", shown | {"on_hold": 0, "families": [], "history": []})
    yield Sample(one, "paused", shown | {"provider": provider | {"state": "paused"}})
    yield Sample(one, "waiting", shown | {"provider": provider | {"state": "waiting"}})
    yield Sample(one, "left", shown | {"provider": provider | {"state": "left"}})


def services() -> Iterator[Sample]:
    service = {"id": 3, "name": "Tuesday hot meals", "is_stopped": False, "standing_yes": False}
    stopped = service | {"id": 4, "name": "Sewing", "is_stopped": True, "standing_yes": True}
    lines = [one | {"needs_text": "Meals, essentials"} for one in (service, stopped)]
    yield Sample("pages/provider/services.html", "two", TOM | {"services": lines})
    yield Sample("pages/provider/services.html", "none", VIEWER | {"services": []})
    intake = {
        "id": 5,
        "service_name": "Tuesday hot meals",
        "starts_text": "At any time",
        "paused_text": None,
        "free": 3,
        "held": 1,
        "used": 2,
    }
    shown = TOM | {
        "service": service,
        "public": {
            "name": "Tuesday hot meals",
            "provider_name": "Harbour Kitchen",
            "description": "You get a hot meal to take home.",
            "helps_with": "Meals",
            "ages": "Any age",
            "when": "Tuesdays",
            "where": "SO14 area",
            "languages": "English",
            "access": None,
            "price_text": "Free",
            "places_text": "3 places left",
            "phone": "01632 960 001",
            "email": "tom@example.org",
            "website": None,
            "confirmed_on": TODAY,
        },
        "engine": {
            "needs": "Meals",
            "level": "A little help early on",
            "reach": "They come to us: about 5 miles at most",
            "ages": "Any age",
            "days": "Tuesdays",
            "check": "None shown",
            "places": "3 left",
            "price": "£12",
            "says_yes": "You are asked about each family",
        },
        "why_not": [],
        "intakes": [intake, intake | {"id": 6, "free": None, "paused_text": "Paused"}],
        "hints": ["“Notwithstanding” is a long word. Is there a shorter one?"],
    }
    page = "pages/provider/service.html"
    yield Sample(page, "matched", shown)
    why = {"why_not": ["It has no intake yet"], "intakes": [], "hints": []}
    yield Sample(page, "empty", shown | why)
    yield Sample(page, "viewer", shown | VIEWER)
    yield Sample(page, "stopped", shown | {"service": stopped, "public": None})
    yield Sample(page, "error", shown | wrong("stop", "2 places are promised"))


def service_form() -> Iterator[Sample]:
    form = TOM | {
        "service_id": None,
        "typed": service_forms.empty_service(),
        "needs": service_words.need_choices(),
        "days": service_words.day_choices(),
        "languages": service_words.language_choices(["en"]),
        "access": service_words.choices(service_words.ACCESS_WORDS),
        "levels": service_words.choices(service_words.LEVEL_WORDS),
        "is_digital": False,
    }
    page = "pages/provider/service_form.html"
    yield Sample(page, "new", form)
    yield Sample(page, "digital", form | {"service_id": 3, "is_digital": True})
    yield Sample(page, "errors", form | all_wrong("name", "needs", "days", "postcode"))
    intake = TOM | {
        "service": {"id": 3, "name": "Tuesday hot meals"},
        "intake_id": None,
        "promised": 0,
        "typed": service_forms.empty_intake(),
        "is_digital": True,
    }
    page = "pages/provider/intake_form.html"
    yield Sample(page, "new", intake)
    yield Sample(page, "change", intake | {"intake_id": 5, "promised": 3, "is_digital": False})
    yield Sample(page, "error", intake | wrong("at_least", "It could never run"))


def organisation() -> Iterator[Sample]:
    tom = {"id": 1, "name": "Tom Achebe", "email": "tom@example.org", "role": "editor"}
    ade = {"id": 2, "name": "Ade Cole", "email": "ade@example.org", "role": "viewer"}
    people = TOM | {
        "people": [tom | {"is_me": True}, ade | {"is_me": False}],
        "typed": {"name": "", "email": "", "role": "editor"},
        "done_text": "",
    }
    page = "pages/provider/people.html"
    yield Sample(page, "two", people | {"done_text": "Saved."})
    yield Sample(page, "viewer", people | VIEWER)
    yield Sample(page, "errors", people | all_wrong("people", "name", "email", "role"))
    agreement = TOM | {"version": "2026-11-22", "accepted": None}
    page = "pages/provider/agreement.html"
    yield Sample(page, "first", agreement)
    yield Sample(page, "error", agreement | wrong("accept", "Tick the box"))
    yield Sample(page, "accepted", agreement | {"accepted": ACCEPTED})
    yield Sample(page, "viewer", agreement | VIEWER)
    provider = {
        "name": "Harbour Kitchen",
        "description": "We cook.",
        "website": "https://harbour.example.org",
        "charity_number": None,
        "email": "tom@example.org",
        "phone": "01632 960 001",
        "state": "listed",
        "confirmed_at": NOW,
    }
    shown = TOM | {"provider": provider, "agreed": ACCEPTED, "history": HISTORY}
    yield Sample("pages/provider/organisation.html", "one", shown)
    few = {"agreed": None, "history": []}
    yield Sample("pages/provider/organisation.html", "viewer", shown | VIEWER | few)
    names = ("name", "description", "website", "contact_email", "contact_phone", "charity_number")
    typed = TOM | {"typed": dict.fromkeys(names, "")}
    page = "pages/provider/organisation_edit.html"
    yield Sample(page, "first", typed)
    yield Sample(page, "error", typed | wrong("contact_email", "Type an e-mail address"))
    families = {"waiting": 1, "asked": 2, "accepted": 1, "under_way": 1, "people": 2}
    leave = TOM | {"provider_name": "Harbour Kitchen", "families": families}
    page = "pages/provider/leave.html"
    yield Sample(page, "some", leave)
    yield Sample(page, "none", leave | {"families": dict.fromkeys(families, 0) | {"people": 1}})
    yield Sample(page, "error", leave | wrong("understood", "Tick the box"))
