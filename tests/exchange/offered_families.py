"""Families with an offer before them, and what they say."""

import uuid
from typing import Any

from families_at_hand import add_commissioner, add_family, add_intake, add_match, add_plan
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake
from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Family, Need
from marketplace.db.offers import Offer
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.services.figures.figures import recount_places
from marketplace.services.matches.releases import release_families, release_next
from marketplace.services.offers import answers, opening
from marketplace.states import MatchState
from marketplace.tokens import derive_token


def as_choice(intake: Intake) -> dict[str, Any]:
    return {
        "intake_id": str(intake.id),
        "cost_pence": 70,
        "price_pence": 40,
        "effect": 0.15,
        "travel_metres": 900,
    }


async def offer_with_choices(
    sessions: Sessions,
    *others: Intake | None,
    agreed: list[int] | None = None,
    standing_yes: bool = True,
) -> tuple[Match, list[Intake]]:
    """A released match, and what a practitioner agreed to beside it, the best first.

    `None`: any intake with one place that says yes by itself.
    """
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session)
        plan = await add_plan(session, commissioner)
        family = await add_family(session, commissioner)
        own = await add_intake(session, standing_yes=standing_yes)
        rest = [one or await add_intake(session, standing_yes=True, places=1) for one in others]
        match = await add_match(session, plan, family, own, state=MatchState.AGREED, approved=True)
        match.choices = {"next_best": [as_choice(one) for one in rest]}
        if agreed is not None:
            match.choices["agreed"] = [str(rest[one].id) for one in agreed]
        await session.flush()
        await release_families(session, [family.id], actor=SYSTEM)
    return match, [own, *rest]


async def open_offer(session: AsyncSession, family_id: uuid.UUID) -> Offer:
    """The newest of a family, by its link."""
    found = select(Offer).where(Offer.family_id == family_id).order_by(Offer.created_at.desc())
    offer = (await session.scalars(found)).first()
    keys = session.info["settings"].secret_keys
    token = derive_token(keys, "offer", offer.id, made_with=offer.key_id)
    return await opening.open_offer(session, token)


async def say(sessions: Sessions, match: Match, answer: str, **given: Any) -> str:
    async with transaction(sessions, EXCHANGE) as session:
        offer = await open_offer(session, match.family_id)
        given = {"contact_way": "email", **given}
        return await answers.answer_offer(session, offer, answer=answer, **given)


async def states_of(sessions: Sessions, match: Match) -> list[str]:
    """What its need has been through, in order, and where it stands; no place was lost."""
    async with transaction(sessions, EXCHANGE) as session:
        assert await recount_places(session) == []
        found = select(Match.state).where(Match.need_id == match.need_id)
        matches = await session.scalars(found.order_by(Match.waits_since))
        return [*matches, (await session.get_one(Need, match.need_id)).state]


async def do_releases(sessions: Sessions) -> None:
    """What the jobs do that were enqueued for every family."""
    async with transaction(sessions, EXCHANGE) as session:
        families = (await session.scalars(select(Family.id))).all()
        await release_next(session, families, actor=SYSTEM)
