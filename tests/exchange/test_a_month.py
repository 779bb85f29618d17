"""A month of a county, by real verbs and the worker's steps: nobody is stuck, nothing lost."""

import os
import random
import uuid
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from county_at_hand import BUDGET_PENCE, add_county, contact_row, refs_of
from driven_exchange import Drive, at_once, open_drive
from exchange_promises import broken_promises
from moving_clock import pass_days
from recording_sender import Recording, deliver
from sqlalchemy import func, select, text

from marketplace.access import Actor, readable_matches
from marketplace.db.acting import EXCHANGE
from marketplace.db.history import Event
from marketplace.db.offers import Message, Offer
from marketplace.db.plans import Match, Plan
from marketplace.db.session import Sessions, transaction
from marketplace.errors import MarketplaceError
from marketplace.services.figures import statements
from marketplace.services.figures.figures import recount_places
from marketplace.services.figures.months import Month
from marketplace.services.matches import claims, outcomes
from marketplace.services.needs import contacts, stops
from marketplace.services.offers import answers, second_thoughts
from marketplace.services.plans import funds, plans
from marketplace.services.sending import receipts
from marketplace.settings import Settings
from marketplace.spreadsheets.stops import StopRow
from marketplace.states import MatchState as S
from marketplace.states import PlanState
from marketplace.worker import schedules
from marketplace.worker.runs import solve_plan

# LONG=1: the whole county of 3,000.
FAMILIES = 3_000 if os.environ.get("LONG") else int(os.environ.get("FAMILIES", "40"))
DAYS = 30
SAYS = ("yes", "no", "not_now", "not_me", "stop", "call", "")
ODDS = (34, 12, 6, 2, 3, 6, 37)

STUCK = text(
    "SELECT match.state, count(*) FROM match LEFT JOIN offer ON offer.match_id = match.id"
    " WHERE (match.state = 'awaiting_provider' AND waits_since < now() - interval '17 days')"
    " OR (match.state = 'awaiting_family' AND waits_since < now() - interval '9 days'"
    " AND (offer.id IS NULL OR offer.expires_at < now() - interval '1 day')) GROUP BY 1"
)
REMINDED_TWICE = text(
    "SELECT subject_id FROM message WHERE event = 'offer_reminder' AND delivery IS NULL"
    " AND state = 'sent' GROUP BY 1 HAVING count(*) > 1"
)


class County:
    """Everybody of one council, each with habits drawn by the dice."""

    def __init__(self, drive: Drive, owner_url: str) -> None:
        self.drive, self.owner_url = drive, owner_url
        self.dice = random.Random(20_26)  # noqa: S311 - a fixed month, no secret
        self.sender = Recording(drive.sessions)
        self.toms: list[Actor] = []
        self.told = Counter[str]()

    async def live(self, solver: ThreadPoolExecutor) -> None:
        self.toms = await add_county(self.drive, families=FAMILIES, dice=self.dice)
        self.refs = await refs_of(self.drive)
        for day in range(DAYS):
            if day % 7 == 0:
                await self.tolerate(self.drive.do(plans.request_plan, actor=self.drive.amina))
            await self.morning(solver)
            await self.answer_families()
            await self.answer_providers()
            await self.worker(schedules.EACH_MINUTE)
            await pass_days(self.owner_url)
        # The morning after, on which the clock ends what ran out overnight.
        await self.worker(schedules.EACH_MINUTE)

    async def morning(self, solver: ThreadPoolExecutor) -> None:
        """A stop list each day; the worker's steps; what was planned is looked at and approved."""
        listed = [self.dice.choice(sorted(self.refs.values()))] if self.dice.random() < 0.3 else []
        rows = [StopRow(family_ref=ref, reason="moved") for ref in listed]
        await self.drive.do(stops.store_stops, rows, actor=self.drive.amina)
        await self.worker(schedules.EACH_HOUR + schedules.EACH_MORNING)
        for plan_id in await self.ids(select(Plan.id).where(Plan.state == PlanState.QUEUED)):
            await solve_plan(self.drive.sessions, solver, plan_id)
            await self.look_at(plan_id)
        await self.drive.release()
        await deliver(self.drive.sessions, self.sender)
        await self.bounce_some()

    async def worker(self, steps: Sequence[Any]) -> None:
        await schedules.take_steps(self.drive.sessions, tuple(steps))

    async def look_at(self, plan_id: uuid.UUID) -> None:
        proposed = select(Match).where(Match.plan_id == plan_id, Match.state == S.PROPOSED)
        found = await self.rows(proposed.order_by(Match.id))
        await at_once(self.decide(match) for match in found)
        await self.tolerate(self.drive.approve(plan_id))
        await self.bring_contacts()

    async def decide(self, match: Match) -> None:
        is_aside = self.dice.random() < 0.05
        given = {"code": "not_right_support"} if is_aside else {}
        how = "set_aside" if is_aside else "agree"
        await self.tolerate(self.drive.decide(match.id, how, **given))

    async def bring_contacts(self) -> None:
        missing, amina = contacts.families_without_contact, self.drive.amina
        wanted = await self.drive.do(missing, actor=amina)
        rows = [contact_row(ref, self.dice) for ref in wanted if self.dice.random() < 0.97]
        await self.drive.do(contacts.store_contacts, rows, actor=amina)

    async def bounce_some(self) -> None:
        fresh = select(Message).where(
            Message.event == "offer", Message.state == "sent", Message.delivery.is_(None)
        )
        found = await self.rows(fresh.order_by(Message.id))
        await at_once(self.receive(message) for message in found)

    async def receive(self, message: Message) -> None:
        told = "bounced" if self.dice.random() < 0.05 else "delivered"
        async with transaction(self.drive.sessions, EXCHANGE) as session:
            await receipts.take_receipt(
                session, carrier_reference="", reference=str(message.id), delivery=told
            )

    async def answer_families(self) -> None:
        """Each day some of those asked make up their minds; who is rung answers by telephone."""
        open_ones = select(Offer).where(Offer.answer.is_(None), Offer.expires_at > func.now())
        offers = await self.rows(open_ones.order_by(Offer.id))
        await at_once(self.answer(offer) for offer in offers)
        accepted = select(Match).where(Match.state == S.ACCEPTED)
        for match in await self.rows(accepted.order_by(Match.id)):
            if self.dice.random() < 0.02:
                verb = second_thoughts.change_mind
                await self.tolerate(self.drive.by_family(match.family_id, verb))

    async def answer(self, offer: Offer) -> None:
        says = self.dice.choices(SAYS, ODDS)[0] if self.dice.random() < 0.35 else ""
        if says:
            await self.say(offer, says)

    async def say(self, offer: Offer, says: str) -> None:
        drive, way = self.drive, {"contact_way": "phone"}
        if offer.channel is None:
            if says != "call":
                verb = answers.answer_offer
                await self.tolerate(drive.by_telephone(offer.id, verb, answer=says, **way))
        elif says == "call":
            await self.tolerate(drive.by_family(offer.family_id, answers.ask_for_call))
        else:
            await self.tolerate(drive.answer(offer.family_id, says))
        self.told[says] += 1

    async def answer_providers(self) -> None:
        for tom in self.toms:
            async with transaction(self.drive.sessions, tom.acting(deed=False)) as session:
                own = (await session.scalars(readable_matches(tom).order_by(Match.id))).all()
            await at_once(self.tolerate(self.tap(match, tom)) for match in own)

    async def tap(self, match: Match, tom: Actor) -> None:
        """Answers come within days, help starts within a week; some forget, some hand back."""
        chance, do = self.dice.random(), self.drive.do
        if match.state == S.AWAITING_PROVIDER and chance < 0.3:
            if chance < 0.25:
                await do(claims.claim_match, match.id, actor=tom)
            else:
                await do(claims.decline_match, match.id, code="too_far", actor=tom)
        elif match.state == S.ACCEPTED and chance < 0.3:
            if chance < 0.25:
                await do(claims.start_help, match.id, actor=tom)
            elif chance < 0.27:
                await do(outcomes.end_before_start, match.id, actor=tom)
            else:
                await do(outcomes.hand_back, match.id, actor=tom)
        elif match.state == S.UNDER_WAY and chance < 0.06:
            how = "finished" if chance < 0.05 else "still_needed"
            await do(outcomes.end_help, match.id, how=how, helped="yes", actor=tom)

    async def tolerate(self, deed: Any) -> None:
        """Somebody was quicker, as on any day."""
        try:
            await deed
        except MarketplaceError as error:
            self.told[type(error).__name__] += 1

    async def rows(self, wanted: Any) -> Sequence[Any]:
        async with transaction(self.drive.sessions, EXCHANGE) as session:
            return (await session.scalars(wanted)).all()

    ids = rows


