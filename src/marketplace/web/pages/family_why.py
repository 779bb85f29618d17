"""“Why this family?” on one page to print: a pseudonym, reasons, looks, offers, never a name."""

import uuid
from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.families import Need
from marketplace.db.history import Event
from marketplace.db.plans import Match
from marketplace.services.plans.family_story import FamilyStory, tell_story
from marketplace.states import MatchState, NeedState
from marketplace.templating import pounds
from marketplace.web import reasons_in_words, words
from marketplace.web.forms import parse_id
from marketplace.web.rendering import WebRequest, page

SECONDS_A_MINUTE = 60
# A later plan may still look at these.
STILL_TO_HELP = (NeedState.PUBLISHED, NeedState.PLANNED)
CHANNELS = {
    "email": "by e-mail",
    "sms": "by text",
    "letter": "by letter",
    "phone": "by telephone",
    None: "by telephone",
}
# Whoever ended it and however, it is told in one way: a family's no is used for nothing.
ENDED = words.MATCH_STATES["withdrawn"]
STEPS = {
    ("match", "agreed"): "A practitioner agreed",
    ("match", "set_aside"): "A practitioner set it aside",
    ("match", "awaiting_provider"): "Put to the provider",
    ("match", "awaiting_family"): "The provider said yes",
    ("match", "accepted"): "The family said yes",
    ("match", "under_way"): "Help started",
    ("match", "completed"): "Help ended",
    ("match", "ended_early"): "Help ended",
    ("match", "on_hold"): "Put on hold",
    ("match", "proposed"): "To be looked at again",
    ("need", "planned"): "A plan proposed help",
    ("need", "met"): "The need is being met",
}


@get("/families/{family_id:str}/why")
async def show_why(
    request: WebRequest, session: NamedDependency[AsyncSession], family_id: FromPath[str]
) -> Template:
    story = await tell_story(session, parse_id(family_id), actor=request.user)
    return page(
        request,
        "commissioner/family_why.html",
        family={"pseudonym": story.family.ref, "area": story.family.outward or "No fixed abode"},
        needs=[_need_view(need, story) for need in story.needs],
        draws=_draws(story),
        history=[
            {"at": event.at, "what": _what(event), "who": _who(event, name)}
            for event, name in story.history
        ],
    )


def _need_view(need: Need, story: FamilyStory) -> dict[str, Any]:
    plan, unmet = story.unmet.get(need.id, (None, None))
    return {
        "text": words.need_text(need.code),
        "level": need.level,
        "source_text": words.source_text(need.source),
        "asked_on": need.asked_on,
        "reasons": [words.reason_text(code) for code in need.reasons],
        "published_at": need.published_at,
        "state_text": words.NEED_STATES[need.state],
        "matches": [
            _match_view(match, story, need_is_open=need.state in STILL_TO_HELP)
            for match in story.matches.get(need.id, ())
        ],
        "unmet": f"Plan {plan.number}: {reasons_in_words.why_unmet(unmet.reason, unmet.detail)}"
        if plan and unmet
        else None,
    }


def _match_view(match: Match, story: FamilyStory, *, need_is_open: bool) -> dict[str, Any]:
    look, offer = story.looks.get(match.id), story.offers.get(match.id)
    return {
        "id": match.id,
        "can_decide": need_is_open,
        "plan_name": f"Plan {match.plan.number}",
        "help_text": _support(match.intake_id, story),
        "distance_text": words.distance_band(match.travel_metres),
        "price_text": pounds(match.price_pence),
        "fund_name": story.funds.get(match.fund_id) if match.fund_id else None,
        "why": reasons_in_words.why_match(match),
        "look": {
            "by": look.by,
            "at": look.at,
            "took_text": _minutes(look.seconds),
            "was_changed": look.was_changed,
        }
        if look
        else None,
        "approved_at": match.approved_at,
        "offered": {"at": offer.created_at, "how": CHANNELS[offer.channel]} if offer else None,
        "state_text": words.MATCH_STATES[match.state],
        "weighed": [
            {
                "text": _support(uuid.UUID(one["intake_id"]), story),
                "extra_text": pounds(one["extra_pence"]) if one["extra_pence"] else None,
            }
            for one in match.choices["next_best"]
        ],
    }


def _support(intake_id: uuid.UUID, story: FamilyStory) -> str:
    """A volunteer's name is the host's to tell."""
    service = story.supports[intake_id].service
    if service.provider.kind == "volunteer":
        return f"{service.name}, a volunteer"
    return f"{service.name}, {service.provider.name}"


def _minutes(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    minutes = round(seconds / SECONDS_A_MINUTE)
    return "under a minute" if minutes < 1 else f"{minutes} minute{'s' if minutes > 1 else ''}"


def _draws(story: FamilyStory) -> list[str]:
    plans = {m.plan.number: m.plan for found in story.matches.values() for m in found}
    plans |= {plan.number: plan for plan, _ in story.unmet.values()}
    return [f"Plan {number}: {plans[number].seed}" for number in sorted(plans)]


def _what(event: Event) -> str:
    if event.source == MatchState.ON_HOLD:
        return "Taken up again" if event.target != MatchState.WITHDRAWN else ENDED
    if (event.source, event.target) == (MatchState.AGREED, MatchState.AWAITING_FAMILY):
        return "Its provider always says yes: on to the family"
    if event.target == MatchState.AWAITING_FAMILY and event.source != MatchState.AWAITING_PROVIDER:
        return "Waiting for the family again"
    return STEPS.get((event.subject_kind, event.target), ENDED)


def _who(event: Event, name: str | None) -> str:
    if _what(event) == ENDED:
        return ""
    return name or {"family": "the family", "provider": "the provider"}.get(
        event.actor_kind, "by itself"
    )


HANDLERS = [show_why]
