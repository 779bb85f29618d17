"""What a host sees of Grace, and what Grace sees."""

from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace

from sample_parts import NOW, SOON, TODAY, TOM, Context, Sample, wrong

from marketplace.web.pages.volunteer_views import role_items

ROLES = [
    {"code": "cook", "text": "Cooks, and brings it to the door"},
    {"code": "drive-family", "text": "Drives a family, a parent is in the car"},
    {"code": "mend", "text": "Mends small things at home, a parent is there"},
]
EMPTY: Context = {
    "name": "",
    "roles": [],
    "places": "",
    "days": [],
    "parts": [],
    "travels": "",
    "miles": "",
    "phone": "",
    "email": "",
    "postcode": "",
}
GRACE = EMPTY | {
    "name": "Grace Invented",
    "roles": ["cook"],
    "places": "2",
    "days": ["tue"],
    "parts": ["eve"],
    "travels": "foot",
    "miles": "1.5",
    "phone": "07700 900123",
    "postcode": "IP4 1NE",
}
LINE = {
    "id": 3,
    "name": "Grace Invented",
    "does": "Home-cooked meals to the door",
    "families": 1,
    "missing": [],
    "left": False,
    "tag": {"text": "Ready", "colour": "green"},
}
STOPPED_LINE = LINE | {
    "id": 4,
    "name": "Walter Invented",
    "families": 0,
    "missing": ["DBS check", "Food hygiene quiz"],
    "tag": {"text": "Sent STOP: please ring", "colour": "red"},
}
FAMILY = {
    "match_id": 9,
    "name": "Kelly Marsh",
    "contact_way": "Text",
    "contact": "07700 900 461",
    "contact_href": "sms:07700900461",
    "visiting": "ring_first",
    "help_text": "Home-cooked meals: Cooked meals",
    "started": False,
    "introduced_on": None,
    "diet": "",
}
STANDING = FAMILY | {
    "match_id": 8,
    "name": "Ade Cole",
    "contact": "",
    "visiting": "no_known_concern",
    "started": True,
    "introduced_on": TODAY,
    "diet": "no nuts, no pork",
}
MET = STANDING | {"match_id": 7, "name": "Mo Reed", "started": False, "diet": ""}


def paper(ask: str, label: str, **changes: object) -> Context:
    return {
        "ask": ask,
        "label": label,
        "version": "2026-11",
        "done_on": TODAY,
        "until": date(2028, 11, 22),
        "is_valid": True,
        "ends_soon": False,
        **changes,
    }


PAPERS = [
    paper("check", "DBS check", version=None, until=SOON, ends_soon=True),
    paper("agreement", "Volunteer agreement"),
    paper("safeguarding", "Safeguarding basics", until=date(2026, 1, 2), is_valid=False),
    paper("hygiene", "Food hygiene quiz", done_on=None, until=None, is_valid=False, version=None),
]
VOLUNTEER: Context = {
    "id": 3,
    "name": "Grace Invented",
    "first_name": "Grace",
    "does": "Home-cooked meals to the door",
    "places_text": "2 portions a week",
    "days_text": "Tuesday evening",
    "travel_text": "Up to 1.5 miles, on foot",
    "phone": "07700 900123",
    "email": None,
    "postcode": "IP4 1NE",
    "is_kept": True,
    "stopped_at": None,
    "left_at": None,
    "families": [FAMILY, MET, STANDING],
    "missing": ["Safeguarding basics: no longer valid since 3 January 2026"],
    "papers": PAPERS,
    "check": {
        "asked": True,
        "needed": "Basic",
        "kinds": [{"code": "basic", "text": "Basic"}],
        "why": ["Cooking and handing over a meal is not teaching or caring for children."],
        "kind": "basic",
        "kind_text": "Basic",
        "seen_on": "2026-11-22",
        "seen_by": "Tom Achebe",
        "recheck_by": "2026-11-27",
    },
    "quiz": {
        "asked": True,
        "tries": [{"taken_at": NOW, "score": 6, "passed": False}],
        "of": 10,
        "pass_mark": 8,
    },
    "absences": [{"id": 5, "text": "Break: 1 to 9 December 2026", "is_break": True}],
    "to_cover": [{"id": 5, "text": "Break: 1 to 9 December 2026", "is_break": True}],
    "words": [{"text": "My hip op is on Tuesday, could somebody ring me?", "at": NOW}],
    "week": "They can help on Tuesday.",
    "today": "2026-11-22",
}
QUIET = {"absences": [], "to_cover": [], "words": [], "families": [], "missing": []}
QUESTIONS = [
    {
        "id": f"question-{number}",
        "number": number,
        "text": "Where in the fridge does raw meat go?",
        "choices": [
            {"value": "1", "text": "At the top"},
            {"value": "2", "text": "At the bottom, covered"},
        ],
        "is_right": number == 1,
        "said": "At the bottom, covered" if number == 1 else "At the top",
        "right_text": "At the bottom, covered",
        "why": "Juice can drip on food that is ready to eat.",
        "source": "FSA, Avoiding cross-contamination",
    }
    for number in (1, 2)
]
WEEK: Context = {
    "csp_nonce": "a-nonce",
    "token": "Zk3v9QmT",
    "first_name": "Grace",
    "host_name": "Lantern Hosts",
    "host_phone": "01632 960 500",
    "doing": "cook 2 portions",
    "when": "on Tuesday",
    "ends_on": SOON,
    "state": "open",
    "answer": None,
    "families": [
        {"distance_text": "under a mile", "places": 1, "first_name": "Ade", "diet": "no nuts"},
        {"distance_text": "over a mile", "places": 1, "first_name": None, "diet": None},
    ],
}