async def test_a_month_of_a_county(sessions: Sessions, settings: Settings) -> None:
    drive = await open_drive(sessions)
    county = County(drive, settings.migration_database_url)
    with ThreadPoolExecutor(1) as solver:
        await county.live(solver)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.execute(STUCK)).all() == []
        assert await recount_places(session) == []
        assert await broken_promises(session) == []
        assert (await session.execute(REMINDED_TWICE)).all() == []
    assert county.sender.faults == []
    await check_money(drive)
    await tell(county)


async def check_money(drive: Drive) -> None:
    """What is spent and promised is what the matches cost, and what is owed is what began."""
    async with transaction(drive.sessions, EXCHANGE) as session:
        (line,) = await funds.fund_lines(session, actor=drive.amina)
        of_matches = select(func.coalesce(func.sum(Match.price_pence), 0))
        spent = await session.scalar(of_matches.where(Match.state.in_(funds.SPENT)))
        committed = await session.scalar(of_matches.where(Match.state.in_(funds.COMMITTED)))
        assert (line.spent_pence, line.committed_pence) == (spent, committed)
        assert line.left_pence >= 0, "no more is promised than there is"
        assert BUDGET_PENCE >= spent > 0
        months = await statements.months_with_help(session, actor=drive.amina)
        owed = [await statements_of(session, month, drive) for month in months]
        begun = select(Event.subject_id).where(
            Event.source == S.ACCEPTED, Event.target == S.UNDER_WAY
        )
        assert sum(owed) == await session.scalar(of_matches.where(Match.id.in_(begun)))


async def statements_of(session: Any, month: Month, drive: Drive) -> int:
    found = await statements.list_statements(session, month=month, actor=drive.amina)
    return sum(one.total_pence for one in found)


async def tell(county: County) -> None:
    """What the month came to, for whoever runs it by hand with `-s`."""
    states = await county.drive.work(_count_states)
    assert states["completed"] + states["under_way"] > FAMILIES // 50, "help does begin"
    assert all(county.told[said] for said in ("yes", "no", "call")), "and all is tried"
    sent = Counter(one.event for one in county.sender.sent)
    print(f"{FAMILIES} families: {states}; said {county.told}; sent {sent}")  # noqa: T201 - for a person


async def _count_states(session: Any) -> Counter[str]:
    found = await session.execute(select(Match.state, func.count()).group_by(Match.state))
    return Counter({row[0]: row[1] for row in found})
