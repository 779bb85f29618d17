"""What may happen to one intake at the same moment, each as its service does it."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from families_at_hand import (
    add_commissioner,
    add_family,
    add_intake,
    add_match,
    add_plan,
    council_actor,
    provider_actor,
)
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import distinct_on

from directory.models import Intake, Service
from marketplace.access import SYSTEM, Actor
from marketplace.db.acting import EXCHANGE, PUBLIC
from marketplace.db.history import Event
from marketplace.db.offers import Offer
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.services.figures.figures import recount_places
from marketplace.services.matches import claims
from marketplace.services.matches.expiries import expire_what_waited
from marketplace.services.matches.releases import release_families
from marketplace.services.needs import withdrawals
from marketplace.services.needs.withdrawals import Choice
from marketplace.services.offers import answers, opening
from marketplace.services.offers.offers import LINK, offer_where_ready
from marketplace.services.plans import drafts
from marketplace.services.providers import places
from marketplace.settings import settings_of
from marketplace.states import MatchState, NeedState, PlanState
from marketplace.tokens import derive_token

PLACES = 3


@dataclass
class Race:
    """One intake of three places: one family has its offer, one waits for the provider, and one
    approved match would take the last place. A plan that is being solved proposes a need more.
    """

    sessions: Sessions
    intake_id: uuid.UUID
    amina: Actor
    tom: Actor
    token: str
    family: uuid.UUID
    waiting_family: uuid.UUID
    to_claim: uuid.UUID
    plan: uuid.UUID
    proposal: dict[str, Any]

    async def accept(self) -> str:
        async with transaction(self.sessions, PUBLIC) as session:
            offer = await opening.open_offer(session, self.token)
            return await answers.answer_offer(session, offer, answer="yes", contact_way="phone")

    async def withdraw(self) -> int:
        async with transaction(self.sessions, self.amina.acting(deed=True)) as session:
            return await withdrawals.withdraw_needs(
                session, Choice("family", self.family), actor=self.amina
            )

    async def claim(self) -> None:
        async with transaction(self.sessions, self.tom.acting(deed=True)) as session:
            await claims.claim_match(session, self.to_claim, actor=self.tom)

    async def cut(self) -> None:
        async with transaction(self.sessions, self.tom.acting(deed=True)) as session:
            await places.change_places(session, self.intake_id, change="minus", actor=self.tom)

    async def expire(self) -> int:
        async with transaction(self.sessions, EXCHANGE) as session:
            return await expire_what_waited(session)

    async def replan(self) -> None:
        """A new plan's draft is stored, and what is approved takes its place."""
        async with transaction(self.sessions, EXCHANGE) as session:
            await release_families(session, [self.waiting_family], actor=SYSTEM)
            await drafts.store_draft(
                session, self.plan, result={}, matches=[self.proposal], unmet=[]
            )

    async def let_time_pass(self) -> None:
        """The offer runs out at this moment: for whoever began before, it stands."""
        async with transaction(self.sessions, EXCHANGE) as session:
            await session.execute(text("UPDATE offer SET expires_at = now() WHERE answer IS NULL"))

    async def faults(self) -> list[str]:
        """What must never be, whoever was quicker."""
        found = []
        async with transaction(self.sessions, EXCHANGE) as session:
            if await recount_places(session):
                found.append("held and used are not what the matches say")
            intake = await session.get_one(Intake, self.intake_id)
            if intake.held + intake.used > intake.places:
                found.append(f"{intake.held} + {intake.used} of {intake.places} places")
            rows = await session.execute(
                select(Match.state, Event.target)
                .join(Event, (Event.subject_id == Match.id) & (Event.subject_kind == "match"))
                .where(Match.intake_id == self.intake_id, Event.target.in_(list(MatchState)))
                .order_by(Match.id, Event.id.desc())
                .ext(distinct_on(Match.id))
            )
            found += [
                f"{row.state}, and the history ends in {row.target}"
                for row in rows
                if row.state != row.target
            ]
            found += await self._broken_answers(session)
        return found

    async def _broken_answers(self, session: Any) -> list[str]:
        offer = (await session.scalars(select(Offer).where(Offer.family_id == self.family))).one()
        match = await session.get_one(Match, offer.match_id)
        is_kept = match.state in (MatchState.ACCEPTED, MatchState.WITHDRAWN)
        if offer.answer == "yes" and not is_kept:
            return [f"the family said yes, and its match is {match.state}"]
        if offer.answer is None and match.state == MatchState.ACCEPTED:
            return ["accepted, and nobody said yes"]
        return []


OPERATIONS: dict[str, Callable[[Race], Awaitable[Any]]] = {
    "accept": Race.accept,
    "withdraw": Race.withdraw,
    "claim": Race.claim,
    "cut": Race.cut,
    "expire": Race.expire,
    "replan": Race.replan,
}


async def make_race(sessions: Sessions) -> Race:
    async with transaction(sessions, EXCHANGE) as session:
        # What earlier schedules left would be expired and recounted in each that follows.
        await session.execute(text("DELETE FROM jobs.pgqueuer"))
        council = await add_commissioner(session, uuid.uuid4().hex)
        amina = council_actor(council)
        plan = await add_plan(session, council)
        solving = await add_plan(session, council, number=2, state=PlanState.SOLVING)
        intake = await add_intake(session, places=PLACES)
        service = await session.get_one(Service, intake.service_id)
        offered, claimed, waiting = [await add_family(session, council) for _ in range(3)]
        given = {"plan": plan, "intake": intake, "approved": True}
        first = await _add(session, family=offered, state=MatchState.AWAITING_FAMILY, **given)
        to_claim = await _add(session, family=claimed, state=MatchState.AWAITING_PROVIDER, **given)
        await _add(session, family=waiting, state=MatchState.AGREED, **given)
        spare = await add_match(session, plan, offered, intake, code="parenting")
        proposal = await _proposal_of(session, spare)
        intake.held = 2
        await session.flush()
        await offer_where_ready(session, [offered.id])
        offer = (await session.scalars(select(Offer).where(Offer.match_id == first.id))).one()
        keys = settings_of(session).secret_keys
        return Race(
            sessions=sessions,
            intake_id=intake.id,
            amina=amina,
            tom=provider_actor(service.provider_id),
            token=derive_token(keys, LINK, offer.id, made_with=offer.key_id),
            family=offered.id,
            waiting_family=waiting.id,
            to_claim=to_claim.id,
            plan=solving.id,
            proposal=proposal,
        )


async def _add(session: Any, *, family: Any, plan: Any, intake: Any, **given: Any) -> Match:
    return await add_match(session, plan, family, intake, **given)


async def _proposal_of(session: Any, spare: Match) -> dict[str, Any]:
    """A need that waits for a plan, and the match that a plan would propose for it."""
    kept = {
        column.name: getattr(spare, column.name)
        for column in Match.__table__.columns
        if column.name not in ("id", "plan_id", "state", "waits_since", "approved_at")
    }
    await session.execute(
        text("UPDATE need SET state = :state WHERE id = :id"),
        {"state": NeedState.PUBLISHED, "id": spare.need_id},
    )
    await session.delete(spare)
    await session.flush()
    return {name: value for name, value in kept.items() if value is not None}
