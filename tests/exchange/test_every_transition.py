"""Every transition of the tables is taken by a verb that somebody uses, and no other ever is."""

import datetime as dt
import uuid
from collections.abc import Awaitable, Callable

import pytest
from driven_exchange import Case, Drive, open_drive
from families_at_hand import TODAY
from sqlalchemy import Select, func, select, update

from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Need
from marketplace.db.history import Event
from marketplace.db.offers import Offer
from marketplace.db.outcomes import Concern
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.services.matches import claims, outcomes
from marketplace.services.matches.expiries import expire_what_waited
from marketplace.services.needs import stops, withdrawals
from marketplace.services.offers import second_thoughts
from marketplace.services.plans import plans
from marketplace.services.providers import agreements, leaving, providers
from marketplace.services.review import concerns, looks
from marketplace.spreadsheets.stops import StopRow
from marketplace.states import MATCH_TABLE, NEED_TABLE, PLAN_TABLE

Step = tuple[str, str, str]
TABLES = {"match": MATCH_TABLE, "need": NEED_TABLE, "plan": PLAN_TABLE}
SCENES: list[Callable[[Drive], Awaitable[None]]] = []


def scene(scene: Callable[[Drive], Awaitable[None]]) -> Callable[[Drive], Awaitable[None]]:
    SCENES.append(scene)
    return scene


@pytest.fixture
async def drive(sessions: Sessions) -> Drive:
    return await open_drive(sessions)


async def test_every_transition_is_taken_and_no_other(drive: Drive) -> None:
    for play in SCENES:
        await play(drive)
    listed = {
        (subject, str(source), str(target))
        for subject, table in TABLES.items()
        for source, targets in table.items()
        for target in targets
    }
    taken = await steps_taken(drive)
    assert taken - listed == set(), "taken, and in no table"
    assert listed - taken == set(), "in a table, and taken by nobody"


async def steps_taken(drive: Drive) -> set[Step]:
    steps = select(Event.subject_kind, Event.source, Event.target).where(Event.source.is_not(None))
    async with transaction(drive.sessions, EXCHANGE) as session:
        return {tuple(row) for row in await session.execute(steps.distinct())}


@scene
async def help_runs_to_its_end(drive: Drive) -> None:
    case = await drive.helped()
    end = {"how": "finished", "helped": "yes"}
    await drive.do(outcomes.end_help, case.match_id, **end, actor=drive.tom)


@scene
async def help_ends_early_and_is_still_needed(drive: Drive) -> None:
    case = await drive.helped()
    end = {"how": "still_needed", "helped": "partly"}
    await drive.do(outcomes.end_help, case.match_id, **end, actor=drive.tom)


@scene
async def a_promise_is_not_kept(drive: Drive) -> None:
    await drive.do(outcomes.end_before_start, (await drive.accepted()).match_id, actor=drive.tom)
    await drive.do(outcomes.hand_back, (await drive.accepted()).match_id, actor=drive.tom)


@scene
async def a_provider_declines(drive: Drive) -> None:
    for case in (await drive.asked(), await drive.offered()):
        await drive.do(claims.decline_match, case.match_id, code="too_far", actor=drive.tom)


@scene
async def a_standing_yes_asks_nobody(drive: Drive) -> None:
    case = await drive.asked(await drive.add_support(standing_yes=True))
    await drive.answer(case.family_id, "no")


@scene
async def a_family_changes_its_mind(drive: Drive) -> None:
    case = await drive.accepted()
    assert await drive.by_family(case.family_id, second_thoughts.change_mind) == "changed"


@scene
async def a_family_tells_us_to_stop(drive: Drive) -> None:
    case = await drive.offered()
    await drive.answer(case.family_id, "stop")


@scene
async def an_answer_is_entered_by_mistake(drive: Drive) -> None:
    for answer in ("yes", "no"):
        _, offer_id = await drive.told_by_telephone(answer)
        await drive.take_back(offer_id)


@scene
async def nobody_answers(drive: Drive) -> None:
    asked, offered = await drive.asked(), await drive.offered()
    old = func.now() - dt.timedelta(days=30)
    await age(drive, update(Match).where(Match.id == asked.match_id).values(waits_since=old))
    await age(drive, update(Offer).where(Offer.match_id == offered.match_id).values(expires_at=old))
    await drive.work(expire_what_waited)


@scene
async def a_prediction_runs_out(drive: Drive) -> None:
    """Where nobody has heard of it yet: in the list, and in a draft that nobody went on with."""
    ref = uuid.uuid4().hex
    listed = (await drive.publish(ref))[ref]
    drafted, looked_at = await drive.proposed(), await drive.agreed()
    ids = [listed, drafted.need_id, looked_at.need_id]
    yesterday = TODAY - dt.timedelta(days=1)
    await age(drive, update(Need).where(Need.id.in_(ids)).values(valid_until=yesterday))
    await drive.work(expire_what_waited)
    await drive.publish(ref)


