"""What a family may see behind the question: kind, area, weekday and cost, never a venue."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake
from marketplace.db.offers import Offer
from marketplace.defaults import defaults
from marketplace.messages.compose import council_of
from marketplace.services.matches.waiting import waits_for
from marketplace.services.offers import answers, opening
from marketplace.services.offers.choices import choices_of
from marketplace.services.staff.working_days import add_working_days
from marketplace.states import MatchState
from marketplace.web import words

CALL_WITHIN_WORKING_DAYS = 2
WAY_TEXTS = {"phone": "ring you", "sms": "text you", "email": "e-mail you"}
# How far a yes has come, as its page tells it.
STAGES = {
    MatchState.ACCEPTED: "booked",
    MatchState.ON_HOLD: "paused",
    MatchState.UNDER_WAY: "started",
    MatchState.COMPLETED: "ended",
    MatchState.ENDED_EARLY: "ended",
}
PLACE_WENT = (MatchState.PROVIDER_DECLINED, MatchState.PROVIDER_EXPIRED)


def council_view(offer: Offer) -> dict[str, str]:
    """Who writes, by what right, and where to complain: on every page behind a link."""
    council = offer.commissioner
    return council_of(council) | {
        "how_href": f"/how-we-decide/{council.id}" if council.law else "",
        "privacy_href": council.law.privacy_notice_address if council.law else "",
        "complaint_route": council.law.complaint_route if council.law else "",
    }


async def offer_view(
    session: AsyncSession, offer: Offer, *, typed: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything of the page with the choices; `typed`: what was filled in before."""
    need = offer.match.need
    choices = await choices_of(session, offer)
    own = str(offer.match.intake_id)
    free = [_choice(one.intake, need.code) for one in choices if one.is_free]
    full = [_choice(one.intake, need.code) for one in choices if not one.is_free]
    chosen = typed.get("choice", own)
    return {
        "choices": free,
        "full": full,
        "waits_for": {str(one) for one in await waits_for(session, offer)} if full else set(),
        "choice": chosen if chosen in {one["id"] for one in free} else own,
        "contact_ways": opening.contact_ways(offer),
        "contact_way": typed.get("contact_way", ""),
        "easier": typed.get("easier", ()),
        "easier_choices": [{"value": one, "text": text} for one, text in words.EASIER.items()],
        "reasons": words.family_reasons(need.reasons),
        "why_asked": words.told_source("self" if need.asked_on else need.source),
        "expires_on": offer.expires_at.date(),
    }


def answered_view(offer: Offer, standing: str) -> dict[str, Any]:
    answered_at = offer.answered_at or datetime.now(UTC)
    shown_for = timedelta(days=defaults()["family_days"]["status_only_after_yes"])
    return {
        "answer": standing,
        "stage": STAGES.get(MatchState(offer.match.state), "off"),
        "is_old": datetime.now(UTC) - answered_at > shown_for,
        "answered_on": answered_at.date(),
        "asked_again_on": offer.family.parked_until,
        "provider_name": opening.name_told_to_families(offer.match.intake),
        "call_by": add_working_days(answered_at.date(), CALL_WITHIN_WORKING_DAYS),
        "contact_way_text": WAY_TEXTS.get(offer.contact_way or "", "get in touch"),
        "easier_texts": [words.EASIER[one] for one in offer.easier],
        "feedback": offer.feedback,
    }


def why_closed(offer: Offer) -> str:
    if offer.match.state == MatchState.ON_HOLD:
        return "paused"
    if offer.match.state in PLACE_WENT:
        return "gone"
    return "withdrawn" if offer.match.state == MatchState.WITHDRAWN else "expired"


def check_yes(offer: Offer, contact_way: str, easier: Collection[str]) -> dict[str, str]:
    if contact_way not in opening.contact_ways(offer):
        return {"contact_way": "Choose how they may reach you"}
    unknown = set(easier) - set(answers.EASIER)
    return {"easier": "Choose from this list"} if unknown else {}


def _choice(intake: Intake, code: str) -> dict[str, str]:
    service = intake.service
    outward = (service.postcode or "").partition(" ")[0]
    pays = intake.family_pays_pence
    return {
        "id": str(intake.id),
        "help_kind": words.help_kind(service, code),
        "provider_name": opening.name_told_to_families(intake),
        "area": f"{outward} area" if outward else "By telephone or online",
        "when": words.days_text(service.days),
        "cost_text": "Free for you" if pays == 0 else f"You pay £{pays / 100:.2f}",
    }
