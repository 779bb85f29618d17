"""Providers with people of their own, and families at every step with them."""

import uuid
from dataclasses import dataclass

from families_at_hand import (
    add_commissioner,
    add_family,
    add_intake,
    add_match,
    add_plan,
    council_actor,
)
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Postcode, Service
from marketplace.access import SYSTEM, Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.offers import Offer
from marketplace.db.people import User
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.services.matches import claims
from marketplace.services.matches.releases import release_families
from marketplace.services.offers import answers, opening
from marketplace.states import MatchState
from marketplace.tokens import derive_token


@dataclass(frozen=True)
class Standing:
    """One family at each step with one provider."""

    tom: Actor
    amina: Actor
    provider_id: uuid.UUID
    intake_id: uuid.UUID
    matches: dict[str, uuid.UUID]


async def add_person(
    session: AsyncSession, provider_id: uuid.UUID, *, role: str = "editor", name: str = "Tom"
) -> Actor:
    user = User(
        email=f"{name.lower()}.{uuid.uuid4().hex[:6]}@example.org",
        name=f"{name} Example",
        role="provider",
        provider_id=provider_id,
        provider_role=role,
    )
    session.add(user)
    await session.flush()
    return actor_for(user)


def actor_for(user: User) -> Actor:
    return Actor(
        kind="provider",
        id=user.id,
        name=user.name,
        provider_id=user.provider_id,
        provider_role=user.provider_role,
    )


async def provider_of(session: AsyncSession, intake: Intake) -> uuid.UUID:
    return (await session.get_one(Service, intake.service_id)).provider_id


async def families_at_each_step(sessions: Sessions) -> Standing:
    """`agreed` (not approved yet), `asked`, `offered`, `accepted` and `helped`, by real deeds."""
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session)
        plan = await add_plan(session, commissioner)
        intake = await add_intake(session, places=9)
        provider_id = await provider_of(session, intake)
        tom = await add_person(session, provider_id)
        matches, families = {}, {}
        for step in ("agreed", "asked", "offered", "accepted", "helped"):
            family = await add_family(session, commissioner)
            match = await add_match(
                session,
                plan,
                family,
                intake,
                state=MatchState.AGREED,
                approved=step != "agreed",
            )
            matches[step], families[step] = match.id, family.id
        await release_families(session, list(families.values()), actor=SYSTEM)
    for step in ("offered", "accepted", "helped"):
        async with transaction(sessions, EXCHANGE) as session:
            await claims.claim_match(session, matches[step], actor=tom)
    for step in ("accepted", "helped"):
        async with transaction(sessions, EXCHANGE) as session:
            opened = await open_offer(session, matches[step])
            said = await answers_yes(session, opened)
            assert said == "yes"
    async with transaction(sessions, EXCHANGE) as session:
        await claims.start_help(session, matches["helped"], actor=tom, diet_confirmed=True)
    return Standing(tom, council_actor(commissioner), provider_id, intake.id, matches)


async def open_offer(session: AsyncSession, match_id: uuid.UUID) -> Offer:
    offer = (await session.scalars(select(Offer).where(Offer.match_id == match_id))).one()
    keys = session.info["settings"].secret_keys
    token = derive_token(keys, "offer", offer.id, made_with=offer.key_id)
    return await opening.open_offer(session, token)


async def answers_yes(session: AsyncSession, offer: Offer) -> str:
    return await answers.answer_offer(session, offer, answer="yes", contact_way="email")


async def states_of(sessions: Sessions, standing: Standing) -> dict[str, str]:
    async with transaction(sessions, EXCHANGE) as session:
        found = await session.execute(
            select(Match.id, Match.state).where(Match.id.in_(standing.matches.values()))
        )
        states = {row.id: row.state for row in found}
    return {step: states[match_id] for step, match_id in standing.matches.items()}


async def add_postcode(session: AsyncSession, code: str = "IP1 2DE") -> None:
    outward = code.partition(" ")[0]
    row = Postcode(code=code, outward=outward, easting=615599, northing=244130, district="E07")
    session.add(row)
    await session.flush()
