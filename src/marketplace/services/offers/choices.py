"""What a family may choose from: agreed by a practitioner, and open to it today."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from directory.models import Intake, Provider, Service
from directory.taxonomy import load_taxonomy
from directory.visibility import is_let_in, still_runs
from directory.volunteers.readiness import may_help_today
from marketplace.access import has_agreed
from marketplace.db.acting import by_exchange
from marketplace.db.families import Need
from marketplace.db.offers import Offer
from marketplace.db.plans import Match
from marketplace.services.needs.refusals import Pairs, refused_pairs

MOST_CHOICES = 3


@dataclass(frozen=True, kw_only=True)
class Choice:
    intake: Intake
    is_free: bool


@dataclass(frozen=True, kw_only=True)
class OpenIntakes:
    """Intakes that may be given families today, and those of them that say yes by themselves."""

    intakes: dict[uuid.UUID, Intake]
    standing: set[uuid.UUID]

    def free_for(self, need: Need, intake_id: uuid.UUID) -> Intake | None:
        """The intake, where it still suits the need and has room for it."""
        intake = self.intakes.get(intake_id)
        if intake is None or not _suits(intake, need):
            return None
        left = intake.places_left
        return intake if left is None or left >= need.places else None


def agreed_choices(match: Match) -> list[uuid.UUID]:
    """What the practitioner agreed to beside the match itself, best first.

    Whoever looked without choosing between them agreed to all that was shown.
    """
    shown = [one["intake_id"] for one in match.choices.get("next_best", [])]
    agreed = [uuid.UUID(one) for one in match.choices.get("agreed", shown)]
    return [one for one in agreed if one != match.intake_id]


@by_exchange
async def open_intakes(session: AsyncSession, wanted: Collection[uuid.UUID]) -> OpenIntakes:
    """As the engine asks: let in, running, checked, not begun, and free for the family."""
    found = await session.execute(_open_intakes(), {"wanted": list(wanted)})
    rows = found.all()
    return OpenIntakes(
        intakes={intake.id: intake for intake, _ in rows},
        standing={intake.id for intake, is_standing in rows if is_standing},
    )


@cache
def _open_intakes() -> Any:
    """Put together once: that takes longer than the database to answer it."""
    return (
        select(Intake, Service.standing_yes & has_agreed(_answerable()))
        .join(Intake.service)
        .join(Service.provider)
        .where(
            Intake.id.in_(bindparam("wanted", expanding=True)),
            is_let_in(),
            still_runs(),
            may_help_today(),
            Intake.paused_at.is_(None),
            or_(Intake.paused_until.is_(None), Intake.paused_until <= func.current_date()),
            or_(Intake.starts_on.is_(None), Intake.starts_on >= func.current_date()),
            Intake.family_pays_pence == 0,
        )
        .options(
            contains_eager(Intake.service)
            .contains_eager(Service.provider)
            .joinedload(Provider.host)
        )
        .execution_options(populate_existing=True)
    )


@by_exchange
async def choices_for(
    session: AsyncSession, matches: Sequence[Match]
) -> dict[uuid.UUID, dict[str, list[str]]]:
    """Match → what its offer shows: its own intake, and up to two that say yes by themselves."""
    others = {match.id: agreed_choices(match) for match in matches}
    wanted = {intake_id for ids in others.values() for intake_id in ids}
    if not wanted:
        return {match.id: {"intakes": [str(match.intake_id)]} for match in matches}
    there = await open_intakes(session, wanted)
    refused = await refused_pairs(session, [match.need_id for match in matches])
    return {
        match.id: {"intakes": _fixed(match, others[match.id], there, refused)} for match in matches
    }


def _fixed(
    match: Match, others: Iterable[uuid.UUID], there: OpenIntakes, refused: Pairs
) -> list[str]:
    shown = [
        one
        for one in others
        if one in there.standing
        and there.free_for(match.need, one)
        and (match.need_id, one) not in refused
    ]
    return [str(one) for one in (match.intake_id, *shown[: MOST_CHOICES - 1])]


async def choices_of(session: AsyncSession, offer: Offer) -> list[Choice]:
    """What was fixed with the offer and is still there, its own first; `is_free`: as of now.

    What no longer runs is not shown; what is full is, since a place may come free again.
    """
    own = Choice(intake=offer.match.intake, is_free=True)
    shown = dict.fromkeys(map(uuid.UUID, offer.choices.get("intakes", ())))
    others = [one for one in shown if one != offer.match.intake_id]
    return [own, *await _others(session, offer, others)] if others else [own]


async def _others(
    session: AsyncSession, offer: Offer, others: Collection[uuid.UUID]
) -> list[Choice]:
    there = await open_intakes(session, others)
    choices = []
    for one in others:
        intake = there.intakes.get(one)
        if intake is not None and one in there.standing and _suits(intake, offer.match.need):
            free = there.free_for(offer.match.need, one) is not None
            choices.append(Choice(intake=intake, is_free=free))
    return choices


def terms_of(match: Match, intake: Intake) -> dict[str, Any]:
    """What another choice costs and does, as the plan reckoned it; its price where it did not."""
    for choice in match.choices.get("next_best", []):
        if choice["intake_id"] == str(intake.id):
            names = ("price_pence", "cost_pence", "effect", "travel_metres")
            fund_id = choice.get("fund_id")
            return {
                **{name: choice[name] for name in names},
                "fund_id": uuid.UUID(fund_id) if fund_id else None,
            }
    return {
        "price_pence": intake.price_pence * match.places,
        "cost_pence": match.cost_pence,
        "effect": match.effect,
        "travel_metres": None,
        "fund_id": match.fund_id,
    }


def _answerable() -> Any:
    return func.coalesce(Provider.hosted_by_id, Provider.id)


def _suits(intake: Intake, need: Need) -> bool:
    """What a listing may have changed since the plan was made."""
    service = intake.service
    by_volunteer = service.provider.kind == "volunteer"
    return (
        need.code in service.needs
        and service.takes_level >= need.level
        and not (by_volunteer and load_taxonomy()[need.code].sensitive)
    )