@scene
async def a_need_is_taken_back_and_published_again(drive: Drive) -> None:
    ref = uuid.uuid4().hex
    waiting = (await drive.publish(ref))[ref]
    cases = [await drive.asked(), await drive.offered(), await drive.accepted()]
    for need_id in (waiting, *(case.need_id for case in cases)):
        choice = withdrawals.Choice("need", need_id)
        await drive.do(withdrawals.withdraw_needs, choice, actor=drive.amina)
    choice = withdrawals.Choice("need", waiting)
    await drive.do(withdrawals.publish_again, choice, actor=drive.amina)


@scene
async def a_family_comes_on_the_stop_list(drive: Drive) -> None:
    case = await drive.offered()
    rows = [StopRow(family_ref=case.ref, reason="moved")]
    await drive.do(stops.store_stops, rows, actor=drive.amina)


@scene
async def a_practitioner_sets_aside_and_thinks_again(drive: Drive) -> None:
    for code in ("not_right_support", "already_helped"):
        await drive.look(await drive.proposed(), "set_aside", code=code)
    undone = await drive.proposed()
    await drive.look(undone, "set_aside", code="not_right_support")
    await drive.do(looks.undo_look, undone.family_id, actor=drive.priya)
    again = await drive.agreed()
    await drive.do(looks.undo_look, again.family_id, actor=drive.priya)
    await drive.decide((await drive.agreed()).match_id, "set_aside", code="not_right_support")


@scene
async def a_plan_goes_no_further(drive: Drive) -> None:
    for case in (await drive.proposed(), await drive.agreed()):
        await drive.do(plans.discard_plan, case.plan_id, actor=drive.amina)
    queued = await drive.do(plans.request_plan, actor=drive.amina)
    await drive.do(plans.discard_plan, queued.id, actor=drive.amina)
    solving = await drive.do(plans.request_plan, actor=drive.amina)
    await drive.work(plans.begin_solving, solving.id)
    await drive.do(plans.discard_plan, solving.id, actor=drive.amina)


@scene
async def a_plan_fails(drive: Drive) -> None:
    plan = await drive.do(plans.request_plan, actor=drive.amina)
    for _ in range(plans.MOST_CRASHES + 1):
        await drive.work(plans.begin_solving, plan.id)


@scene
async def a_provider_is_paused_and_comes_back(drive: Drive) -> None:
    await at_each_step(drive)
    provider_id = drive.tom.provider_id
    pause, resume = providers.pause_provider, providers.resume_provider
    await drive.do(pause, provider_id, reason="Found harm", actor=drive.amina)
    await drive.do(resume, provider_id, actor=drive.amina)
    await drive.do(agreements.withdraw_agreement, actor=drive.tom)
    await drive.do(agreements.accept_agreement, actor=drive.tom)


@scene
async def somebody_is_worried(drive: Drive) -> None:
    for case in (await drive.helped(), await drive.helped(), await drive.offered()):
        raise_concern, ring_back = concerns.raise_concern, "+441632960771"
        await drive.do(raise_concern, case.match_id, ring_back=ring_back, actor=drive.tom)
        await close_concern(drive, case, "goes_on")
    worse, begun = await drive.accepted(), await drive.helped()
    for case in (worse, begun):
        raise_concern, ring_back = concerns.raise_concern, "+441632960771"
        await drive.do(raise_concern, case.match_id, ring_back=ring_back, actor=drive.tom)
        await close_concern(drive, case, "withdrawn")


@scene
async def a_provider_leaves(drive: Drive) -> None:
    """The last scene: Tom's door is shut after it."""
    await at_each_step(drive)
    await drive.do(leaving.leave, understood=True, actor=drive.tom)


async def at_each_step(drive: Drive) -> list[Case]:
    return [await drive.asked(), await drive.offered(), await drive.accepted()]


async def close_concern(drive: Drive, case: Case, ended_as: str) -> None:
    is_open = Concern.closed_at.is_(None)
    async with transaction(drive.sessions, EXCHANGE) as session:
        found = select(Concern.id).where(Concern.match_id == case.match_id, is_open)
        concern_id = (await session.scalars(found)).one()
    close = concerns.close_concern
    await drive.do(close, concern_id, ended_as=ended_as, actor=drive.priya)


async def age(drive: Drive, statement: Select[Match]) -> None:
    """Time goes by for these rows alone."""
    async with transaction(drive.sessions, EXCHANGE) as session:
        await session.execute(statement)
