"""Why a match ended: whose reason it is, what it says, and what it does to the next plan."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Effect(StrEnum):
    EXCLUDE_PAIR = "exclude_pair"
    PAUSE_INTAKE = "pause_intake"
    CLOSE_NEED = "close_need"
    PARK_FAMILY = "park_family"
    NONE = "none"


@dataclass(frozen=True)
class Reason:
    code: str
    whose: str
    label: str
    effect: Effect
    # Whether a person picks it from a list; the others follow from what was pressed.
    is_listed: bool = True


# At most seven for a provider: a list that fits a telephone gets honest answers.
REASONS: Final = {
    reason.code: reason
    for reason in (
        Reason("not_right_support", "practitioner", "Not the right support", Effect.EXCLUDE_PAIR),
        Reason("already_helped", "practitioner", "Already getting help", Effect.CLOSE_NEED),
        Reason("worker_will_ask", "practitioner", "A worker will ask in person", Effect.CLOSE_NEED),
        Reason(
            "front_door", "practitioner", "For the front door: more at stake", Effect.CLOSE_NEED
        ),
        Reason("prediction_wrong", "practitioner", "The prediction is wrong", Effect.CLOSE_NEED),
        Reason("not_safe_to_write", "practitioner", "Not safe to write", Effect.CLOSE_NEED),
        Reason("full", "provider", "We are full", Effect.PAUSE_INTAKE),
        Reason("not_running", "provider", "It is not running now", Effect.PAUSE_INTAKE),
        Reason("too_far", "provider", "Too far for us", Effect.EXCLUDE_PAIR),
        Reason("needs_more", "provider", "They need more than we can give", Effect.EXCLUDE_PAIR),
        Reason("wrong_age", "provider", "Not for children of this age", Effect.EXCLUDE_PAIR),
        Reason(
            "no_language", "provider", "We cannot give the language or access", Effect.EXCLUDE_PAIR
        ),
        Reason("other", "provider", "Something else", Effect.EXCLUDE_PAIR),
        Reason("no", "family", "Not for us", Effect.EXCLUDE_PAIR),
        Reason("not_now", "family", "Not now", Effect.PARK_FAMILY),
        Reason("not_me", "family", "This is not me", Effect.NONE),
        Reason("changed_mind", "family", "Changed their mind", Effect.EXCLUDE_PAIR),
        Reason("chose_other", "family", "Chose another of the supports", Effect.NONE),
        Reason("stop", "family", "Stop writing to us", Effect.CLOSE_NEED),
        Reason("silent", "family", "No answer", Effect.EXCLUDE_PAIR),
        Reason("provider_silent", "system", "No answer from the provider", Effect.EXCLUDE_PAIR),
        Reason("handed_back", "provider", "Handed back", Effect.EXCLUDE_PAIR, is_listed=False),
        Reason(
            "entered_wrongly", "practitioner", "Entered by mistake", Effect.NONE, is_listed=False
        ),
        Reason(
            "safeguarding", "practitioner", "On hold by the council", Effect.NONE, is_listed=False
        ),
        Reason("asked_no_more", "family", "No longer needs it", Effect.NONE, is_listed=False),
        Reason("objected", "family", "Does not want a guess", Effect.NONE, is_listed=False),
        Reason("need_withdrawn", "commissioner", "The council took it back", Effect.NONE),
        Reason("stop_list", "commissioner", "On the stop list", Effect.NONE),
        Reason("not_safe", "system", "Not safe to contact", Effect.NONE),
        Reason("no_contact", "system", "No contact was brought", Effect.NONE),
        Reason("place_gone", "system", "The place had gone", Effect.NONE),
        Reason("valid_until", "system", "The prediction ran out", Effect.NONE),
        Reason("provider_left", "system", "The provider has left", Effect.NONE),
        Reason("provider_paused", "commissioner", "The provider is paused", Effect.NONE),
        Reason(
            "agreement_withdrawn", "system", "The provider took its agreement back", Effect.NONE
        ),
        Reason("plan_discarded", "commissioner", "The plan was discarded", Effect.NONE),
    )
}


def reasons_of(whose: str) -> list[Reason]:
    return [reason for reason in REASONS.values() if reason.whose == whose and reason.is_listed]
