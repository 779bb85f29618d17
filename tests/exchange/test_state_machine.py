"""Any order of anybody's deeds: after each of them the promises of the exchange still hold."""

import asyncio
import datetime as dt
import os
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager
from typing import Any

import exchange_promises
import pytest
from driven_exchange import Drive, open_drive
from exchange_promises import Picture
from families_at_hand import TODAY
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from recording_sender import Recording, deliver
from sqlalchemy import func, select, update

from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Family
from marketplace.db.offers import Offer
from marketplace.db.outcomes import Concern
from marketplace.db.plans import Match, Plan
from marketplace.db.session import make_engine, make_sessions, transaction
from marketplace.errors import MarketplaceError
from marketplace.services.matches import claims, outcomes, waiting
from marketplace.services.matches.expiries import expire_what_waited
from marketplace.services.matches.waiting import offer_free_places
from marketplace.services.matches.waves import release_waves
from marketplace.services.needs import contacts, stops, withdrawals
from marketplace.services.offers import answers, second_thoughts
from marketplace.services.offers.reminders import remind_families
from marketplace.services.plans import plans
from marketplace.services.plans.follow_ups import request_follow_ups
from marketplace.services.providers import agreements, places, providers
from marketplace.services.review import concerns, looks
from marketplace.settings import Settings
from marketplace.spreadsheets.stops import StopRow
from marketplace.states import MatchState as S
from marketplace.states import PlanState
from marketplace.worker.rows import read_rows

# A longer look, by hand or at night: EXCHANGE_EXAMPLES=500.
EXAMPLES = int(os.environ.get("EXCHANGE_EXAMPLES", "5"))
STEPS = 30
REFS = ("ASTER", "BIRCH", "CLOVER")
FAMILY = st.sampled_from(range(len(REFS)))
SUPPORT = st.sampled_from(range(3))
NUMBER = st.integers(0, 51)
FOR_TOM = {S.AWAITING_PROVIDER}
FOR_FAMILY = {S.AWAITING_FAMILY}
PROMISED = {S.ACCEPTED, S.UNDER_WAY}
SEEN = FOR_TOM | FOR_FAMILY | PROMISED
# What Tom taps, what Priya decides, what a family does: each with where it may be done.
TAPS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "claim": (claims.claim_match, {}),
    "decline": (claims.decline_match, {"code": "too_far"}),
    "say_full": (claims.decline_match, {"code": "full"}),
    "start": (claims.start_help, {}),
    "attend": (outcomes.note_attended, {"change": 1}),
    "finish": (outcomes.end_help, {"how": "finished", "helped": "yes"}),
    "end_early": (outcomes.end_help, {"how": "still_needed", "helped": "no"}),
    "not_started": (outcomes.end_before_start, {}),
    "hand_back": (outcomes.hand_back, {}),
    "worry": (concerns.raise_concern, {"ring_back": "+441632960771"}),
}
LOOKS: dict[str, dict[str, Any]] = {
    "agree": {"verdict": "agree"},
    "set_aside": {"verdict": "set_aside", "code": "not_right_support"},
}
BY_LINK = {"change_mind": second_thoughts.change_mind, "call_me": answers.ask_for_call}
FITS: dict[str, set[S]] = {
    "claim": FOR_TOM,
    "decline": FOR_TOM | FOR_FAMILY,
    "say_full": FOR_TOM | FOR_FAMILY,
    "start": {S.ACCEPTED},
    "attend": {S.UNDER_WAY},
    "finish": {S.UNDER_WAY},
    "end_early": {S.UNDER_WAY},
    "not_started": {S.ACCEPTED},
    "hand_back": PROMISED,
    "worry": SEEN | {S.ON_HOLD},
    "agree": {S.PROPOSED, S.AGREED},
    "set_aside": {S.PROPOSED, S.AGREED, S.SET_ASIDE},
    "undo": {S.AGREED, S.SET_ASIDE},
    **dict.fromkeys(("yes", "no", "not_now", "not_me", "stop", "choose", "wait"), FOR_FAMILY),
    **dict.fromkeys(("tell_yes", "tell_no", "tell_stop"), FOR_FAMILY),
    "change_mind": {S.ACCEPTED},
    "take_back": {S.ACCEPTED, S.FAMILY_DECLINED},
    "call_me": SEEN,
}
NAME = st.sampled_from(sorted(FITS))
KIND = st.sampled_from(
    ["go on"] * 6 + ["try anything"] * 2 + ["disturb", "plan", "let the clock run"]
)


