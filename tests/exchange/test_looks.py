"""The queue: one family for one practitioner, a decision that can be undone, and its record."""

import asyncio
import uuid
from typing import Any

import pytest
from families_at_hand import add_commissioner, add_match, add_plan
from sqlalchemy import select, text
from staff_at_hand import add_proposal, add_staff

from directory.models import Intake
from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Family, Need
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match, Plan
from marketplace.db.session import Sessions, transaction
from marketplace.errors import LookedAtError, NotFoundError, NotReadyError
from marketplace.services.review import looks, record
from marketplace.services.review.reviews import Decision
from marketplace.states import MatchState, NeedState, PlanState

AGREE = Decision(verdict="agree")


class Hub:
    """A council with two practitioners and a draft of three families."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    async def open(self, *, families: int = 3, **plan: Any) -> "Hub":
        async with transaction(self.sessions, EXCHANGE) as session:
            self.commissioner: Commissioner = await add_commissioner(session)
            self.plan: Plan = await add_plan(session, self.commissioner, **plan)
            self.priya = await add_staff(session, self.commissioner, "Priya")
            self.sam = await add_staff(session, self.commissioner, "Sam")
            # The one with most at stake first.
            self.matches: list[Match] = [
                await add_proposal(
                    session, self.commissioner, self.plan, stake_pence=10_000 - number
                )
                for number in range(families)
            ]
        self.families = [match.family_id for match in self.matches]
        return self

    async def next(self, actor: Actor) -> uuid.UUID | None:
        async with transaction(self.sessions, EXCHANGE) as session:
            return await looks.take_next(session, actor=actor)

    async def decide(
        self, number: int, decision: Decision, actor: Actor, visiting: str = ""
    ) -> None:
        match = self.matches[number]
        async with transaction(self.sessions, EXCHANGE) as session:
            await looks.decide_family(
                session, match.family_id, {match.id: decision}, visiting=visiting, actor=actor
            )

    async def undo(self, number: int) -> int:
        async with transaction(self.sessions, EXCHANGE) as session:
            return await looks.undo_look(session, self.families[number], actor=self.priya)

    async def stands(self, number: int) -> Match:
        async with transaction(self.sessions, EXCHANGE) as session:
            return await session.get_one(Match, self.matches[number].id)

    async def need(self, number: int) -> str:
        async with transaction(self.sessions, EXCHANGE) as session:
            return (await session.get_one(Need, self.matches[number].need_id)).state

    async def run(self, statement: str, **given: Any) -> None:
        async with transaction(self.sessions, EXCHANGE) as session:
            await session.execute(text(statement), given)


@pytest.fixture
async def hub(sessions: Sessions) -> Hub:
    return await Hub(sessions).open()


async def test_two_practitioners_are_never_shown_the_same_family(hub: Hub) -> None:
    both = await asyncio.gather(*(hub.next(actor) for actor in (hub.priya, hub.sam)))
    assert set(both) == set(hub.families[:2])
    assert await hub.next(hub.priya) in (hub.families[0], hub.families[2])


async def test_many_at_once_get_one_each(sessions: Sessions) -> None:
    hub = await Hub(sessions).open(families=6)
    async with transaction(sessions, EXCHANGE) as session:
        staff = [await add_staff(session, hub.commissioner, f"Worker{n}") for n in range(6)]
    taken = await asyncio.gather(*(hub.next(actor) for actor in staff))
    assert sorted(map(str, taken)) == sorted(map(str, hub.families))


async def test_a_family_left_lying_comes_to_a_colleague_after_some_minutes(hub: Hub) -> None:
    assert await hub.next(hub.priya) == hub.families[0]
    assert await hub.next(hub.sam) == hub.families[1]
    await hub.run("UPDATE family_look SET served_at = served_at - interval '11 minutes'")
    assert await hub.next(hub.sam) == hub.families[0]


async def test_skipped_families_come_last(hub: Hub) -> None:
    assert await hub.next(hub.priya) == hub.families[0]
    async with transaction(hub.sessions, EXCHANGE) as session:
        await looks.skip_family(session, hub.families[0], actor=hub.priya)
    for number in (1, 2):
        assert await hub.next(hub.priya) == hub.families[number]
        await hub.decide(number, AGREE, hub.priya)
    assert await hub.next(hub.priya) == hub.families[0]
    await hub.decide(0, AGREE, hub.priya)
    assert await hub.next(hub.priya) is None


async def test_a_what_if_and_another_councils_plan_are_in_no_queue(sessions: Sessions) -> None:
    what_if = await Hub(sessions).open(kind="what_if")
    assert await what_if.next(what_if.priya) is None
    async with transaction(sessions, EXCHANGE) as session:
        other = await add_commissioner(session, "Another Council")
        petra = await add_staff(session, other, "Petra")
    async with transaction(sessions, EXCHANGE) as session:
        assert await looks.take_next(session, actor=petra) is None
        with pytest.raises(NotFoundError):
            await looks.skip_family(session, what_if.families[0], actor=petra)


async def test_the_first_of_two_decisions_stands_and_the_second_changes_nothing(hub: Hub) -> None:
    aside = Decision(verdict="set_aside", code="not_right_support")
    outcomes = await asyncio.gather(
        hub.decide(0, AGREE, hub.priya, "ring_first"),
        hub.decide(0, aside, hub.sam),
        return_exceptions=True,
    )
    assert [type(one) for one in outcomes if one] == [LookedAtError]
    match = await hub.stands(0)
    won = hub.priya if outcomes[0] is None else hub.sam
    assert match.looked_by == won.id
    assert match.state == (MatchState.AGREED if won is hub.priya else MatchState.SET_ASIDE)


async def test_what_she_left_ticked_is_kept_and_a_change_is_noted(hub: Hub) -> None:
    offered = [one["intake_id"] for one in hub.matches[0].choices["next_best"]]
    await hub.decide(0, Decision(verdict="agree", also=tuple(offered), seconds=40), hub.priya)
    await hub.decide(1, Decision(verdict="agree", also=()), hub.priya)
    as_proposed, unticked = await hub.stands(0), await hub.stands(1)
    assert as_proposed.choices["agreed"] == [str(as_proposed.intake_id), *offered]
    assert (as_proposed.was_changed, as_proposed.looked_seconds) == (False, 40)
    assert unticked.choices["agreed"] == [str(unticked.intake_id)]
    assert unticked.was_changed


async def test_ring_first_is_kept_with_the_family(hub: Hub) -> None:
    await hub.decide(0, AGREE, hub.priya, "ring_first")
    async with transaction(hub.sessions, EXCHANGE) as session:
        family = await session.get_one(Family, hub.families[0])
        assert family.visiting == "ring_first"
        told = "SELECT count(*) FROM event WHERE target = 'visiting_set' AND code = 'ring_first'"
        assert await session.scalar(text(told)) == 1
    await hub.decide(1, AGREE, hub.priya)
    async with transaction(hub.sessions, EXCHANGE) as session:
        assert (await session.get_one(Family, hub.families[1])).visiting == "no_known_concern"


async def test_an_agreement_is_undone_with_its_choice(hub: Hub) -> None:
    before = await hub.stands(0)
    other = before.choices["next_best"][1]["intake_id"]
    chosen = Decision(verdict="choose", intake_id=uuid.UUID(other), also=())
    await hub.decide(0, chosen, hub.priya)
    changed = await hub.stands(0)
    assert (str(changed.intake_id), changed.price_pence, changed.was_changed) == (other, 50, True)
    assert await hub.undo(0) == 0
    after = await hub.stands(0)
    for name in ("state", "intake_id", "price_pence", "effect", "reason", "choices", "looked_by"):
        assert getattr(after, name) == getattr(before, name), name


async def test_undoing_the_last_of_a_plan_opens_its_review_again(sessions: Sessions) -> None:
    hub = await Hub(sessions).open(families=1)
    await hub.decide(0, Decision(verdict="set_aside", code="not_right_support"), hub.priya)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.get_one(Plan, hub.plan.id)).state == PlanState.REVIEWED
    await hub.undo(0)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.get_one(Plan, hub.plan.id)).state == PlanState.DRAFT
    assert await hub.need(0) == NeedState.PLANNED
    assert (await hub.stands(0)).state == MatchState.PROPOSED


async def test_what_was_closed_or_approved_cannot_come_back(hub: Hub) -> None:
    await hub.decide(0, Decision(verdict="set_aside", code="already_helped"), hub.priya)
    await hub.decide(1, AGREE, hub.priya)
    await hub.run("UPDATE match SET approved_at = now() WHERE state = 'agreed'")
    for number, state in ((0, MatchState.SET_ASIDE), (1, MatchState.AGREED)):
        with pytest.raises(NotReadyError):
            await hub.undo(number)
        assert (await hub.stands(number)).state == state
    assert await hub.need(0) == NeedState.CLOSED


async def test_a_need_that_is_being_planned_anew_does_not_come_back(hub: Hub) -> None:
    await hub.decide(0, Decision(verdict="set_aside", code="not_right_support"), hub.priya)
    async with transaction(hub.sessions, EXCHANGE) as session:
        await add_plan(session, hub.commissioner, number=2, state=PlanState.SOLVING)
    with pytest.raises(NotReadyError):
        await hub.undo(0)


async def test_of_a_family_with_two_needs_the_closed_one_stays(sessions: Sessions) -> None:
    hub = await Hub(sessions).open(families=1)
    async with transaction(sessions, EXCHANGE) as session:
        family = await session.get_one(Family, hub.families[0])
        intake = await session.get_one(Intake, hub.matches[0].intake_id)
        second = await add_match(session, hub.plan, family, intake, code="debt-advice")
    first = hub.matches[0]
    decisions = {
        first.id: Decision(verdict="set_aside", code="already_helped"),
        second.id: AGREE,
    }
    async with transaction(sessions, EXCHANGE) as session:
        await looks.decide_family(session, family.id, decisions, visiting="", actor=hub.priya)
    assert await hub.undo(0) == 1
    async with transaction(sessions, EXCHANGE) as session:
        states = dict((await session.execute(select(Match.id, Match.state))).all())
    assert states == {first.id: "set_aside", second.id: "proposed"}


async def test_the_time_of_a_look_runs_from_the_page_and_a_break_is_half_an_hour(hub: Hub) -> None:
    for minutes, expected in ((2, range(120, 180)), (45, range(1800, 1801))):
        family = await hub.next(hub.priya)
        await hub.run(
            "UPDATE family_look SET served_at = served_at - make_interval(mins => :minutes)"
            " WHERE family_id = :family",
            minutes=minutes,
            family=family,
        )
        async with transaction(hub.sessions, EXCHANGE) as session:
            assert await looks.measure_look(session, family, actor=hub.priya) in expected
            assert await looks.measure_look(session, family, actor=hub.sam) is None


async def test_a_month_without_a_change_is_flagged_from_twenty_looks_on(sessions: Sessions) -> None:
    hub = await Hub(sessions).open(families=21)
    for number in range(20):
        await hub.decide(number, Decision(verdict="agree", seconds=10 + number), hub.priya)
    async with transaction(sessions, EXCHANGE) as session:
        (month,) = await record.looks_by_month(session, actor=hub.sam)
        assert (month.looked_at, month.changed, month.middle_seconds) == (20, 0, 19)
        flagged = await record.flagged_months(session, actor=hub.sam)
        assert [one.practitioner.name for one in flagged] == ["Priya"]
    await hub.decide(20, Decision(verdict="set_aside", code="not_right_support"), hub.priya)
    async with transaction(sessions, EXCHANGE) as session:
        assert await record.flagged_months(session, actor=hub.sam) == []
        (month,) = await record.looks_by_month(session, actor=hub.sam)
        assert (month.looked_at, month.changed) == (21, 1)


async def test_a_record_is_not_another_councils_and_undone_looks_are_none(hub: Hub) -> None:
    await hub.decide(0, AGREE, hub.priya)
    await hub.decide(1, AGREE, hub.sam)
    await hub.undo(0)
    async with transaction(hub.sessions, EXCHANGE) as session:
        other = await add_commissioner(session, "Another Council")
        petra = await add_staff(session, other, "Petra")
        assert await record.looks_by_month(session, actor=petra) == []
        found = await record.looks_by_month(session, actor=hub.priya)
        assert [one.practitioner.name for one in found] == ["Sam"]
