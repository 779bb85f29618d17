"""Two colleagues say yes to everything at the same moment: each family is claimed once."""

import asyncio
import uuid

import pytest
from families_at_hand import (
    add_commissioner,
    add_family,
    add_intake,
    add_match,
    add_plan,
    council_actor,
)
from provider_people import add_person, provider_of
from sqlalchemy import func, select, update

from marketplace.access import SYSTEM, Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Contact
from marketplace.db.history import Event
from marketplace.db.offers import Offer
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.errors import NotFoundError
from marketplace.services.figures.figures import recount_places
from marketplace.services.matches import claims
from marketplace.services.matches.claims import Claimed
from marketplace.services.matches.releases import release_families
from marketplace.services.providers import providers
from marketplace.states import MatchState

FAMILIES = 6


class Waiting:
    """Six families wait at one intake of six places."""

    def __init__(self) -> None:
        self.matches: list[uuid.UUID] = []

    async def make(self, sessions: Sessions) -> "Waiting":
        async with transaction(sessions, EXCHANGE) as session:
            commissioner = await add_commissioner(session, uuid.uuid4().hex)
            plan = await add_plan(session, commissioner)
            intake = await add_intake(session, places=FAMILIES)
            self.provider_id = await provider_of(session, intake)
            self.tom = await add_person(session, self.provider_id)
            self.ade = await add_person(session, self.provider_id, name="Ade")
            self.amina = council_actor(commissioner)
            self.intake_id = intake.id
            families = []
            for _ in range(FAMILIES):
                family = await add_family(session, commissioner)
                match = await add_match(
                    session, plan, family, intake, state=MatchState.AGREED, approved=True
                )
                self.matches.append(match.id)
                families.append(family.id)
            await release_families(session, families, actor=SYSTEM)
        return self

    async def claim(
        self, sessions: Sessions, actor: Actor, match_ids: list[uuid.UUID] | None = None
    ) -> Claimed:
        async with transaction(sessions, EXCHANGE) as session:
            return await claims.claim_all(
                session, self.intake_id, match_ids or self.matches, actor=actor
            )


@pytest.fixture
async def waiting(sessions: Sessions) -> Waiting:
    return await Waiting().make(sessions)


async def test_two_colleagues_claim_everything_at_once(
    sessions: Sessions, waiting: Waiting
) -> None:
    told = await asyncio.gather(
        waiting.claim(sessions, waiting.tom), waiting.claim(sessions, waiting.ade)
    )
    assert sorted(one.claimed for one in told) == [0, FAMILIES]
    assert sorted(one.missed for one in told) == [0, FAMILIES]
    async with transaction(sessions, EXCHANGE) as session:
        assert await session.scalar(select(func.count(Offer.id))) == FAMILIES
        claimed = select(func.count(Event.id)).where(Event.target == MatchState.AWAITING_FAMILY)
        assert await session.scalar(claimed) == FAMILIES
        assert await recount_places(session) == []


async def test_everything_beside_one_by_one_and_a_decline(
    sessions: Sessions, waiting: Waiting
) -> None:
    async def claim_first() -> None:
        async with transaction(sessions, EXCHANGE) as session:
            await claims.claim_match(session, waiting.matches[0], actor=waiting.ade)

    async def decline_last() -> None:
        async with transaction(sessions, EXCHANGE) as session:
            await claims.decline_match(
                session, waiting.matches[-1], code="too_far", actor=waiting.ade
            )

    await asyncio.gather(
        waiting.claim(sessions, waiting.tom),
        claim_first(),
        decline_last(),
        return_exceptions=True,
    )
    async with transaction(sessions, EXCHANGE) as session:
        states = (await session.scalars(select(Match.state))).all()
        assert set(states) <= {MatchState.AWAITING_FAMILY, MatchState.PROVIDER_DECLINED}
        assert await recount_places(session) == []


async def test_only_what_was_shown_is_claimed(sessions: Sessions, waiting: Waiting) -> None:
    told = await waiting.claim(sessions, waiting.tom, waiting.matches[:2])
    assert told == Claimed(claimed=2, missed=0)
    told = await waiting.claim(sessions, waiting.tom, [*waiting.matches[:3], uuid.uuid4()])
    assert told == Claimed(claimed=1, missed=3)


async def test_whom_it_is_not_safe_to_write_to_is_not_claimed(
    sessions: Sessions, waiting: Waiting
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        family = select(Match.family_id).where(Match.id == waiting.matches[0])
        await session.execute(
            update(Contact)
            .where(Contact.family_id == family.scalar_subquery())
            .values(safe_to_contact="no")
        )
    told = await waiting.claim(sessions, waiting.tom)
    assert told == Claimed(claimed=FAMILIES - 1, missed=1)


async def test_another_providers_intake_is_not_there(sessions: Sessions, waiting: Waiting) -> None:
    other = await Waiting().make(sessions)
    with pytest.raises(NotFoundError):
        await waiting.claim(sessions, other.tom)
    assert await other.claim(sessions, other.tom, waiting.matches) == Claimed(
        claimed=0, missed=FAMILIES
    )


async def test_a_pause_in_between_leaves_nothing_claimed(
    sessions: Sessions, waiting: Waiting
) -> None:
    async def pause() -> None:
        async with transaction(sessions, EXCHANGE) as session:
            await providers.pause_provider(
                session, waiting.provider_id, reason="", actor=waiting.amina
            )

    await asyncio.gather(pause(), waiting.claim(sessions, waiting.tom), return_exceptions=True)
    async with transaction(sessions, EXCHANGE) as session:
        states = set(await session.scalars(select(Match.state)))
        assert states == {MatchState.ON_HOLD}
        assert await recount_places(session) == []