class Exchange(RuleBasedStateMachine):
    """Three families, one charity, three supports: few enough that everything meets."""

    clone: Callable[[], AbstractContextManager[Any]]
    settings: Settings

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.copy = self.clone()
        database = self.copy.__enter__()
        self.engine = make_engine(database.application_url)
        self.drive: Drive = self.run(open_drive(make_sessions(self.engine, self.settings)))
        self.sender = Recording(self.drive.sessions)
        self.before: Picture | None = None

    def teardown(self) -> None:
        self.run(self.engine.dispose())
        self.runner.close()
        self.copy.__exit__(None, None, None)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def act(self, work: Coroutine[Any, Any, Any], *, fits: bool = True) -> None:
        """Do it; refused, it has changed nothing. `fits`: a match stands where this may be done."""
        self.look()
        try:
            self.run(work)
        except MarketplaceError:
            assert self.run(exchange_promises.picture(self.drive)) == self.before
        else:
            if not fits:
                self.is_unchanged()

    def is_unchanged(self) -> None:
        """Whoever says again what was said is told the same; and nothing has come of it."""
        assert self.before
        now = self.run(exchange_promises.picture(self.drive))
        assert now.rows == self.before.rows, "done from a state in which nobody may do it"

    @initialize()
    def begin(self) -> None:
        needs = self.run(self.drive.publish(*REFS))
        families = dict(self.run(self._families(needs)))
        self.families = [families[ref] for ref in REFS]
        for number, standing in ((1, False), (2, True)):
            self.run(self.drive.add_support(places=number, standing_yes=standing))
        self.plan(0, is_follow_up=False)

    async def _families(self, _needs: Any) -> Any:
        async with transaction(self.drive.sessions, EXCHANGE) as session:
            return [tuple(row) for row in await session.execute(select(Family.ref, Family.id))]

    # One rule for all: Hypothesis leaves out whole rules to see what the others do, and without
    # those that carry a family forward nothing happens at all.
    @rule(kind=KIND, family=FAMILY, support=SUPPORT, name=NAME, number=NUMBER)
    def step(self, kind: str, family: int, support: int, name: str, number: int) -> None:
        if kind == "go on":
            self.go_on(family, number)
            self.act(self.drive.release())
        elif kind == "try anything":
            self.try_anything(family, name, number)
        elif kind == "disturb":
            self.disturb(family, support, number)
        elif kind == "plan":
            self.plan(support, is_follow_up=number % 3 == 0)
        else:
            self.let_the_clock_run(number)

    def plan(self, first: int, *, is_follow_up: bool) -> None:
        """The council plans what is open, looks at it all and approves it."""
        self.act(self._plan(first, is_follow_up=is_follow_up))
        proposed = select(Match).where(Match.state == S.PROPOSED).order_by(Match.stake_pence)
        for match in self.all_of(proposed):
            self.act(self.drive.decide(match.id))
        for plan in self.all_of(select(Plan).where(Plan.state == PlanState.REVIEWED)):
            self.act(self.drive.approve(plan.id))
        for ref in REFS:
            self.act(self._bring_contact(ref, "yes"))

    def go_on(self, family: int, number: int) -> None:
        """One of the deeds that fit where the family stands."""
        match = self.newest(family)
        fitting = [name for name, fits in FITS.items() if match and match.state in fits]
        if fitting:
            self.deed(fitting[number % len(fitting)], family, match, number)

    def try_anything(self, family: int, name: str, number: int) -> None:
        """Any deed, wherever the family stands."""
        if match := self.newest(family):
            self.deed(name, family, match, number)

    def disturb(self, family: int, support: int, number: int) -> None:
        """What comes from outside: the council, the charity as a whole, the lists."""
        drive, intake = self.drive, self.drive.intakes[support].id
        choice = withdrawals.Choice("family", self.families[family])
        provider, listed = drive.tom.provider_id, [StopRow(family_ref=REFS[family], reason="moved")]
        pause, resume = providers.pause_provider, providers.resume_provider
        change = places.CHANGES[number % len(places.CHANGES)]
        works = [
            drive.do(pause, provider, reason="Harm", actor=drive.amina),
            drive.do(resume, provider, actor=drive.amina),
            drive.do(agreements.withdraw_agreement, actor=drive.tom),
            drive.do(agreements.accept_agreement, actor=drive.tom),
            drive.do(withdrawals.withdraw_needs, choice, actor=drive.amina),
            drive.do(withdrawals.publish_again, choice, actor=drive.amina),
            drive.do(places.change_places, intake, change=change, actor=drive.tom),
            drive.do(stops.store_stops, listed, actor=drive.amina),
            self._lift_stops(),
            self._bring_contact(REFS[family], "no"),
            self._bring_contact(REFS[family], "yes"),
            self._close_concerns(concerns.ENDS[number % 2]),
            self._claim_all(intake),
        ]
        for place, work in enumerate(works):
            if place == number % len(works):
                self.act(work)
            else:
                work.close()

    def let_the_clock_run(self, number: int) -> None:
        """The worker's steps, its jobs, its messages; now and then after a month of silence."""
        if number % 4 == 0:
            self.run(self._age())
        self.act(self._work())

    def deed(self, name: str, family: int, match: Match, number: int) -> None:
        drive, fits = self.drive, match.state in FITS[name]
        if name in TAPS:
            verb, given = TAPS[name]
            self.act(drive.do(verb, match.id, actor=drive.tom, **given), fits=fits)
        elif name in LOOKS:
            self.act(drive.decide(match.id, **LOOKS[name]), fits=fits)
        elif name == "undo":
            self.act(drive.do(looks.undo_look, self.families[family], actor=drive.priya))
        elif offer := self.offer(family):
            choice = drive.intakes[number % len(drive.intakes)].id
            self.act(self._say(name, self.families[family], offer, choice))

    async def _say(self, name: str, family_id: uuid.UUID, offer: Offer, choice: uuid.UUID) -> None:
        drive, way, said = self.drive, {"contact_way": "phone"}, name.removeprefix("tell_")
        if name == "take_back":
            await drive.take_back(offer.id)
        elif name.startswith("tell_"):
            await drive.by_telephone(offer.id, answers.answer_offer, answer=said, **way)
        elif name == "choose":
            given = {"answer": "yes", "choice": choice, **way}
            await drive.by_family(family_id, answers.answer_offer, **given)
        elif name == "wait":
            await drive.by_family(family_id, waiting.wait_for_place, intake_id=choice)
        elif name in answers.ANSWERS:
            await drive.by_family(family_id, answers.answer_offer, answer=name, **way)
        else:
            await drive.by_family(family_id, BY_LINK[name])

    async def _plan(self, first: int, *, is_follow_up: bool) -> None:
        """As the engine would: what is not held back, no refused pair, nothing beyond a place."""
        drive = self.drive
        if is_follow_up:
            await drive.work(request_follow_ups)
        else:
            await drive.do(plans.request_plan, actor=drive.amina)
        async with transaction(drive.sessions, EXCHANGE) as session:
            plan = await session.scalar(select(Plan).where(Plan.state == PlanState.QUEUED))
            if plan is None:
                return
            rows = await read_rows(session, plan)
        order = [one.id for one in (*drive.intakes[first:], *drive.intakes[:first])]
        there = sorted(rows.intakes, key=lambda one: order.index(one.id))
        left = {one.id: 99 if one.places_left is None else one.places_left for one in there}
        wanted = {}
        for need in sorted(rows.needs, key=lambda one: one.family.ref):
            suits = [
                one
                for one in there
                if one.id in rows.may_help
                and one.paused_at is None
                and (need.id, one.id) not in set(rows.limits.refused)
                and left[one.id] > rows.limits.promised.get(one.id, 0)
            ]
            if suits:
                left[suits[0].id] -= 1
                wanted[need.id] = suits
        await drive.store(plan.id, wanted)

    async def _bring_contact(self, ref: str, safe: str) -> None:
        approved = await self.drive.do(contacts.approved_families, actor=self.drive.amina)
        if ref in approved:
            await self.drive.bring_contact(ref, safe_to_contact=safe)

    async def _lift_stops(self) -> None:
        entries = await self._all_of(stops.open_entries(self.drive.amina))
        for entry in entries:
            lift, why = stops.lift_entry, "It was an error"
            await self.drive.do(lift, entry.id, reason=why, actor=self.drive.amina)

    async def _close_concerns(self, ended_as: str) -> None:
        for concern in await self._all_of(select(Concern).where(Concern.closed_at.is_(None))):
            close, priya = concerns.close_concern, self.drive.priya
            await self.drive.do(close, concern.id, ended_as=ended_as, actor=priya)

    async def _claim_all(self, intake_id: uuid.UUID) -> None:
        ids = await self._all_of(select(Match.id))
        await self.drive.do(claims.claim_all, intake_id, ids, actor=self.drive.tom)

    async def _age(self) -> None:
        month = dt.timedelta(days=31)
        moved = {
            Offer: ("created_at", "expires_at", "answered_at"),
            Match: ("waits_since",),
        }
        async with transaction(self.drive.sessions, EXCHANGE) as session:
            for table, names in moved.items():
                values = {name: getattr(table, name) - month for name in names}
                await session.execute(update(table).values(values))
            parked = func.least(Family.parked_until, TODAY)
            await session.execute(update(Family).values(parked_until=parked))

    async def _work(self) -> None:
        for step in (expire_what_waited, release_waves, offer_free_places, remind_families):
            await self.drive.work(step)
        await self.drive.release()
        await deliver(self.drive.sessions, self.sender)

    # What has to hold, whatever happened.

    @invariant()
    def look(self) -> None:
        """All promises, held against the last time."""
        self.before = self.run(exchange_promises.check(self.drive, self.before))
        assert self.sender.faults == []

    # How the rules find what they are about.

    def newest(self, family: int) -> Match | None:
        mine = select(Match).where(Match.family_id == self.families[family])
        return next(iter(self.all_of(mine.order_by(Match.waits_since.desc(), Match.id))), None)

    def offer(self, family: int) -> Offer | None:
        mine = select(Offer).where(Offer.family_id == self.families[family])
        return next(iter(self.all_of(mine.order_by(Offer.created_at.desc()))), None)

    def all_of(self, wanted: Any) -> list[Any]:
        return self.run(self._all_of(wanted))

    async def _all_of(self, wanted: Any) -> list[Any]:
        async with transaction(self.drive.sessions, EXCHANGE) as session:
            return list(await session.scalars(wanted))


@pytest.fixture
def machine(clone_database: Any, settings: Settings) -> Iterator[type[Exchange]]:
    Exchange.clone, Exchange.settings = staticmethod(clone_database), settings
    return Exchange


def test_the_promises_hold_whatever_anybody_does(machine: type[Exchange]) -> None:
    run_state_machine_as_test(
        machine,
        settings=hypothesis_settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
