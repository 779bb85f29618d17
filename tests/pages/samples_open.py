"""What anyone sees, and what Kelly sees."""

from collections.abc import Iterator

from sample_parts import KELLY, NOW, SOON, STAFF, TODAY, Context, Sample, wrong


def public() -> Iterator[Sample]:
    search: Context = STAFF | {
        "postcode": "",
        "need": "",
        "km": "5",
        "needs": [
            {"code": "food", "text": "Food"},
            {"code": "sleep", "text": "Sleep and routines"},
        ],
        "searched": False,
        "results": [],
    }
    found = {
        "service_name": "Tuesday hot meals",
        "provider_name": "Harbour Kitchen",
        "what": "A hot meal to take home on a Tuesday, for families with children.",
        "distance_text": "under a mile",
        "when": "Tuesdays, 4pm to 6pm",
        "price_text": "Free",
        "places_text": "Has places",
        "confirmed_on": TODAY,
        "phone": "01632 960 001",
        "email": "hello@example.org",
    }
    told = {"more": False, "attribution": "Contains example data"}
    asked = search | told | {"searched": True, "postcode": "SO14 3FE"}
    unchecked = found | {"service_name": "Sleep and calm", "confirmed_on": None, "phone": None}
    yield Sample("pages/public/home.html", "home", STAFF)
    yield Sample("pages/public/find.html", "first", search)
    yield Sample("pages/public/find.html", "results", asked | {"results": [found, unchecked]})
    yield Sample("pages/public/find.html", "nothing", asked | {"need": "food"})
    yield Sample(
        "pages/public/find.html",
        "error",
        asked | {"postcode": "SO1"} | wrong("postcode", "Enter a full postcode, like SO14 3FE"),
    )
    yield Sample("pages/public/sign_in.html", "first", STAFF | {"email": ""})
    yield Sample(
        "pages/public/sign_in.html",
        "error",
        STAFF | {"email": "tom"} | wrong("email", "Enter an e-mail address, like tom@example.org"),
    )
    yield Sample(
        "pages/public/check_email.html",
        "demo",
        STAFF | {"email": "tom@example.org", "is_demo": True},
    )
    yield Sample("pages/public/sign_in_confirm.html", "button", STAFF | {"token": "abc"})
    yield Sample(
        "pages/public/error.html",
        "404",
        STAFF
        | {
            "status": 404,
            "heading": "We cannot find this page",
            "what_to_do": ["Check the address for mistakes.", "If a link led you here, tell us."],
            "reference": "7F3A",
        },
    )
    message = {
        "id": "1",
        "to": "kelly@example.org",
        "subject": "A message from Millshire Council",
        "sent_at": NOW,
        "text": "Hello,\n\nhttp://127.0.0.1:8000/o/Zk3v9QmT",
    }
    yield Sample("pages/public/dev_inbox.html", "empty", STAFF | {"messages": []})
    yield Sample("pages/public/dev_inbox.html", "one", STAFF | {"messages": [message]})
    links = {"message": message, "links": ["/o/Zk3v9QmT"]}
    yield Sample("pages/public/dev_message.html", "one", STAFF | links)


def family() -> Iterator[Sample]:
    question = KELLY | {"month": "", "year": ""}
    mistake = wrong("month", "That is not what we have. You have 3 more tries, or press Call me")
    yield Sample("pages/family/question.html", "first", question)
    yield Sample(
        "pages/family/question.html", "error", question | {"month": "4", "year": "2018"} | mistake
    )
    meal = {
        "id": 21,
        "help_kind": "A hot meal to take home",
        "provider_name": "Harbour Kitchen",
        "area": "Bevois Town",
        "when": "Tuesdays, late afternoon",
        "cost_text": "Free",
    }
    ways = ["phone", "sms"]
    offer = KELLY | {
        "proof": "a-proof",
        "choices": [meal],
        "reasons": ["Your children can have free school meals."],
        "why_asked": "We looked at records and guessed. A guess like this is often wrong.",
        "contact_ways": ways[:1],
        "choice": "",
        "contact_way": "",
        "expires_on": SOON,
    }
    several = offer | {
        "choices": [meal, meal | {"id": 22, "help_kind": "A weekly food parcel"}],
        "contact_ways": ways,
    }
    page = "pages/family/offer.html"
    yield Sample(page, "one", offer)
    yield Sample(
        page,
        "asked",
        offer | {"why_asked": "You told us that you would like some help.", "reasons": []},
    )
    yield Sample(page, "several", several)
    missing = {
        "errors": [
            {"field": "choice", "text": "Choose the one you would like"},
            {"field": "contact_way", "text": "Choose how they may reach you"},
        ]
    }
    yield Sample(page, "error", several | missing)
    yes = {
        "answer": "yes",
        "provider_name": "Harbour Kitchen",
        "call_by": SOON,
        "contact_way_text": "text you",
    }
    answered = "pages/family/answered.html"
    yield Sample(answered, "yes", KELLY | yes)
    yield Sample(answered, "later", KELLY | yes | {"status_text": "You said yes on 3 November."})
    yield Sample(answered, "no", KELLY | {"answer": "no"})
    yield Sample(answered, "stopped", KELLY | {"answer": "stopped"})
    yield Sample("pages/family/call_me.html", "one", KELLY | {"call_by": SOON})
    for reason in ("expired", "paused", "withdrawn", "locked", "unknown"):
        yield Sample("pages/family/closed.html", reason, KELLY | {"reason": reason})
