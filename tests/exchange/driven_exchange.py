"""The exchange driven by its own verbs alone, each person with their own sight of the rows."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from families_at_hand import LAW, TODAY, add_intake
from needs_at_hand import add_postcode, row
from provider_people import add_person, provider_of
from sqlalchemy import select
from staff_at_hand import choice_of

from directory.models import Intake, Service
from marketplace.access import SYSTEM, Actor
from marketplace.db.acting import EXCHANGE, PUBLIC
from marketplace.db.families import Family, Need
from marketplace.db.offers import Offer
from marketplace.db.people import Commissioner, User
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.services.matches import claims
from marketplace.services.matches.releases import release_next
from marketplace.services.needs import contacts, legal_basis, needs, stops
from marketplace.services.offers import answers, opening, second_thoughts
from marketplace.services.plans import drafts, plans
from marketplace.services.review import looks, reviews
from marketplace.spreadsheets.contacts import ContactRow
from marketplace.tokens import derive_token

AT_ONCE = 4
Verb = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Case:
    """One family with one need, and what was last proposed for it."""

    ref: str
    family_id: uuid.UUID
    need_id: uuid.UUID
    plan_id: uuid.UUID
    match_id: uuid.UUID


@dataclass
class Drive:
    """One council with its people, and Tom's charity with some supports."""

    sessions: Sessions
    council_id: uuid.UUID
    amina: Actor
    priya: Actor
    tom: Actor
    intakes: list[Intake] = field(default_factory=list)

    async def do(self, verb: Verb, *given: Any, actor: Actor, **named: Any) -> Any:
        """One deed of one person, seeing only that person's rows."""
        async with transaction(self.sessions, actor.acting(deed=True)) as session:
            return await verb(session, *given, actor=actor, **named)

    async def work(self, step: Verb, *given: Any) -> Any:
        """One step of the worker."""
        async with transaction(self.sessions, EXCHANGE) as session:
            return await step(session, *given)

    async def by_family(self, family_id: uuid.UUID, verb: Verb, **named: Any) -> Any:
        """What a family does behind its newest link."""
        token = await self.work(_token_of, family_id)
        async with transaction(self.sessions, PUBLIC) as session:
            offer = await opening.open_offer(session, token)
            return await verb(session, offer, **named)

    async def by_telephone(self, offer_id: uuid.UUID, verb: Verb, **named: Any) -> Any:
        """What staff enter for a family, or take back."""
        async with transaction(self.sessions, self.priya.acting(deed=True)) as session:
            offer = await opening.get_offer(session, offer_id, actor=self.priya)
            return await verb(session, offer, actor=self.priya, **named)

    async def answer(self, family_id: uuid.UUID, answer: str, **named: Any) -> str:
        verb = answers.answer_offer
        return await self.by_family(family_id, verb, answer=answer, contact_way="email", **named)

    async def publish(self, *refs: str, **given: Any) -> dict[str, uuid.UUID]:
        """Pseudonym → its need."""
        # With a child, or there is no question to ask and a person would ring everybody.
        told = {"need": "sleep", "child_born": (dt.date(2019, 5, 1),), **given}
        rows = [row(family_ref=ref, **told) for ref in refs]
        await self.do(needs.publish_needs, rows, actor=self.amina)
        return await self.work(_needs_of, self.council_id, refs)

    async def draft(self, wanted: Mapping[uuid.UUID, Sequence[Intake]]) -> uuid.UUID:
        """A plan as the worker would bring it: need → the first support and its other choices."""
        plan = await self.do(plans.request_plan, actor=self.amina)
        await self.store(plan.id, wanted)
        return plan.id

    async def store(self, plan_id: uuid.UUID, wanted: Mapping[uuid.UUID, Sequence[Intake]]) -> None:
        await self.work(plans.begin_solving, plan_id)
        async with transaction(self.sessions, EXCHANGE) as session:
            found = await session.scalars(select(Need).where(Need.id.in_(wanted)))
            rows = [_proposal(need, wanted[need.id]) for need in found]
            await drafts.store_draft(session, plan_id, result={}, matches=rows, unmet=[])

    async def decide(self, match_id: uuid.UUID, verdict: str = "agree", **given: Any) -> None:
        """By the list of a plan, which is also how an agreed family is set aside after all."""
        decision = reviews.Decision(verdict=verdict, **given)
        plan_id = (await self.get(Match, match_id)).plan_id
        await self.do(reviews.decide_match, match_id, decision, actor=self.priya)
        await self.do(reviews.finish_review, plan_id, actor=self.priya)

    async def look(self, case: Case, verdict: str = "agree", **given: Any) -> None:
        """By the queue of families."""
        chosen = {case.match_id: reviews.Decision(verdict=verdict, **given)}
        visiting = "no_known_concern"
        verb = looks.decide_family
        await self.do(verb, case.family_id, chosen, visiting=visiting, actor=self.priya)

    async def approve(self, plan_id: uuid.UUID) -> None:
        await self.do(plans.approve_plan, plan_id, actor=self.amina)

    async def bring_contact(self, ref: str, **given: Any) -> None:
        values: dict[str, Any] = {
            "family_ref": ref,
            "name": f"Kelly {ref}",
            "safe_to_contact": "yes",
            "safe_channels": ("email", "phone"),
            "safe_checked_on": TODAY,
            "email": f"{ref}@example.org",
            "phone": "+447700900123",
            "address": None,
            "postcode": None,
        }
        rows = [ContactRow(**values | given)]
        await self.do(contacts.store_contacts, rows, actor=self.amina)

    async def release(self) -> None:
        """What the jobs do that were enqueued for every family."""
        async with transaction(self.sessions, EXCHANGE) as session:
            families = (await session.scalars(select(Family.id))).all()
            await release_next(session, families, actor=SYSTEM)

    async def get(self, table: Any, key: uuid.UUID) -> Any:
        async with transaction(self.sessions, EXCHANGE) as session:
            return await session.get_one(table, key)

    async def offer_of(self, family_id: uuid.UUID) -> Offer:
        return await self.work(_newest_offer, family_id)

    async def add_support(self, *, places: int | None = 9, standing_yes: bool = False) -> Intake:
        """One more of Tom's, who answers for all."""
        async with transaction(self.sessions, EXCHANGE) as session:
            intake = await add_intake(session, places=places, standing_yes=standing_yes)
            service = await session.get_one(Service, intake.service_id)
            service.provider_id, service.ref = self.tom.provider_id, intake.id.hex
            service.needs = ["sleep"]
        self.intakes.append(intake)
        return intake

    # A case brought so far along the main line, each step by the verb that makes it.

    async def proposed(self, *supports: Intake) -> Case:
        ref = uuid.uuid4().hex[:8].upper()
        need_id = (await self.publish(ref))[ref]
        plan_id = await self.draft({need_id: supports or self.intakes[:1]})
        match = await self.work(_live_match, need_id)
        return Case(ref, match.family_id, need_id, plan_id, match.id)

    async def agreed(self, *supports: Intake) -> Case:
        case = await self.proposed(*supports)
        await self.look(case)
        return case

    async def asked(self, *supports: Intake) -> Case:
        """Approved and let go; its contact is there. A standing yes has offered it already."""
        case = await self.agreed(*supports)
        await self.approve(case.plan_id)
        await self.bring_contact(case.ref)
        return case

    async def offered(self, *supports: Intake) -> Case:
        case = await self.asked(*supports)
        await self.do(claims.claim_match, case.match_id, actor=self.tom)
        return case

    async def accepted(self) -> Case:
        case = await self.offered()
        assert await self.answer(case.family_id, "yes") == "yes"
        return case

    async def helped(self) -> Case:
        case = await self.accepted()
        await self.do(claims.start_help, case.match_id, actor=self.tom)
        return case

    async def told_by_telephone(self, answer: str) -> tuple[Case, uuid.UUID]:
        case = await self.offered()
        offer = await self.offer_of(case.family_id)
        verb = answers.answer_offer
        await self.by_telephone(offer.id, verb, answer=answer, contact_way="phone")
        return case, offer.id

    async def take_back(self, offer_id: uuid.UUID) -> None:
        await self.by_telephone(offer_id, second_thoughts.take_back)