def volunteers() -> Iterator[Sample]:
    page = "pages/provider/volunteers.html"
    gone = [LINE | {"id": 5, "name": "Iris Invented", "left": True}]
    yield Sample(page, "two", TOM | {"volunteers": [LINE, STOPPED_LINE], "left": gone})
    yield Sample(page, "none", TOM | {"volunteers": [], "left": []})
    form = TOM | {"volunteer_id": None, "roles": ROLES}
    page = "pages/provider/volunteer_form.html"
    yield Sample(page, "new", form | {"typed": EMPTY})
    yield Sample(page, "known", form | {"typed": GRACE, "volunteer_id": 3})
    faults = {name: f"Something about {name}" for name in EMPTY if name != "parts"}
    errors = [{"field": name, "text": text} for name, text in faults.items()]
    yield Sample(page, "errors", form | {"typed": EMPTY, "errors": errors})
    yield from _one_volunteer()
    yield from _quiz()
    asks = {"agreement": {"version": "2026-11"}, "safeguarding": {"version": "2026-11"}}
    yield Sample(
        "pages/provider/volunteer_sheet.html", "blank", TOM | {"roles": role_items(), "asks": asks}
    )
    yield from _week()


def _one_volunteer() -> Iterator[Sample]:
    page = "pages/provider/volunteer.html"
    yield Sample(page, "busy", TOM | {"volunteer": VOLUNTEER, "saved": "Saved."})
    yield Sample(page, "quiet", TOM | {"volunteer": VOLUNTEER | QUIET, "saved": ""})
    stopped = VOLUNTEER | {"stopped_at": NOW}
    yield Sample(page, "stopped", TOM | {"volunteer": stopped, "saved": ""})
    left = {name: VOLUNTEER[name] for name in VOLUNTEER if name not in WHERE_KEPT}
    left |= {"left_at": NOW, "phone": None, "families": [STANDING]}
    left |= {"words": [], "to_cover": [], "week": None}
    yield Sample(page, "left", TOM | {"volunteer": left, "saved": ""})
    listed = left | {"left_at": None, "is_kept": False, "families": []}
    yield Sample(page, "of a file", TOM | {"volunteer": listed, "saved": ""})
    for field in ("kind", "recheck_by", "agreement-day", "ends_on", "introduced-9", "how-8"):
        error = wrong(field, f"Something about {field}")
        yield Sample(page, f"error {field}", TOM | {"volunteer": VOLUNTEER, "saved": ""} | error)
    leaving = TOM | {"volunteer": VOLUNTEER, "retention_days": 90}
    yield Sample("pages/provider/volunteer_leave.html", "asked", leaving)


WHERE_KEPT = {"missing", "papers", "check", "quiz", "absences"}


def _quiz() -> Iterator[Sample]:
    page = "pages/provider/volunteer_quiz.html"
    asked = TOM | {
        "volunteer": {"id": 3, "first_name": "Grace"},
        "try_id": 6,
        "pass_mark": 8,
        "questions": QUESTIONS,
        "said": SimpleNamespace(),
        "result": None,
    }
    yield Sample(page, "asked", asked)
    error = wrong("question-question-2", "Question 2: choose an answer")
    yield Sample(page, "error", asked | error)
    for passed in (True, False):
        result = {"passed": passed, "text": "1 of 2 questions right"}
        yield Sample(page, f"passed {passed}", asked | {"result": result})


def _week() -> Iterator[Sample]:
    page = "pages/volunteer/week.html"
    yield Sample(page, "asked", WEEK)
    for answer in ("ok", "skip"):
        yield Sample(page, answer, WEEK | {"answer": answer, "families": []})
    yield Sample(page, "stopped", WEEK | {"state": "stopped", "answer": "stop"})
    yield Sample(page, "over", WEEK | {"state": "over", "host_phone": None, "families": []})
    yield Sample(page, "error", WEEK | wrong("answer", "Choose one of the answers"))
