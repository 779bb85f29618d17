"""What keeps the directory true: Amina's lists, and a provider's one button."""

from collections.abc import Iterator

from sample_parts import AMINA, MIDDLE_PAGE, ONE_PAGE, STAFF, TODAY, Sample, wrong


def directory() -> Iterator[Sample]:
    yield from _lists()
    yield from _doubles()
    service = {
        "name": "Tuesday hot meals",
        "helps_with": "Cooked meals",
        "when": "Tuesdays",
        "where": "SO14",
    }
    listing = STAFF | {
        "token": "abc",
        "provider_name": "Harbour Kitchen",
        "phone": "01632 960 001",
        "email": "hello@example.org",
        "confirmed_on": TODAY,
        "is_done": False,
        "services": [service, service | {"name": "Chat by telephone", "where": None}],
    }
    template = "pages/public/confirm_listing.html"
    yield Sample(template, "asked", listing)
    yield Sample(template, "empty", listing | {"services": [], "phone": None})
    yield Sample(template, "done", listing | {"is_done": True})


def _lists() -> Iterator[Sample]:
    one = {"href": "/commissioner/directory/hidden", "title": "Hidden listings", "count": 3}
    none = one | {"title": "Services with no place to give", "count": 0}
    later = one | {"title": "Needs nobody helps with", "count": None}
    overview = AMINA | {"listed": 309, "lists": [one, none, later]}
    yield Sample("pages/commissioner/directory.html", "two", overview)
    view = {
        "title": "Hidden listings",
        "intro": "Nobody said for a year that these are true.",
        "empty": "No listing is hidden.",
        "columns": ("Provider", "Ring or write", "Last confirmed", "We asked", "Hidden since"),
    }
    day = "22 November 2025"
    row = ("Harbour Kitchen", "01632 960 001, hello@example.org", day, "Not yet", day)
    template = "pages/commissioner/directory_list.html"
    yield Sample(template, "full", AMINA | {"view": view, "rows": [row], "page": MIDDLE_PAGE})
    yield Sample(template, "empty", AMINA | {"view": view, "rows": [], "page": ONE_PAGE})


def _doubles() -> Iterator[Sample]:
    pair = {
        "first": "Harbour Kitchen",
        "second": "The Harbour Kitchen",
        "why": "names that are alike, the same telephone",
        "href": "/commissioner/directory/doubles/1/2",
    }
    pairs = AMINA | {"rows": [pair], "merged": None, "page": ONE_PAGE}
    merged = {"rows": [], "merged": {"id": 2, "name": "The Harbour Kitchen"}}
    template = "pages/commissioner/directory_doubles.html"
    yield Sample(template, "one", pairs)
    yield Sample(template, "merged", pairs | merged)
    side = {
        "name": "Harbour Kitchen",
        "ref": "C1",
        "charity_number": None,
        "email": "hello@example.org",
        "phone": "01632 960 001",
        "confirmed_on": TODAY,
        "services": ["Tuesday hot meals", "Sleep and calm"],
        "volunteers": 0,
    }
    other = side | {"name": "The Harbour Kitchen", "ref": "F88", "services": [], "volunteers": 4}
    both = AMINA | {"first": side, "second": other, "action": "/here"}
    template = "pages/commissioner/directory_compare.html"
    yield Sample(template, "two", both)
    yield Sample(template, "error", both | wrong("decision", "Choose which one stays"))
