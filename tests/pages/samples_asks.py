"""What families who ask see, and what Priya and Amina see of them."""

from collections.abc import Iterator

from sample_parts import (
    AMINA,
    COUNCIL,
    KELLY,
    NOW,
    ONE_PAGE,
    PRIYA,
    SOON,
    STAFF,
    Context,
    Sample,
    wrong,
)

WANTED: Context = {
    "action": "/ask",
    "service_id": "21",
    "service_name": "Tuesday hot meals",
    "provider_name": "Harbour Kitchen",
    "need": "meals",
    "where": "SO14 3FE",
    "is_worker": False,
    "is_sensitive": False,
}
WITH_A_FAMILY = WANTED | {
    "action": "/ask/with-a-family",
    "service_id": "",
    "service_name": "",
    "need": "",
    "is_worker": True,
}
PRIVATE = WANTED | {"is_sensitive": True, "need": "mental-health", "service_name": "Quiet talks"}


def choices(**named: str) -> list[Context]:
    return [{"code": code, "value": code, "text": text} for code, text in named.items()]


def asks() -> Iterator[Sample]:
    yield from asking()
    yield from after_it()
    yield from staff()


def asking() -> Iterator[Sample]:
    where = "pages/public/ask_where.html"
    yield Sample(where, "first", STAFF | {"wanted": WANTED | {"where": ""}})
    yield Sample(where, "worker", STAFF | {"wanted": WITH_A_FAMILY | {"where": ""}})
    mistake = wrong("where", "Type a postcode, such as IP1 2DE, or its first half")
    yield Sample(where, "error", STAFF | {"wanted": PRIVATE} | mistake)
    ways = {"phone": "01632 960 001", "email": "hello@example.org", "website": None}
    nobody = "pages/public/ask_no_council.html"
    yield Sample(nobody, "service", STAFF | {"wanted": WANTED} | ways)
    yield Sample(nobody, "none", STAFF | {"wanted": WITH_A_FAMILY} | dict.fromkeys(ways))
    yield from forms()


def forms() -> Iterator[Sample]:
    page = "pages/family/ask.html"
    empty = {"month": "", "year": ""}
    lines = ("need", "language", "transport", "name", "email", "phone", "address", "safe")
    typed: Context = {
        **dict.fromkeys([*lines, "consent", "worker_name", "worker_email"], ""),
        "day": [],
        "channel": [],
        "children": [empty] * 8,
    }
    form = {
        "csp_nonce": "a-nonce",
        "wanted": WANTED,
        "back": "/ask?service=21",
        "council": COUNCIL | {"authority": "Millshire County Council"},
        "privacy": {"text": "millshire.example.org/privacy", "href": None},
        "complaint_route": "Write to the complaints team.",
        "domains": ["gov.uk", "sch.uk"],
        "typed": typed,
        "trap": "homepage",
        "choices": {
            "need": choices(meals="Cooked meals"),
            "day": choices(mon="Monday", tue="Tuesday"),
            "transport": choices(bus="Bus", car="Car"),
            "channel": choices(email="E-mail", phone="A telephone call", letter="A letter"),
            "safe": choices(yes="Yes", no="No, or I am not sure"),
            "language": choices(en="English", pl="Polish"),
        },
    }
    yield Sample(page, "first", form)
    yield Sample(page, "private", form | {"wanted": PRIVATE})
    yield Sample(page, "worker", form | {"wanted": WITH_A_FAMILY})
    filled = typed | {
        "children": [{"month": "4", "year": "2019"}] * 4 + [empty] * 4,
        "channel": ["email"],
        "name": "Kelly",
    }
    faults = [
        {"field": "month-1", "text": "Type the month and year of each child"},
        {"field": "channel", "text": "Tick at least one way to reach you"},
        {"field": "email", "text": "Type your e-mail address"},
        {"field": "consent", "text": "Tick this if you agree"},
    ]
    yield Sample(page, "error", form | {"typed": filled, "errors": faults})


def after_it() -> Iterator[Sample]:
    sent = "pages/family/ask_sent.html"
    yield Sample(sent, "mailed", KELLY | {"email": "kelly@example.org", "is_demo": True})
    yield Sample(sent, "rung", KELLY | {"email": None, "is_demo": False})
    yield Sample("pages/family/ask_not_safe.html", "one", KELLY)
    yield Sample("pages/family/ask_confirm.html", "button", KELLY)
    yield Sample("pages/family/ask_received.html", "one", KELLY)
    for standing in ("received", "call", "looked_at", "offered", "yes", "withdrawn", "ended"):
        yield Sample(
            "pages/family/ask_status.html",
            standing,
            KELLY | {"standing": standing, "is_safe": False, "asks_safety": True},
        )
    safe = KELLY | {"standing": "received", "is_safe": True, "asks_safety": False}
    yield Sample("pages/family/ask_status.html", "safe", safe)


def staff() -> Iterator[Sample]:
    ask = {
        "id": "7",
        "name": "Kelly",
        "phone": "01632 960 001",
        "email": None,
        "need_text": "Cooked meals",
        "wished": "Tuesday hot meals",
        "worker": None,
        "why": "They gave no e-mail address: hear if it was they who asked",
        "answers": {"yes": "Yes, they asked for this", "no": "It was not them"},
        "asked_at": NOW,
        "ring_by": SOON,
        "overdue": True,
    }
    mailed = ask | {"id": "8", "name": "Sam", "phone": None, "email": "sam@example.org"}
    mailed |= {"why": "This is asked about in person, never by a message"}
    mailed |= {"answers": None, "overdue": False, "worker": "Kit Example", "wished": None}
    bare = mailed | {"id": "9", "name": None, "email": None}
    page = "pages/practitioner/asks.html"
    yield Sample(page, "some", PRIYA | {"asks": [ask, mailed, bare], "page": ONE_PAGE})
    yield Sample(page, "none", PRIYA | {"asks": [], "page": ONE_PAGE})
    chosen: Context = {"typed": {"covers": "E07000202\nIP1", "domains": "gov.uk\nsch.uk"}}
    page = "pages/commissioner/asking.html"
    yield Sample(page, "open", AMINA | chosen | {"is_open": True, "has_areas": True})
    yield Sample(page, "no-law", AMINA | chosen | {"is_open": False, "has_areas": True})
    mistake = {"is_open": False, "has_areas": False} | wrong("covers", "On no map: E0")
    yield Sample(page, "error", AMINA | chosen | mistake)