async def open_drive(sessions: Sessions) -> Drive:
    async with transaction(sessions, EXCHANGE) as session:
        await add_postcode(session)
        council = Commissioner(
            name="Invented Council",
            hub_name="Invented Hub",
            hub_person="Priya Example",
            hub_phone="01632 960 000",
            hub_hours="9 to 5",
            website="example.org/hub",
            # Every wave is let go at once: the limit of a day has tests of its own.
            policy={"waves": {"first": 9_999, "daily": 9_999}},
        )
        session.add(council)
        await session.flush()
        people = {}
        for name, role in (("Amina", "commissioner"), ("Priya", "practitioner")):
            email = f"{name.lower()}@example.org"
            user = User(email=email, name=name, role=role, commissioner_id=council.id)
            session.add(user)
            await session.flush()
            people[role] = Actor(kind=role, id=user.id, name=name, commissioner_id=council.id)
        amina = people["commissioner"]
        await legal_basis.write_law(session, LAW, actor=amina)
        await stops.store_stops(session, [], actor=amina)
        intake = await add_intake(session, places=99)
        tom = await add_person(session, await provider_of(session, intake))
        service = await session.get_one(Service, intake.service_id)
        service.needs = ["sleep"]
    return Drive(sessions, council.id, amina, people["practitioner"], tom, [intake])


def _proposal(need: Need, supports: Sequence[Intake]) -> dict[str, Any]:
    first, *others = supports
    return {
        "need_id": need.id,
        "family_id": need.family_id,
        "intake_id": first.id,
        "places": need.places,
        "price_pence": 0,
        "cost_pence": 100,
        "stake_pence": 10_000,
        "effect": 0.2,
        "travel_metres": 500,
        "reason": {"code": "cheapest"},
        "choices": {"next_best": [choice_of(one) for one in others]},
        "fund_id": None,
    }


async def _token_of(session: Any, family_id: uuid.UUID) -> str:
    offer = await _newest_offer(session, family_id)
    keys = session.info["settings"].secret_keys
    return derive_token(keys, "offer", offer.id, made_with=offer.key_id)


async def _newest_offer(session: Any, family_id: uuid.UUID) -> Offer:
    found = select(Offer).where(Offer.family_id == family_id).order_by(Offer.created_at.desc())
    return (await session.scalars(found.limit(1))).one()


async def _live_match(session: Any, need_id: uuid.UUID) -> Match:
    found = select(Match).where(Match.need_id == need_id).order_by(Match.waits_since.desc())
    return (await session.scalars(found.limit(1))).one()


async def _needs_of(
    session: Any, council_id: uuid.UUID, refs: Sequence[str]
) -> dict[str, uuid.UUID]:
    found = await session.execute(
        select(Family.ref, Need.id)
        .join(Need, Need.family_id == Family.id)
        .where(Family.commissioner_id == council_id, Family.ref.in_(refs))
    )
    return {row.ref: row.id for row in found}


async def at_once(deeds: Iterable[Coroutine[Any, Any, None]]) -> None:
    """A few at a time, as in a real county: none waits for the others."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(deed: Coroutine[Any, Any, None]) -> None:
        async with gate:
            await deed

    await asyncio.gather(*(one(deed) for deed in deeds))
