"""What anyone sees, and what Kelly sees."""

from collections.abc import Iterator

from sample_parts import KELLY, NOW, SOON, STAFF, TODAY, Context, Sample, wrong

EASIER = [
    {"value": "fare", "text": "Help with the fare"},
    {"value": "companion", "text": "Somebody to come with me the first time"},
]
FORM: Context = {
    "what": "",
    "where": "",
    "need": "",
    "age": "",
    "day": "",
    "language": "",
    "access": "",
    "price": "",
    "miles": "6",
    "more_chosen": 0,
}
PAGE: Context = {"number": 1, "last": 1, "total": 2, "previous_href": None, "next_href": None}


def public() -> Iterator[Sample]:
    yield Sample("pages/public/home.html", "home", STAFF)
    yield from search()
    yield Sample(
        "pages/public/sign_in.html", "first", STAFF | {"email": "", "by_work_account": True}
    )
    yield Sample(
        "pages/public/sign_in.html",
        "error",
        STAFF
        | {"email": "tom", "by_work_account": False}
        | wrong("email", "Enter an e-mail address, like tom@example.org"),
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
    links = {"message": message, "links": ["/o/Zk3v9QmT"], "letter_href": None}
    yield Sample("pages/public/dev_message.html", "one", STAFF | links)
    letter = links | {"letter_href": "/dev/inbox/1/letter.pdf"}
    yield Sample("pages/public/dev_message.html", "letter", STAFF | letter)


def search() -> Iterator[Sample]:
    page = "pages/public/find.html"
    first: Context = STAFF | {
        "form": FORM,
        "choices": {
            "need": [{"value": "sleep", "text": "Sleep and routines"}],
            "day": [{"value": "mon", "text": "Monday"}],
            "language": [{"value": "pl", "text": "Polish"}],
            "access": [{"value": "quiet", "text": "A quiet place"}],
            "miles": [{"value": "1", "text": "1 mile"}, {"value": "6", "text": "6 miles"}],
        },
        "near": None,
        "did_you_mean": [],
        "is_sensitive": False,
        "can_ask": True,
        "attribution": "Contains example data. Postcodes of November 2025.",
    }
    found = {
        "number": 1,
        "href": "/find/services/1?where=SO14+3FE",
        "ask_href": "/ask?service=1&where=SO14+3FE",
        "has_place": True,
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
    online = found | {"number": 2, "has_place": False, "confirmed_on": None, "phone": None}
    marks = [{"x": 100.5, "y": 60.0, "numbers": "1"}, {"x": 200.0, "y": 220.0, "numbers": "2+12"}]
    drawn = {
        "size": 320,
        "middle": 160.0,
        "rings": [{"radius": 46.0, "text": "1 mile"}, {"radius": 138.0, "text": "3 miles"}],
        "marks": marks,
        "scale_width": 46.0,
        "scale_text": "1 mile",
    }
    asked = first | {
        "form": FORM | {"what": "debd advise", "where": "SO14 3FE"},
        "near": {"name": "SO14 3FE", "taken_for": False, "ended_on": None},
        "results": [],
        "total": 0,
        "most_counted": 300,
        "page": PAGE,
        "map": None,
        "understood": None,
        "wider": [],
    }
    results = asked | {"results": [found, online], "total": 2, "map": drawn}
    later = PAGE | {"number": 2, "last": 3, "total": 412, "previous_href": "/find?page=1"}
    yield Sample(page, "first", first)
    yield Sample(page, "results", results | {"understood": "Debt advice"})
    yield Sample(page, "many", results | {"total": 412, "page": later, "map": None})
    taken = {"name": "Lowestoft", "taken_for": True, "ended_on": TODAY}
    chosen = results | {"form": FORM | {"more_chosen": 2}}
    yield Sample(page, "chosen", chosen)
    yield Sample(page, "private", results | {"is_sensitive": True, "near": taken})
    wider = [{"text": "Any day", "href": "/find?where=SO14", "count": 4}]
    yield Sample(page, "nothing", asked | {"wider": wider})
    yield Sample(page, "nothing-at-all", asked)
    mistaken = first | wrong("where", "We do not know where “Lowesto” is")
    meant = [{"text": "Lowestoft", "href": "/find?where=Lowestoft"}]
    yield Sample(page, "error", mistaken | {"did_you_mean": meant})
    yield from service()


def service() -> Iterator[Sample]:
    told = {
        "name": "Tuesday hot meals",
        "provider_name": "Harbour Kitchen",
        "terms": [{"label": "Cooked meals", "plain": "A home-cooked meal brought to the door."}],
        "description": "Come to the side door.\nWe cook for all.",
        "ages": "Any age",
        "days": "Tuesday",
        "starts_on": SOON,
        "where": "Marram Hall, SO14 3FE",
        "price": "Free",
        "languages": "English and Polish",
        "access": "No steps",
        "places": "4 places left",
        "email": "hello@example.org",
        "confirmed_on": TODAY,
    }
    bare = told | {
        "description": None,
        "starts_on": None,
        "price": None,
        "access": "",
        "email": None,
        "where": "In SO14. The address is kept private to keep people safe.",
    }
    rest = {"back": "/find?where=SO14", "is_sensitive": False, "website": None, "phone": None}
    rest |= {"ask_href": "/ask?service=1"}
    page = "pages/public/service.html"
    yield Sample(page, "whole", STAFF | rest | {"service": told, "phone": "01632 960 001"})
    yield Sample(
        page, "private", STAFF | rest | {"service": bare, "is_sensitive": True, "ask_href": None}
    )


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
        "full": [],
        "waits_for": [],
        "just_full": False,
        "easier": [],
        "easier_choices": EASIER,
        "law": None,
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
        offer | {"why_asked": "You asked us for this.", "reasons": []},
    )
    yield Sample(page, "several", several)
    weekly = meal | {"id": "23", "help_kind": "A weekly lunch"}
    law = {
        "privacy_notice_address": "millshire.example.org/privacy",
        "complaint_route": "write to complaints@millshire.example.org",
    }
    full = {"full": [weekly, weekly | {"id": "24"}], "waits_for": ["24"], "law": law}
    yield Sample(page, "full", several | full | {"just_full": True, "easier": ["fare"]})
    yield Sample(page, "last", offer | full | {"just_full": True})
    missing = {
        "errors": [
            {"field": "choice", "text": "Choose the one you would like"},
            {"field": "contact_way", "text": "Choose how they may reach you"},
        ]
    }
    yield Sample(page, "error", several | missing)
    yes = KELLY | {
        "proof": "a-proof",
        "answer": "yes",
        "stage": "booked",
        "is_old": False,
        "answered_on": TODAY,
        "asked_again_on": None,
        "provider_name": "Harbour Kitchen",
        "call_by": SOON,
        "contact_way_text": "text you",
        "easier_texts": ["Help with the fare"],
        "feedback": None,
    }
    answered = "pages/family/answered.html"
    yield Sample(answered, "yes", yes)
    yield Sample(answered, "later", yes | {"is_old": True})
    for stage in ("paused", "started", "ended", "off"):
        yield Sample(answered, stage, yes | {"stage": stage})
    unsaid = wrong("helped", "Choose one")
    yield Sample(answered, "unsaid", yes | {"stage": "started"} | unsaid)
    yield Sample(answered, "said", yes | {"stage": "started", "feedback": "partly"})
    for answer in ("changed", "no", "stop"):
        yield Sample(answered, answer, yes | {"answer": answer, "stage": "off"})
    yield Sample(answered, "not now", yes | {"answer": "not_now", "asked_again_on": SOON})
    sure = "pages/family/not_me_sure.html"
    yield Sample(sure, "one", KELLY | {"errors": []})
    yield Sample(sure, "error", KELLY | wrong("whose", "Choose one"))
    yield Sample("pages/family/not_me.html", "one", KELLY)
    yield Sample("pages/family/call_me.html", "one", KELLY | {"call_by": SOON})
    for reason in ("expired", "paused", "gone", "withdrawn", "locked", "unknown"):
        yield Sample("pages/family/closed.html", reason, KELLY | {"reason": reason})
