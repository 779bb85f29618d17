"""What Amina sees when she publishes, takes back and stops."""

from collections.abc import Iterator
from datetime import date

from sample_parts import AMINA, COLUMNS, COUNCIL, MIDDLE_PAGE, NOW, ONE_PAGE, Sample, wrong

LAW = {
    "power": "Section 10 of the Children Act 2004",
    "lawful_basis": "Public task",
    "special_category_basis": "We use none of it",
    "impact_assessed_on": date(2026, 9, 1),
    "privacy_notice_address": "https://millshire.example.org/privacy",
    "complaint_route": "Write to complaints@example.org.\nOr to the Information Commissioner.",
}
FAULT = {
    "row": 214,
    "column": "postcode",
    "value": "SO14 3F",
    "text": "Give a whole postcode, like SO14 3FE",
}
NEED = {
    "id": 41,
    "family_id": "f-0412",
    "pseudonym": "F-0412",
    "need_text": "Food",
    "level": 2,
    "area": "SO14",
    "source_text": "Predicted",
    "state_text": "Planned",
    "valid_until": date(2027, 2, 22),
    "may_withdraw": True,
    "is_withdrawn": False,
}


def publishing() -> Iterator[Sample]:
    yield from _law()
    yield from _uploads()
    yield from _needs()
    yield from _stop_list()


def _law() -> Iterator[Sample]:
    page = "pages/commissioner/law.html"
    given = LAW | {"impact_assessed_on": "2026-09-01"}
    blank = dict.fromkeys(LAW, "")
    first = AMINA | {"given": blank, "written": None, "public_href": None, "just_saved": False}
    done = {"given": given, "written": {"by": "Amina Yusuf", "at": NOW}, "just_saved": True}
    yield Sample(page, "first", first)
    yield Sample(page, "error", first | wrong("power", "Fill this in"))
    yield Sample(page, "stored", first | done | {"public_href": "/how-we-decide/7"})
    public = {
        "csp_nonce": "a-nonce",
        "council": COUNCIL,
        "council_name": "Millshire Council",
        "law": LAW | {"commissioner_id": "7"},
    }
    yield Sample("pages/public/how_we_decide.html", "whole", public)


def _uploads() -> Iterator[Sample]:
    upload = AMINA | {"columns": COLUMNS, "example_href": "/static/needs.csv", "has_law": True}
    form = "pages/commissioner/upload_needs.html"
    yield Sample(form, "first", upload)
    yield Sample(form, "without the law", upload | {"has_law": False})
    yield Sample(form, "error", upload | wrong("file", "Choose a file"))
    page = "pages/commissioner/upload_report.html"
    report = AMINA | {"kind": "needs", "file_name": "needs.csv", "rows": 3000, "carried": None}
    empty = FAULT | {"row": 2999, "value": "", "column": "level", "text": "Say 1, 2 or 3"}
    faults = {"stored": 0, "good": 2188, "faults": [FAULT, empty], "faults_total": 812}
    faults |= {"objected": 0}
    broken = report | faults | {"carried": "eJw", "warnings": []}
    yield Sample(page, "faults", broken | wrong("faults", "812 faults in needs.csv"))
    unreadable = broken | {"kind": "stop-list", "carried": None, "good": 0}
    yield Sample(page, "unreadable", unreadable | wrong("faults", "Not a spreadsheet"))
    fine = {
        "stored": 2998,
        "objected": 2,
        "good": 3000,
        "faults": [],
        "faults_total": 0,
        "warnings": [FAULT],
    }
    yield Sample(page, "stored", report | {"kind": "contacts"} | fine)
    counts = {"added": 12, "changed": 1, "unchanged": 2980, "kept": 7, "objected": 2}
    sent = AMINA | {"file_name": "needs.csv", "counts": counts}
    yield Sample("pages/commissioner/needs_stored.html", "stored", sent)
    change = {
        "pseudonym": "F-0412",
        "need_text": "Food",
        "changes": [
            {"name": "Level", "old": "1", "new": "2"},
            {"name": "Area", "old": "SO14 3FE", "new": "SO15 1AA"},
        ],
    }
    shown = {
        "carried": "eJw",
        "changed": [change],
        "objected": ["F-0412", "F-0413"],
        "kept": [change | {"why": "It is being helped."}],
    }
    preview = "pages/commissioner/needs_preview.html"
    yield Sample(preview, "changes", sent | shown)
    nothing = {"counts": counts | {"added": 0, "changed": 0}, "changed": [], "kept": []} | {
        "objected": []
    }
    yield Sample(preview, "nothing", sent | shown | nothing)


