"""One realistic context or more for every page. The people and organisations are invented."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

NOW = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
TODAY = NOW.date()
SOON = date(2026, 11, 27)

Context = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    template: str
    name: str
    context: dict[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{self.template.removeprefix('pages/').removesuffix('.html')} {self.name}"


COUNCIL = {
    "name": "Millshire Council",
    "contact_name": "Priya Nair",
    "phone": "01632 960 123",
    "hours": "Monday to Friday, 9am to 5pm",
    "check_page": "the contact page of millshire.example.org",
}
STAFF = {"csrf_token": "a-token", "csp_nonce": "a-nonce"}
AMINA = STAFF | {"user": {"name": "Amina Yusuf", "role": "commissioner for Millshire"}}
PRIYA = STAFF | {"user": {"name": "Priya Nair", "role": "practitioner for Millshire"}}
TOM = STAFF | {"user": {"name": "Tom Achebe", "role": "provider for Harbour Kitchen"}}
KELLY = {"csp_nonce": "a-nonce", "council": COUNCIL, "token": "Zk3v9QmT"}

ONE_PAGE = {"number": 1, "last": 1, "total": 2, "previous_href": None, "next_href": None}
MIDDLE_PAGE = {
    "number": 2,
    "last": 120,
    "total": 2998,
    "previous_href": "?page=1",
    "next_href": "?page=3",
}
SENDING = {"stopped": False}
STOPPED = {"stopped": True, "by": "Priya Nair", "at": NOW}


def wrong(name: str, text: str) -> dict[str, Any]:
    return {"errors": [{"field": name, "text": text}]}


def all_samples() -> list[Sample]:
    parts = [_public(), _commissioner(), _plan(), _practitioner(), _provider(), _family()]
    return [sample for part in parts for sample in part]


MESSAGES: dict[str, dict[str, Any]] = {
    "offer": {
        "council": COUNCIL,
        "link": "https://early.example.org/o/Zk3v9QmT",
        "expires_on": SOON,
        "is_reminder": False,
    },
    "provider_waiting": {
        "provider_name": "Harbour Kitchen",
        "waiting": 1,
        "link": "https://early.example.org/sign-in",
        "answer_by": SOON,
    },
    "sign_in": {"link": "https://early.example.org/sign-in/abc"},
}


def _public() -> Iterator[Sample]:
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
        "website": None,
    }
    asked = search | {"searched": True, "postcode": "SO14 3FE"}
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


def _commissioner() -> Iterator[Sample]:
    plan = {
        "id": 7,
        "name": "Plan of 22 November",
        "state": "draft",
        "created_at": NOW,
        "families": 2104,
        "families_reached": 1987,
    }
    waiting = plan | {"id": 8, "state": "solving", "families_reached": None}
    action = {
        "text": "A practitioner has looked at 25 families. You can approve them.",
        "button_text": "Look at the plan",
        "href": "/commissioner/plans/7",
        "post": False,
    }
    yield Sample(
        "pages/commissioner/home.html",
        "busy",
        AMINA
        | {
            "next_action": action,
            "needs_by_state": [
                {"text": "Ready to plan", "count_text": "2,998"},
                {"text": "Met", "count_text": "under 5"},
            ],
            "plans": [waiting, plan],
            "messages": SENDING,
        },
    )
    yield Sample(
        "pages/commissioner/home.html",
        "empty and stopped",
        AMINA
        | {
            "next_action": action | {"post": True},
            "needs_by_state": [],
            "plans": [],
            "messages": STOPPED,
        },
    )
    columns = [
        {
            "name": "family",
            "text": "A pseudonym, the same in every file",
            "example": "F-0412",
            "required": True,
        },
        {"name": "language", "text": "If not English", "example": "pl", "required": False},
    ]
    upload = AMINA | {"columns": columns, "example_href": "/static/needs.csv"}
    yield Sample("pages/commissioner/upload_needs.html", "first", upload)
    no_file = wrong("file", "Choose a file")
    yield Sample("pages/commissioner/upload_needs.html", "error", upload | no_file)
    fault = {
        "row": 214,
        "column": "postcode",
        "value": "SO14 3F",
        "text": "Give a whole postcode, like SO14 3FE",
    }
    empty_fault = fault | {"row": 2999, "value": "", "column": "level", "text": "Say 1, 2 or 3"}
    report = AMINA | {"kind": "needs", "file_name": "needs.csv", "rows": 3000}
    yield Sample(
        "pages/commissioner/upload_report.html",
        "faults",
        report
        | {"stored": 0, "faults": [fault, empty_fault], "faults_total": 812, "warnings": []}
        | wrong("faults", "812 faults in needs.csv"),
    )
    yield Sample(
        "pages/commissioner/upload_report.html",
        "stored",
        report | {"stored": 3000, "faults": [], "faults_total": 0, "warnings": [fault]},
    )
    contacts = AMINA | {"columns": columns, "template_href": "/commissioner/contacts/template"}
    for missing, approved in [(25, 25), (1, 25), (0, 25), (0, 0)]:
        yield Sample(
            "pages/commissioner/upload_contacts.html",
            f"{missing} of {approved}",
            contacts | {"missing": missing, "approved": approved},
        )
    need = {
        "pseudonym": "F-0412",
        "need_text": "Food",
        "level": 2,
        "area": "SO14",
        "source_text": "Predicted",
        "state_text": "Planned",
        "valid_until": date(2027, 2, 22),
    }
    needs = "pages/commissioner/needs.html"
    yield Sample(needs, "many", AMINA | {"needs": [need, need], "page": MIDDLE_PAGE})
    yield Sample(needs, "none", AMINA | {"needs": [], "page": ONE_PAGE | {"total": 0}})


def _plan() -> Iterator[Sample]:
    plan = {
        "id": 7,
        "name": "Plan of 22 November",
        "state": "solving",
        "created_at": NOW,
        "progress_text": "Working it out: 2,998 needs, 214 services.",
        "failure_text": None,
        "figures": None,
        "money": None,
        "proof": None,
        "families": 2104,
        "reviewed_families": 0,
        "approvable_families": 0,
        "approved_families": 0,
    }
    solved = plan | {
        "state": "draft",
        "figures": {
            "needs": 2998,
            "planned": 2710,
            "unmet": 288,
            "families": 2104,
            "families_reached": 1987,
            "unmet_reasons": [
                {"text": "No place left nearby", "count_text": "201"},
                {"text": "Nobody speaks the language", "count_text": "under 5"},
            ],
        },
        "money": {
            "cash_spent_pence": 18412050,
            "cashable_pence": 9120000,
            "cashable_by": [{"budget": "Temporary housing", "pence": 9120000}],
            "capacity_pence": 41200000,
            "low_total_pence": 21000000,
            "acceptance_text": "Assumes that 6 in 10 families say yes (not yet measured).",
        },
        "proof": {
            "proved": True,
            "text": "No other plan costs less under the same rules. The check was run apart.",
        },
    }
    looked_at = solved | {"reviewed_families": 25, "approvable_families": 23}
    approved = looked_at | {"state": "approved", "approvable_families": 0, "approved_families": 23}
    failed = plan | {"state": "failed", "failure_text": "The fund has no money left. Add some."}
    page = "pages/commissioner/plan.html"
    yield Sample(page, "solving", AMINA | {"plan": plan})
    yield Sample(page, "failed", AMINA | {"plan": failed})
    yield Sample(page, "draft", AMINA | {"plan": solved})
    yield Sample(page, "looked at", AMINA | {"plan": looked_at})
    yield Sample(page, "approved", AMINA | {"plan": approved, "just_approved": 23})
    match = {
        "pseudonym": "F-0412",
        "need_text": "Food",
        "level": 2,
        "service_name": "Tuesday hot meals",
        "provider_name": "Harbour Kitchen",
        "cost_pence": 1250,
        "why": "The cheapest of four that could help. The next would cost £9 more.",
        "state_text": "Proposed",
    }
    unmet = match | {"why": "All 12 places nearby go to dearer needs.", "what_would_help": None}
    one = AMINA | {"plan": solved, "search": ""}
    two = one | {"search": "F-0412"}
    matches = "pages/commissioner/plan_matches.html"
    yield Sample(matches, "many", one | {"matches": [match, match], "page": MIDDLE_PAGE})
    yield Sample(matches, "none", two | {"matches": [], "page": ONE_PAGE})
    unmet_page = "pages/commissioner/plan_unmet.html"
    yield Sample(unmet_page, "many", one | {"needs": [unmet], "page": MIDDLE_PAGE})
    yield Sample(unmet_page, "none", one | {"needs": [], "page": ONE_PAGE})


def _practitioner() -> Iterator[Sample]:
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


def _provider() -> Iterator[Sample]:
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
    claimed = {"need_text": "Hot meals", "claimed_on": TODAY, "intake_name": "Tuesday hot meals"}
    inbox = TOM | {"provider_name": "Harbour Kitchen", "waiting": [one, few | {"id": 12}]}
    page = "pages/provider/inbox.html"
    yield Sample(page, "two", inbox | {"claimed": [claimed]})
    yield Sample(page, "none", inbox | {"waiting": [], "claimed": []})
    decline = TOM | {
        "match": one,
        "reasons": [{"code": "full", "text": "We are full"}, {"code": "days", "text": "Wrong day"}],
        "chosen": "",
    }
    yield Sample("pages/provider/decline.html", "first", decline)
    yield Sample("pages/provider/decline.html", "error", decline | wrong("code", "Choose a reason"))
    family = {
        "match_id": 9,
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
        "name": "Ade Cole",
        "visiting": "no_known_concern",
        "started": True,
        "started_on": TODAY,
    }
    accepted = "pages/provider/accepted.html"
    yield Sample(accepted, "two", TOM | {"families": [family, started]})
    yield Sample(accepted, "none", TOM | {"families": []})
    intake = {
        "id": 4,
        "service_name": "Tuesday hot meals",
        "starts_text": "Every Tuesday",
        "free": 3,
        "held": 1,
        "used": 6,
    }
    full = intake | {"id": 5, "service_name": "Saturday breakfast", "free": 0}
    places = "pages/provider/places.html"
    yield Sample(places, "two", TOM | {"intakes": [intake, full], "saved_id": 4})
    taken = wrong("intake-5", "That place was taken a moment ago")
    yield Sample(places, "error", TOM | {"intakes": [intake, full]} | taken)
    yield Sample(places, "none", TOM | {"intakes": []})


def _family() -> Iterator[Sample]:
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
    ways = ["phone", "text"]
    offer = KELLY | {
        "proof": "a-proof",
        "choices": [meal],
        "reasons": ["Your children can have free school meals."],
        "asked_themselves": False,
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
    yield Sample(page, "asked", offer | {"asked_themselves": True, "reasons": []})
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
    for reason in ("expired", "withdrawn", "locked", "unknown"):
        yield Sample("pages/family/closed.html", reason, KELLY | {"reason": reason})
