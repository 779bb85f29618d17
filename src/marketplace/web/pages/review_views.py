"""A family as a practitioner sees it: why asked, what is proposed and why, what else would suit."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from litestar.datastructures import FormMultiDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from directory.models import Intake, Service
from directory.taxonomy import load_taxonomy
from marketplace.db.families import Family, Need
from marketplace.db.plans import Match, UnmetNeed
from marketplace.services.review.reviews import agreed_also, first_also
from marketplace.states import MatchState
from marketplace.templating import pounds
from marketplace.web import forms, reasons_in_words, words

DECISION_OF = {MatchState.SET_ASIDE: "set_aside", MatchState.PROPOSED: ""}
Supports = Mapping[uuid.UUID, Intake]


async def unmet_of(
    session: AsyncSession, plan_ids: Collection[uuid.UUID], family_ids: set[uuid.UUID]
) -> dict[uuid.UUID, list[UnmetNeed]]:
    found = await session.scalars(
        select(UnmetNeed)
        .join(UnmetNeed.need)
        .where(UnmetNeed.plan_id.in_(plan_ids), Need.family_id.in_(family_ids))
        .options(contains_eager(UnmetNeed.need))
    )
    unmet: dict[uuid.UUID, list[UnmetNeed]] = {}
    for one in found:
        unmet.setdefault(one.need.family_id, []).append(one)
    return unmet


async def supports_of(session: AsyncSession, matches: Sequence[Match]) -> dict[uuid.UUID, Intake]:
    """Every intake that is proposed or could be chosen on this page."""
    ids = {match.intake_id for match in matches}
    ids |= {uuid.UUID(one["intake_id"]) for match in matches for one in match.choices["next_best"]}
    found = await session.scalars(
        select(Intake)
        .where(Intake.id.in_(ids))
        .options(joinedload(Intake.service).joinedload(Service.provider))
    )
    return {intake.id: intake for intake in found}


def family_view(
    matches: Sequence[Match],
    unmet: Sequence[UnmetNeed],
    supports: Supports,
    form: FormMultiDict | None,
    today: date,
) -> dict[str, Any]:
    family: Family = matches[0].family
    needs = [match.need for match in matches]
    reasons = dict.fromkeys(code for need in needs for code in need.reasons)
    return {
        "id": family.id,
        "pseudonym": family.ref,
        "area": family.outward or "No fixed abode",
        "ages_text": words.ages_text(family.children_born, today),
        "source_text": ", ".join(dict.fromkeys(words.source_text(need.source) for need in needs)),
        "asked_themselves": any(need.asked_on for need in needs),
        "reasons": [words.reason_text(code) for code in reasons],
        "looked_at": all(match.state != MatchState.PROPOSED for match in matches),
        "needs": [
            *(match_view(match, supports, form) for match in matches),
            *(_unmet_view(one) for one in unmet),
        ],
    }


def match_view(match: Match, supports: Supports, form: FormMultiDict | None) -> dict[str, Any]:
    service = supports[match.intake_id].service
    saved = DECISION_OF.get(MatchState(match.state), "agree")
    ticked = agreed_also(match) if "agreed" in match.choices else first_also(match)

    def typed(field: str, otherwise: str) -> str:
        return forms.text(form, f"{field}-{match.id}") if form is not None else otherwise

    def is_ticked(intake_id: str) -> bool:
        if form is None:
            return intake_id in ticked
        return bool(forms.text(form, f"also-{match.id}-{intake_id}"))

    return {
        "match_id": match.id,
        "need_text": words.need_text(match.need.code),
        "level": match.need.level,
        "service_name": service.name,
        "provider_name": service.provider.name,
        "distance_text": words.distance_band(match.travel_metres).lower(),
        "why": reasons_in_words.why_match(match),
        "wished": match.need.wished_service.name if match.need.wished_service else None,
        "sensitive": load_taxonomy()[match.need.code].sensitive,
        "alternatives": [
            {
                "id": one["intake_id"],
                "text": _choice_text(one, supports),
                "ticked": is_ticked(one["intake_id"]),
            }
            for one in match.choices["next_best"]
            if one["intake_id"] != str(match.intake_id)
        ],
        "decision": typed("decision", saved),
        "code": typed("code", ""),
        "choice": typed("choice", ""),
    }


def _choice_text(choice: Mapping[str, Any], supports: Supports) -> str:
    service = supports[uuid.UUID(choice["intake_id"])].service
    distance = words.distance_band(choice["travel_metres"]).lower()
    extra = (
        f", {pounds(choice['extra_pence'])} dearer for the plan" if choice["extra_pence"] else ""
    )
    return f"{service.name}, {service.provider.name}, {distance}{extra}"


def _unmet_view(one: UnmetNeed) -> dict[str, Any]:
    return {
        "match_id": None,
        "need_text": words.need_text(one.need.code),
        "level": one.need.level,
        "why": reasons_in_words.why_unmet(one.reason, one.detail),
        "sensitive": load_taxonomy()[one.need.code].sensitive,
    }
