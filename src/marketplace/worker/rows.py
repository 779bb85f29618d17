"""What the engine plans with, read from the database as plain rows."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from directory.models import Evidence, Intake, Service
from directory.visibility import is_let_in, still_runs
from directory.volunteers.readiness import may_help_today
from marketplace.db.families import Contact, Family, Need
from marketplace.db.plans import Match, Plan
from marketplace.services.offers import may_write_to
from marketplace.states import MatchState, NeedState

ENDED = (
    MatchState.SET_ASIDE,
    MatchState.PROVIDER_DECLINED,
    MatchState.PROVIDER_EXPIRED,
    MatchState.FAMILY_DECLINED,
    MatchState.FAMILY_EXPIRED,
    MatchState.NOT_STARTED,
    MatchState.ENDED_EARLY,
)


@dataclass(frozen=True)
class PlanningRows:
    """`held_back`: needs that are not planned now, each with the name of the rule.

    `may_help`: the intakes whose people have all that is asked of them today.
    """

    today: dt.date
    seed: int
    policy: dict[str, Any]
    needs: Sequence[Need]
    intakes: Sequence[Intake]
    may_help: frozenset[uuid.UUID]
    evidence: dict[tuple[str, str, int], Any]
    refused: Sequence[tuple[uuid.UUID, uuid.UUID]]
    held_back: dict[uuid.UUID, str]
    intakes_held_back: int


async def read_rows(session: AsyncSession, plan: Plan) -> PlanningRows:
    today = (await session.execute(select(func.current_date()))).scalar_one()
    needs = await _published_needs(session, plan, today)
    held_back = {need.id: why for need in needs if (why := _why_held_back(need, today))}
    may_help = await _intakes(session)
    intakes = list(may_help)
    # Groups that must fill and opening costs are for a later engine; they are counted and shown.
    plannable = [one for one in intakes if (one.at_least or 0) <= 1 and not one.opening_cost_pence]
    evidence = (await session.scalars(select(Evidence))).all()
    return PlanningRows(
        today=today,
        seed=plan.seed,
        policy=plan.policy,
        needs=[need for need in needs if need.id not in held_back],
        intakes=plannable,
        may_help=frozenset(intake.id for intake, ready in may_help.items() if ready),
        evidence={(one.need, one.kind, one.level): one.effect_low for one in evidence},
        refused=await _refused_pairs(session),
        held_back=held_back,
        intakes_held_back=len(intakes) - len(plannable),
    )


async def _published_needs(session: AsyncSession, plan: Plan, today: dt.date) -> Sequence[Need]:
    return (
        await session.scalars(
            select(Need)
            .join(Need.family)
            .outerjoin(Family.contact)
            .where(
                Family.commissioner_id == plan.commissioner_id,
                Need.state == NeedState.PUBLISHED,
                Need.valid_until >= today,
            )
            .order_by(Need.id)
            .options(contains_eager(Need.family).contains_eager(Family.contact))
        )
    ).all()


def _why_held_back(need: Need, today: dt.date) -> str | None:
    contact: Contact | None = need.family.contact
    if need.places > 1:
        return "not_planned_yet"
    if need.family.stopped_at is not None:
        return "held_back"
    if contact is not None and not may_write_to(contact, today=today):
        return "held_back"
    return None


async def _intakes(session: AsyncSession) -> dict[Intake, bool]:
    """Every intake, and whether its people may help today.

    Also those that are full, paused or may not: they are counted where a need asks why it has
    nothing.
    """
    found = await session.execute(
        select(Intake, may_help_today())
        .join(Intake.service)
        .join(Service.provider)
        .where(is_let_in(), still_runs())
        .order_by(Intake.id)
        .options(contains_eager(Intake.service).contains_eager(Service.provider))
    )
    return dict(found.all())


async def _refused_pairs(session: AsyncSession) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Pairs that were said no to, by whomever: they never come again."""
    ended = await session.execute(
        select(Match.need_id, Match.intake_id).where(Match.state.in_(ENDED))
    )
    return [(row.need_id, row.intake_id) for row in ended]