def _needs() -> Iterator[Sample]:
    page = "pages/commissioner/needs.html"
    choices = [{"code": "meals", "text": "Food"}]
    given = {"family": "", "need": "", "state": ""}
    base = AMINA | {"need_choices": choices, "state_choices": choices, "given": given}
    base |= {"is_filtered": False, "family_id": None, "needs": [], "page": ONE_PAGE | {"total": 0}}
    back = NEED | {"id": 42, "may_withdraw": False, "is_withdrawn": True}
    met = NEED | {"id": 43, "may_withdraw": False}
    yield Sample(page, "many", base | {"needs": [NEED, back, met], "page": MIDDLE_PAGE})
    yield Sample(page, "none", base)
    looked = {"given": given | {"family": "F-0412", "need": "meals"}, "is_filtered": True}
    yield Sample(page, "one family", base | looked | {"needs": [NEED], "family_id": 7})
    yield Sample(page, "nothing found", base | looked)
    files = "pages/commissioner/need_files.html"
    file = {"id": 1, "name": "needs-november.csv", "sent_by": "Amina Yusuf", "sent_at": NOW}
    some = [file | {"needs": 2998, "withdrawn": 3}, file | {"id": 2, "needs": 0, "withdrawn": 0}]
    yield Sample(files, "some", AMINA | {"files": some, "page": ONE_PAGE})
    yield Sample(files, "none", AMINA | {"files": [], "page": ONE_PAGE | {"total": 0}})
    withdraw = "pages/commissioner/withdraw.html"
    one = AMINA | {"choice": {"what": "family", "one": "7"}, "name": "all needs of F-0412"}
    before = {"open": 3, "ending": 1, "begun": 1, "withdrawn": 0}
    after = {"open": 0, "ending": 0, "begun": 1, "withdrawn": 3}
    yield Sample(withdraw, "before", one | {"outlook": before, "done": ""})
    yield Sample(withdraw, "after", one | {"outlook": after, "done": "withdrawn"})
    yield Sample(withdraw, "undone", one | {"outlook": before, "done": "published"})


def _stop_list() -> Iterator[Sample]:
    page = "pages/commissioner/stop_list.html"
    state = {"is_fresh": True, "brought_at": NOW, "hours": 24}
    entry = {
        "id": 5,
        "pseudonym": "F-0412",
        "reason_text": "A court order",
        "added_at": NOW,
        "ring": ["Harbour Kitchen", "Marigold Trust"],
    }
    base = AMINA | {"state": state, "search": "", "just_lifted": False, "columns": COLUMNS}
    base |= {"example_href": "/static/stops.csv", "entries": [], "page": ONE_PAGE | {"total": 0}}
    entries = [entry, entry | {"id": 6, "ring": []}]
    yield Sample(page, "some", base | {"entries": entries, "page": MIDDLE_PAGE})
    yield Sample(page, "old", base | {"state": state | {"is_fresh": False}, "just_lifted": True})
    never = state | {"is_fresh": False, "brought_at": None}
    yield Sample(page, "never", base | {"state": never} | wrong("file", "Choose a file"))
    yield Sample(page, "not found", base | {"search": "F-9"})
    report = "pages/commissioner/stop_list_report.html"
    done = AMINA | {"outcome": {"added": 3, "standing": 12, "ended": 2}, "file_name": "stops.csv"}
    whole = {"carried": None, "faults": [], "faults_total": 0}
    yield Sample(report, "whole", done | whole)
    part = {"carried": "eJw", "faults": [FAULT], "faults_total": 1}
    yield Sample(report, "part", done | part | wrong("faults", "Some rows could not be read"))
    lift = "pages/commissioner/stop_list_lift.html"
    yield Sample(lift, "first", AMINA | {"entry": entry})
    yield Sample(lift, "error", AMINA | {"entry": entry} | wrong("reason", "Say why"))
