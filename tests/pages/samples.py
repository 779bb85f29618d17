"""One realistic context or more for every page and message."""

from typing import Any

from sample_parts import COUNCIL, SOON, Sample
from samples_answering import answering
from samples_asks import asks
from samples_commissioner import commissioner, plan
from samples_directory import directory
from samples_messages import messages
from samples_open import family, public
from samples_practitioner import practitioner
from samples_provider import provider
from samples_provider_families import provider_families
from samples_publishing import publishing
from samples_rights import rights
from samples_services import joining, letting_in, organisation, service_form, services
from samples_sign_in import sign_in
from samples_tokens import tokens
from samples_volunteers import volunteers
from samples_what_if import what_if
from samples_worried import worried

__all__ = ["COUNCIL", "MESSAGES", "Sample", "all_samples"]

MESSAGES: dict[str, dict[str, Any]] = {
    "ask_proof": {
        "council": COUNCIL,
        "by_worker": True,
        "link": "https://early.example.org/ask/confirm/abc",
    },
    "ask_received": {"council": COUNCIL, "link": "https://early.example.org/ask/abc"},
    "ask_still_safe": {"council": COUNCIL, "link": "https://early.example.org/ask/abc"},
    "invitation": {
        "person": "Ade Cole",
        "organisation": "Harbour Kitchen",
        "link": "https://early.example.org/sign-in",
    },
    "join_answer": {
        "person": "Tom Achebe",
        "organisation": "Harbour Kitchen",
        "reason": None,
        "link": "https://early.example.org/sign-in",
    },
    "join_proof": {
        "person": "Tom Achebe",
        "link": "https://early.example.org/join/abc",
    },
    "offer": {
        "council": COUNCIL,
        "link": "https://early.example.org/o/Zk3v9QmT",
        "expires_on": SOON,
        "is_reminder": False,
    },
    "offer_confirmed": {"council": COUNCIL, "link": "https://early.example.org/o/Zk3v9QmT"},
    "offer_feedback": {"council": COUNCIL, "link": "https://early.example.org/o/Zk3v9QmT"},
    "provider_waiting": {
        "provider_name": "Harbour Kitchen",
        "waiting": 1,
        "link": "https://early.example.org/p/Zk3v9QmT",
        "sign_in": "https://early.example.org/sign-in",
        "answer_by": SOON,
    },
    "confirm_listing": {
        "provider_name": "Harbour Kitchen",
        "confirmed_on": SOON,
        "is_hidden": False,
        "link": "https://early.example.org/confirm/abc",
    },
    "listings_hidden": {"hidden": 3, "link": "https://early.example.org/commissioner/directory"},
    "volunteer_news": {
        "first_name": "Grace",
        "stopped": True,
        "wrote": True,
        "skips_on": SOON,
        "helps_somebody": True,
        "link": "https://early.example.org/provider/volunteers/3",
    },
    "volunteer_papers": {
        "lapsed": [{"name": "Grace", "what": "DBS check", "valid_until": SOON}],
        "soon": [{"name": "Walter", "what": "Volunteer agreement", "valid_until": SOON}],
        "link": "https://early.example.org/provider/volunteers",
    },
    "concern_raised": {
        "waiting": 2,
        "link": "https://early.example.org/practitioner/concerns",
    },
    "rights_answer": {"council": COUNCIL, "link": "https://early.example.org/your-data/answer/a"},
    "rights_proof": {"council": COUNCIL, "link": "https://early.example.org/your-data/confirm/a"},
    "second_step_reset": {
        "person": "Priya Nair",
        "by": "Amina Yusuf",
        "link": "https://early.example.org/sign-in",
    },
    "sign_in": {"link": "https://early.example.org/sign-in/abc"},
}


def all_samples() -> list[Sample]:
    parts = [public(), commissioner(), plan(), practitioner(), provider(), family(), directory()]
    parts += [joining(), letting_in(), services(), service_form(), organisation(), volunteers()]
    parts += [messages(), asks()]
    parts += [answering(), what_if()]
    parts += [publishing()]
    parts += [worried(), tokens()]
    parts += [provider_families()]
    parts += [sign_in(), rights()]
    return [sample for part in parts for sample in part]
