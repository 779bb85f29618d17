"""What Amina sees."""

from collections.abc import Iterator

from sample_parts import AMINA, COLUMNS, MIDDLE_PAGE, NOW, ONE_PAGE, SENDING, STOPPED, Sample

FRESH = {"is_fresh": True, "brought_at": NOW, "hours": 24}


def commissioner() -> Iterator[Sample]:
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
            "requests_waiting": 0,
            "providers_late": 0,
            "looks_flagged": [],
            "messages": SENDING,
            "stop_list": FRESH,
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
            "requests_waiting": 2,
            "providers_late": 2,
            "looks_flagged": [{"name": "Priya Nair", "month": "November 2026", "looked_at": 104}],
            "messages": STOPPED,
            "stop_list": FRESH | {"is_fresh": False},
        },
    )
    contacts = AMINA | {"columns": COLUMNS, "template_href": "/commissioner/contacts/template"}
    for missing, approved in [(25, 25), (1, 25), (0, 25), (0, 0)]:
        yield Sample(
            "pages/commissioner/upload_contacts.html",
            f"{missing} of {approved}",
            contacts | {"missing": missing, "approved": approved},
        )


def plan() -> Iterator[Sample]:
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
        "waiting_families": 0,
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
            "acceptance_text": "Assumes that 6 in 10 families say yes (not yet measured).",
        },
        "proof": {
            "proved": True,
            "text": "No other plan costs less under the same rules. The check was run apart.",
        },
    }
    looked_at = solved | {"reviewed_families": 25, "approvable_families": 23}
    approved = looked_at | {
        "state": "approved",
        "approvable_families": 0,
        "approved_families": 23,
        "waiting_families": 3,
    }
    failed = plan | {"state": "failed", "failure_text": "The fund has no money left. Add some."}
    page = "pages/commissioner/plan.html"
    yield Sample(page, "solving", AMINA | {"plan": plan})
    yield Sample(page, "failed", AMINA | {"plan": failed})
    yield Sample(page, "draft", AMINA | {"plan": solved})
    yield Sample(page, "looked at", AMINA | {"plan": looked_at})
    yield Sample(page, "approved", AMINA | {"plan": approved, "just_approved": 23})
    match = {
        "family_id": 412,
        "pseudonym": "F-0412",
        "need_text": "Food",
        "level": 2,
        "service_name": "Tuesday hot meals",
        "provider_name": "Harbour Kitchen",
        "source_text": "A survey",
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
    reasons = [
        {"code": "places_taken", "text": "All places went to others", "count": 201},
        {"code": "stop_list", "text": "Held back: the family is on the stop list", "count": 3},
    ]
    one |= {"reasons": reasons, "why": ""}
    unmet_page = "pages/commissioner/plan_unmet.html"
    yield Sample(unmet_page, "many", one | {"needs": [unmet], "page": MIDDLE_PAGE})
    yield Sample(unmet_page, "none", one | {"needs": [], "page": ONE_PAGE, "why": "stop_list"})
