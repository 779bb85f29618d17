"""Practitioners who sign in, and whole families that wait for them to look."""

from typing import Any

from families_at_hand import add_family, add_intake, add_match
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake
from marketplace.access import Actor
from marketplace.db.people import Commissioner, User
from marketplace.db.plans import Match, Plan


async def add_staff(
    session: AsyncSession, commissioner: Commissioner, name: str, role: str = "practitioner"
) -> Actor:
    user = User(
        email=f"{name.lower()}@example.org", name=name, role=role, commissioner_id=commissioner.id
    )
    session.add(user)
    await session.flush()
    return Actor(kind=role, id=user.id, name=name, commissioner_id=commissioner.id)


async def add_proposal(
    session: AsyncSession, commissioner: Commissioner, plan: Plan, **given: Any
) -> Match:
    """A family of its own with one proposal, and two more that would suit."""
    family = await add_family(session, commissioner)
    match = await add_match(session, plan, family, await add_intake(session), **given)
    others = [await add_intake(session, standing_yes=True) for _ in range(2)]
    match.choices = {"next_best": [choice_of(intake) for intake in others]}
    await session.flush()
    return match


def choice_of(intake: Intake) -> dict[str, Any]:
    return {
        "intake_id": str(intake.id),
        "cost_pence": 200,
        "price_pence": 50,
        "effect": 0.3,
        "travel_metres": 900,
        "extra_pence": 100,
    }
