"""What Priya sees."""

from collections.abc import Iterator

from sample_parts import (
    MIDDLE_PAGE,
    NOW,
    ONE_PAGE,
    PRIYA,
    SENDING,
    SOON,
    STOPPED,
    Context,
    Sample,
    wrong,
)


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
    busy = {
        "plans": [plan, done],
        "waiting": 2079,
        "concerns": 1,
        "calls_waiting": 3,
        "calls_late": 2,
        "messages": SENDING,
    }
    yield Sample(home, "busy", PRIYA | busy)
    nothing = {"plans": [], "waiting": 0, "concerns": 0, "calls_waiting": 0, "calls_late": 0}
    quiet = nothing | {"messages": STOPPED}
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
        "alternatives": [
            {"id": 4, "text": "Food parcels, Quay Hall, 2 miles, free", "ticked": True}
        ],
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
    too_many = review | {"families": [no_code]} | wrong("also-11", "Meals: leave 2 ticked at most")
    yield Sample(page, "too many choices", too_many)
    yield from one_family(family, review["set_aside_codes"])
    yield from calls()
    yield from worries()
    yield from record()
    start = "pages/practitioner/start_messages.html"
    yield Sample(start, "stopped", PRIYA | {"messages": STOPPED, "waiting": 12})
    yield Sample(start, "sending", PRIYA | {"messages": SENDING, "waiting": 0})


def one_family(family: Context, codes: list[Context]) -> Iterator[Sample]:
    queue = "pages/practitioner/queue.html"
    held, done = {"id": 3, "pseudonym": "F-0412"}, {"id": 2, "pseudonym": "F-0104"}
    yield Sample(queue, "first", PRIYA | {"waiting": 12, "held": None, "done": None})
    yield Sample(queue, "begun", PRIYA | {"waiting": 1, "held": held, "done": None})
    yield Sample(queue, "done", PRIYA | {"waiting": 0, "held": None, "done": done})
    screen = PRIYA | {
        "pseudonym": "F-0412",
        "family_id": 3,
        "family": family,
        "notices": [],
        "past": [],
        "visiting": "no_known_concern",
        "named_worker": None,
        "set_aside_codes": codes,
        "held_by": None,
        "waiting": 12,
        "done": None,
        "quicker": False,
        "closed": 0,
    }
    name = "pages/practitioner/family.html"
    yield Sample(name, "first", screen | {"done": done})
    warned = {
        "notices": ["On 3 May 2026 they asked us never to write again."],
        "past": [
            {"on": SOON, "what": "Warm meals (meals)", "came_of_it": "They said: not for us"},
        ],
        "visiting": "ring_first",
        "named_worker": "Ade Cole",
        "held_by": "Petra Example",
    }
    yield Sample(name, "warned", screen | warned)
    faulty = wrong("decision-11", "Meals: agree, set it aside, or choose another")
    yield Sample(name, "error", screen | faulty)
    yield Sample(name, "decided", screen | {"family": None, "quicker": True, "closed": 1})


def calls() -> Iterator[Sample]:
    call = {
        "id": 5,
        "offer_id": 4,
        "link_ended": False,
        "name": "Kelly Marsh",
        "to_offer": "Tuesday hot meals, Harbour Kitchen (cooked meals)",
        "phone": "07700 900 461",
        "phone_href": "tel:07700900461",
        "why": "Pressed Call me",
        "asked_at": NOW,
        "due_text": "2 days late: it was due on 20 November 2026",
        "overdue": True,
        "tried_text": None,
    }
    later = call | {
        "id": 6,
        "link_ended": True,
        "overdue": False,
        "due_text": "27 November 2026, 2 days left",
        "tried_text": "Rung 2 times. Try again after 3:05pm on 22 November 2026",
    }
    listed = "pages/practitioner/calls.html"
    context = PRIYA | {"calls": [call, later], "page": ONE_PAGE, "is_done": False, "entered": []}
    yield Sample(listed, "two", context)
    entered = {"offer_id": 4, "name": "Kelly Marsh", "said": "Not now", "at": NOW}
    done = {"calls": [], "is_done": True, "entered": [entered]}
    yield Sample(listed, "none", context | done)
    one = "pages/practitioner/call.html"
    outcomes = [{"code": "no_answer", "text": "Nobody answered: try again in a few hours"}]
    screen = PRIYA | {"call": later, "outcomes": outcomes, "answering": None}
    yield Sample(one, "closed", screen)
    answering = {
        "said": [{"code": "yes", "text": "Yes"}, {"code": "no", "text": "Not for us"}],
        "easier": [{"code": "fare", "text": "Help with the fare"}],
        "choices": [
            {"code": "1", "text": "Tuesday hot meals, Harbour Kitchen"},
            {"code": "2", "text": "Food parcels, Quay Hall (full)"},
        ],
        "ways": [{"code": "phone", "text": "Telephone"}],
        "typed": {"answer": "yes", "contact_way": "", "choice": "2", "easier": ["fare"]},
    }
    unsaid = wrong("contact_way", "Ask how they want to be reached")
    yield Sample(one, "open", screen | {"answering": answering})
    yield Sample(one, "no way", screen | {"answering": answering} | unsaid)
    unsafe = call | {"phone": "No number that is safe: see the named worker", "phone_href": ""}
    faulty = wrong("outcome", "Say what came of the call")
    yield Sample(one, "no number, error", screen | {"call": unsafe} | faulty)


def worries() -> Iterator[Sample]:
    page = "pages/practitioner/concerns.html"
    worry = {
        "id": 8,
        "family": "Kelly Marsh (F-0412)",
        "support": "Tuesday hot meals",
        "person": "Tom Achebe",
        "organisation": "Harbour Kitchen",
        "numbers": [{"text": "01632 960 771", "href": "tel:+441632960771"}],
        "raised_at": NOW,
        "waiting_text": "25 minutes",
    }
    ends = [
        {"code": "goes_on", "text": "The help goes on, from where it was"},
        {"code": "withdrawn", "text": "The help ends here, and the need is closed"},
    ]
    shown = PRIYA | {"concerns": [worry, worry | {"id": 9}], "ends": ends}
    yield Sample(page, "two", shown)
    yield Sample(page, "error", shown | wrong("ended-9", "Say how it goes on"))
    yield Sample(page, "none", shown | {"concerns": []})


def record() -> Iterator[Sample]:
    page = "pages/practitioner/record.html"
    month = {
        "month": "November 2026",
        "name": "You",
        "looked_at": 1043,
        "changed": 0,
        "share_text": "0%",
        "time_text": "1 min 20 s",
        "is_flagged": True,
    }
    other = month | {"name": "Ade Cole", "changed": 90, "share_text": "9%", "is_flagged": False}
    shown = PRIYA | {"months": [month, other], "flagged_after": 20, "is_flagged": True}
    yield Sample(page, "flagged", shown)
    yield Sample(page, "empty", shown | {"months": [], "is_flagged": False})
