"""What families may ask of us, and what anybody may read of how the computer is used."""

from collections.abc import Iterator

from sample_parts import COUNCIL, KELLY, NOW, PRIYA, SOON, STAFF, Context, Sample, wrong

from marketplace.services.rights.retention import schedule

FIELDS = ("council", "name", "month", "year", "postcode", "way", "email", "phone")
FORM: Context = {
    "typed": dict.fromkeys(FIELDS, ""),
    "ways": [{"code": "email", "text": "By e-mail"}, {"code": "phone", "text": "Ring me"}],
    "trap": "homepage",
}
ASKED: Context = {
    **dict.fromkeys(("phone", "checked", "family_id", "pseudonym", "released_at", "outcome")),
    "id": 4,
    "name": "Kelly Brown",
    "born": "May 2019",
    "postcode": "SO14 3FE",
    "email": "kelly@example.org",
    "came_by": "The page",
    "came_at": NOW,
    "due_on": SOON,
    "warns": "soon",
    "is_chosen": False,
    "opened_at": None,
}
CHOSEN = ASKED | {"checked": "I met them", "family_id": 7, "pseudonym": "F-0412", "is_chosen": True}
LAW: Context = {
    "commissioner_id": 7,
    "power": "Children Act 2004, section 10",
    "lawful_basis": "Public task",
    "special_category_basis": "None is used.",
    "impact_assessed_on": SOON,
    "privacy_notice_address": "https://millshire.example.org/privacy",
    "complaint_route": "Write to complaints@example.org.",
}


def rights() -> Iterator[Sample]:
    council = {"value": "7", "text": "Millshire", "phone": "01632 960 123", "hours": "9 to 5"}
    form = STAFF | FORM
    yield Sample("pages/public/your_data.html", "form", form | {"councils": [council]})
    mistake = wrong("month", "Type a month and a year")
    yield Sample("pages/public/your_data.html", "error", form | {"councils": [council]} | mistake)
    yield Sample("pages/public/your_data.html", "nobody", form | {"councils": []})
    yield Sample("pages/family/your_data_sent.html", "sent", KELLY)
    yield Sample("pages/family/objected.html", "done", KELLY)
    for step in ("confirm", "confirmed", "answer"):
        yield Sample("pages/family/your_data_press.html", step, KELLY | {"step": step})
    facts = [
        _fact(place, *told, others=place == 2)
        for place, told in enumerate(
            (
                ("The name we use instead of yours", "F-0412"),
                ("Children born", "May 2019, January 2022"),
                ("The worker who knows you", "Kit Example"),
                ("Cooked meals: where from", "model:early-help@1"),
                ("Message “offer confirmed”", "22 November 2026, 9:05am: delivered by email"),
            )
        )
    ]
    sections = [
        {"title": "Your family", "facts": facts[:3]},
        {"title": "What was guessed, and sent", "facts": facts[3:]},
    ]
    answer = "pages/family/your_data_answer.html"
    yield Sample(answer, "held", KELLY | {"answer": {"sections": sections, "left_out": 2}})
    yield Sample(answer, "nothing", KELLY | {"answer": {"sections": [], "left_out": 0}})
    yield from practitioner(sections)
    yield from reading()


def _fact(place: int, what: str, says: str, *, others: bool) -> Context:
    return {"key": f"0-{place}", "what": what, "says": says, "others": others}


def _choices(*texts: str) -> list[Context]:
    return [{"code": f"code-{place}", "text": text} for place, text in enumerate(texts)]


def practitioner(sections: list[Context]) -> Iterator[Sample]:
    listed = {"requests": [ASKED], "closed": [{"text": "They objected", "number": 3}], "search": ""}
    yield Sample("pages/practitioner/rights.html", "some", PRIYA | listed)
    none = {"requests": [], "closed": [], "search": "F-9"}
    yield Sample("pages/practitioner/rights.html", "none", PRIYA | none)
    yield Sample("pages/practitioner/rights_new.html", "new", PRIYA | FORM)
    choices = {
        "suggested": [{"id": "7", "pseudonym": "F-0412", "why": "a child’s month, the place"}],
        "checks": _choices("I rang a number that the council has for them", "I met them"),
        "outcomes": _choices("They were told what we hold", "They objected", "It was erased"),
    }
    one = "pages/practitioner/rights_request.html"
    yield Sample(one, "new", PRIYA | choices | {"asked": ASKED})
    yield Sample(one, "chosen", PRIYA | choices | {"asked": CHOSEN})
    page = "pages/practitioner/rights_answer.html"
    yield Sample(page, "held", PRIYA | {"asked": CHOSEN, "sections": sections, "seen": "a1"})
    yield Sample(page, "nothing", PRIYA | {"asked": ASKED, "sections": [], "seen": "a1"})
    page = "pages/practitioner/rights_family.html"
    family = {"id": 7, "pseudonym": "F-0412", "objected_at": None, "erased_at": None}
    outlook = {"has_contact": True, "needs": 2, "offers": 1, "ending": 1, "refused": None}
    yield Sample(page, "open", PRIYA | {"family": family, "outlook": outlook, "hold": None})
    held = {"reason": "A court asked for it", "set_by": "Priya Nair", "set_at": NOW}
    refused = {"outlook": outlook | {"refused": "The law holds it."}, "hold": held}
    yield Sample(page, "held", PRIYA | {"family": family | {"objected_at": NOW}} | refused)


def reading() -> Iterator[Sample]:
    records = [
        {"what": rule.what, "kept": rule.kept_text, "why": rule.why, "law": rule.law}
        for rule in schedule().values()
    ]
    yield Sample("pages/public/retention.html", "list", STAFF | {"records": records})
    here = STAFF | {"council": COUNCIL | {"id": 7, "authority": "Millshire Council"}, "law": LAW}
    yield Sample("pages/public/privacy.html", "notice", here)
    shares = [
        {"name": name, "percent": percent}
        for name, percent in (("Some", 45), ("Few", None), ("Hardly any", 0), ("Nearly all", 100))
    ]
    facts = {
        "until": SOON,
        "models": ["model:early-help@1"],
        "plans": {"approved": 3, "proved": 2, "furthest": 0.004},
        "fields": [{"name": "A family", "columns": ["ref", "area"]}],
        "values": [{"name": "Worth", "lines": ["Level 1: £800"], "source": "a guess"}],
        "people": shares,
        "mistakes": shares,
        "accepted": shares[0],
        "accepted_by": [{"name": "Area", "shares": shares}],
        "wrong_by": [{"name": "Level", "shares": shares}],
    }
    record = "pages/public/transparency.html"
    yield Sample(record, "full", here | facts)
    nothing = {"models": [], "plans": {"approved": 0, "proved": 0, "furthest": 0}}
    nothing |= {"accepted_by": [], "wrong_by": []}
    yield Sample(record, "nothing yet", here | facts | nothing)
