"""Why this, why not that: the engine's codes and numbers in sentences."""

from typing import Any

from marketplace.db.plans import Match
from marketplace.templating import plural, pounds
from marketplace.web.words import UNMET

SMALLEST_TOLD_PENCE = 100

MOST_IN_THE_WAY = {
    "not_open": "they have paused, have begun already, or ask the family to pay",
    "check_expired": "the checks of their people have run out or are missing",
    "volunteer": "they are volunteers, and this must not go to one",
    "level": "they do not take this level",
    "digital": "they are websites, which are not enough at this level",
    "price": "they cost more than the ceiling",
    "ages": "they are not for children of this age",
    "languages": "they do not offer the family’s language",
    "days": "they are not open when the family can come",
    "access": "they do not offer the access that the family needs",
    "refused": "they were refused before",
    "reach": "they are too far away",
    "transport": "they are further than the family can travel",
    "no_home": "they come to people’s homes, and the family has none",
}
WOULD_HELP = {
    "none_helps": "A provider for this need",
    "not_open": "An intake that is open",
    "check_expired": "Renewed checks",
    "volunteer": "A trained worker",
    "level": "A provider for this level",
    "price": "A cheaper place, or a higher ceiling",
    "ages": "A group for this age",
    "languages": "An interpreter",
    "days": "Another day",
    "access": "A place with this access",
    "reach": "A provider nearby",
    "transport": "A lift or a fare",
}
WOULD_FREE = {
    "contact_wrong": "Another contact",
    "not_safe": "A fresh check that it is safe",
    "no_named_worker": "A named worker, in the file of needs",
    "parked": "Time: it comes back by itself",
    "places_taken": "One more place",
}

WOULD_HELP_BY_REASON = {
    "places_taken": "One more place",
    "group_too_small": "More families for the group",
    "budget_spent": "More money in the fund",
    "no_fund": "A fund that may pay for it",
    "family_limit": "A plan for more families",
}


def why_match(match: Match) -> str:
    """Why this support: what it beat, and why a cheaper one was not taken."""
    reason = match.reason
    options = reason.get("choices", 0)
    if reason["code"] == "fixed":
        return "Somebody decided on it: the history says who, and why."
    if reason["code"] == "chosen_by_practitioner":
        return "The practitioner chose it."
    if reason["code"] == "only_choice":
        return "The only support that suits."
    if reason["code"] == "cheapest":
        return f"Of {plural(options, 'support')} that suit, this saves the most after its cost."
    if reason["code"] == "cheaper_worth_more_elsewhere":
        suit = plural(options, "support suits", "supports suit")
        return (
            f"{suit}. {reason['cheaper']} of them would save more here, but those places went to "
            f"other families, where they save {_more(reason)}."
        )
    return "It stands from the last plan."


def _more(reason: dict[str, Any]) -> str:
    """Pennies are the tie-break and the lottery: they are no difference to tell."""
    worth = reason.get("worth_elsewhere_pence", 0)
    return f"{pounds(worth)} more" if worth >= SMALLEST_TOLD_PENCE else "as much or more"


def why_unmet(reason: str, detail: dict[str, Any]) -> str:
    if reason == "no_fund" and detail:
        suit = plural(detail["suitable"], "support suits", "supports suit")
        return f"{suit}, and no open fund may pay for it."
    if reason != "no_candidate" or not detail:
        return UNMET[reason]
    if detail["helping"] == 0:
        return "Nobody in the directory helps with it."
    helpers = plural(detail["helping"], "support helps", "supports help")
    return f"{helpers} with it. None suits, most often because {MOST_IN_THE_WAY[detail['rule']]}."


def what_would_help(reason: str, detail: dict[str, Any]) -> str | None:
    if reason == "no_candidate":
        return WOULD_HELP.get(detail.get("rule", ""))
    return WOULD_HELP_BY_REASON.get(reason) or WOULD_FREE.get(reason)
