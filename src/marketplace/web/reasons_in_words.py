"""Why this, why not that: the engine's codes and numbers in sentences."""

from typing import Any

from marketplace.db.plans import Match
from marketplace.templating import plural, pounds
from marketplace.web.words import UNMET

LAST_RULE = {
    "none_helps": "Nobody in the directory helps with it.",
    "not_open": "Those who help with it have paused, have begun already, or ask the family to pay.",
    "check_expired": "The checks of those who could help have run out or are missing.",
    "volunteer": "Only volunteers are left, and it must not go to one.",
    "level": "Those who help with it do not take this level.",
    "digital": "Only websites are left, and they are not enough at this level.",
    "price": "Those who could help cost more than the ceiling.",
    "ages": "None is for children of this age.",
    "languages": "None offers the family’s language.",
    "days": "None is open when the family can come.",
    "access": "None offers the access that the family needs.",
    "refused": "It was refused before.",
    "reach": "All who help with it are too far away.",
    "transport": "All are further than the family can travel.",
    "no_home": "They come to people’s homes, and the family has none.",
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


def why_match(match: Match) -> str:
    """Why this support: what it beat, and why a cheaper one was not taken."""
    reason = match.reason
    options = reason.get("choices", 0)
    if reason["code"] == "chosen_by_practitioner":
        return "The practitioner chose it."
    if reason["code"] == "only_choice":
        return "The only support that suits."
    if reason["code"] == "cheapest":
        return f"The cheapest of {plural(options, 'support')} that suit."
    if reason["code"] == "cheaper_worth_more_elsewhere":
        worth = reason.get("worth_elsewhere_pence", 0)
        told = f" by {pounds(worth)}" if worth else ""
        cheaper = plural(reason["cheaper"], "cheaper one is", "cheaper ones are")
        suit = plural(options, "support suits", "supports suit")
        return f"{cheaper} full: the place does more for other families{told}. {suit}."
    return "It stands from the last plan."


def why_unmet(reason: str, detail: dict[str, Any]) -> str:
    if reason != "no_candidate" or not detail:
        return UNMET[reason]
    told = LAST_RULE[detail["rule"]]
    if detail["helping"] == 0:
        return told
    helpers = plural(detail["helping"], "support helps", "supports help")
    return f"{helpers} with it, but none suits. {told}"


def what_would_help(reason: str, detail: dict[str, Any]) -> str | None:
    if reason == "places_taken":
        return "One more place"
    return WOULD_HELP.get(detail.get("rule", "")) if reason == "no_candidate" else None
