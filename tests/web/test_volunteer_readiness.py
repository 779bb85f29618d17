"""The rule as the database asks it is the rule: for the search and for the engine."""

import datetime as dt
import uuid
from dataclasses import replace

import pytest
import small_world as world
import volunteers_at_hand as at_hand
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider, Service
from directory.search import find_help
from directory.visibility import is_listed
from directory.volunteers.models import Absence, Paper, Volunteer
from directory.volunteers.readiness import what_is_missing
from directory.whereabouts import find_whereabouts
from directory.wishes import Wish
from marketplace.access import Actor
from marketplace.db.plans import Plan
from marketplace.defaults import defaults
from marketplace.errors import BadFormError
from marketplace.services.volunteers import volunteer_leaving, volunteer_quiz, volunteers
from marketplace.worker.planning import translate
from marketplace.worker.rows import read_rows

STAGE = "ground"
DAY = dt.timedelta(days=1)


@pytest.fixture
async def tom(session: AsyncSession) -> Actor:
    return await world.actor_of(session, world.TOM)


@pytest.fixture
async def nell(session: AsyncSession, tom: Actor) -> uuid.UUID:
    volunteer_id = await at_hand.id_of(session, at_hand.NELL.name)
    await at_hand.make_ready(session, volunteer_id, tom)
    return volunteer_id


async def is_found(session: AsyncSession, volunteer_id: uuid.UUID) -> bool:
    """By the search, by the engine and by what is listed: all the same, or the test fails."""
    await session.flush()
    listed = volunteer_id in set(
        await session.scalars(select(Provider.id).where(Provider.kind == "volunteer", is_listed()))
    )
    near = (await find_whereabouts(session, at_hand.NELL.postcode)).place
    found = await find_help(session, Wish(near=near, within_metres=1_000, need="meals"))
    assert bool(found.results) is listed
    plan = Plan(policy=defaults(), seed=1, commissioner_id=uuid.uuid4(), number=1)
    rows = await read_rows(session, plan)
    tables = translate(rows)
    own = [one.service.provider_id == volunteer_id for one in rows.intakes]
    assert bool(tables.intakes.check_valid[own.index(True)]) is listed
    return listed


async def set_until(session: AsyncSession, volunteer_id: uuid.UUID, until: dt.date) -> None:
    """Nobody may note a check that is past, so time is made to pass."""
    await session.execute(
        update(Provider).where(Provider.id == volunteer_id).values(recheck_by=until)
    )
    session.expire_all()
    await volunteers.refresh_readiness(session, [volunteer_id])


async def test_who_has_all_that_is_asked_is_found(session: AsyncSession, nell: uuid.UUID) -> None:
    assert await is_found(session, nell)


async def test_nobody_is_found_before_all_is_there(session: AsyncSession, tom: Actor) -> None:
    volunteer_id = await at_hand.id_of(session, at_hand.NELL.name)
    assert not await is_found(session, volunteer_id)


async def test_the_day_it_passes(session: AsyncSession, nell: uuid.UUID) -> None:
    today = await volunteers.today_of(session)
    await set_until(session, nell, today)
    assert await is_found(session, nell), "its last day counts"
    await set_until(session, nell, today - DAY)
    assert not await is_found(session, nell)


@pytest.mark.parametrize("ask", ["agreement", "safeguarding", "hygiene"])
async def test_every_paper_counts(session: AsyncSession, nell: uuid.UUID, ask: str) -> None:
    today = await volunteers.today_of(session)
    await session.execute(update(Paper).where(Paper.ask == ask).values(valid_until=today - DAY))
    session.expire_all()
    await volunteers.refresh_readiness(session)
    assert not await is_found(session, nell)
    held = await volunteers.read_held(session, await session.get_one(Volunteer, nell))
    assert [one.ask for one in what_is_missing(held, today)] == [ask]


async def test_a_break_hides_and_its_end_shows(
    session: AsyncSession, nell: uuid.UUID, tom: Actor
) -> None:
    today = await volunteers.today_of(session)
    await volunteers.take_break(session, nell, starts_on=today, ends_on=today, actor=tom)
    assert not await is_found(session, nell)
    absence = (
        await session.scalars(
            select(Absence).where(Absence.volunteer_id == nell, Absence.starts_on == today)
        )
    ).one()
    await volunteers.end_absence(session, nell, absence.id, actor=tom)
    assert await is_found(session, nell)


async def test_a_break_ahead_hides_nothing_yet(
    session: AsyncSession, nell: uuid.UUID, tom: Actor
) -> None:
    today = await volunteers.today_of(session)
    await volunteers.take_break(
        session, nell, starts_on=today + DAY, ends_on=today + DAY, actor=tom
    )
    assert await is_found(session, nell)


async def test_leaving_hides_at_once_and_frees_the_number(
    session: AsyncSession, nell: uuid.UUID, tom: Actor
) -> None:
    await volunteer_leaving.leave(session, nell, actor=tom)
    assert not await is_found(session, nell)
    await volunteers.sign_up(session, at_hand.NELL, actor=tom)


async def test_the_host_counts_too(session: AsyncSession, nell: uuid.UUID, tom: Actor) -> None:
    host = await session.get_one(Provider, tom.provider_id)
    host.paused_at = dt.datetime.now(dt.UTC)
    await session.flush()
    listed = await session.scalars(select(Provider.id).where(is_listed()))
    assert nell not in set(listed)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("enhanced", "higher check than you may ask for"),
        ("barred-list", "higher check than you may ask for"),
        ("none", "For this work you need: basic"),
        ("", "Choose the kind"),
    ],
)
async def test_no_check_but_the_right_one_is_taken(
    session: AsyncSession, nell: uuid.UUID, tom: Actor, kind: str, words: str
) -> None:
    with pytest.raises(BadFormError, match=words):
        await at_hand.make_ready(session, nell, tom, kind=kind)


async def test_a_re_check_is_due_within_three_years(
    session: AsyncSession, nell: uuid.UUID, tom: Actor
) -> None:
    with pytest.raises(BadFormError, match="three years"):
        await at_hand.make_ready(session, nell, tom, days_left=3 * 366)


async def test_other_work_may_ask_for_other_things(
    session: AsyncSession, nell: uuid.UUID, tom: Actor
) -> None:
    """Who takes on work with children needs the check for it from that moment."""
    details = replace(at_hand.NELL, roles=("cook", "befriend-child"))
    await volunteers.correct_details(session, nell, details, actor=tom)
    assert not await is_found(session, nell)
    await at_hand.make_ready(session, nell, tom, kind="barred-list")
    assert await is_found(session, nell)


async def test_places_never_fall_below_what_is_promised(
    session: AsyncSession, nell: uuid.UUID, tom: Actor
) -> None:
    own = select(Intake.id).join(Intake.service).where(Service.provider_id == nell)
    await session.execute(update(Intake).where(Intake.id.in_(own)).values(used=2))
    session.expire_all()
    with pytest.raises(BadFormError, match="2 are promised"):
        await volunteers.correct_details(session, nell, replace(at_hand.NELL, places=1), actor=tom)


async def test_who_came_in_a_file_is_taken_at_its_word(session: AsyncSession) -> None:
    grace = await at_hand.id_of(session, "Grace Example")
    assert await is_listed_in(session, grace)
    await session.execute(update(Provider).where(Provider.id == grace).values(check_kind="none"))
    assert not await is_listed_in(session, grace), "a file cannot say that none is needed"


async def is_listed_in(session: AsyncSession, provider_id: uuid.UUID) -> bool:
    return provider_id in set(await session.scalars(select(Provider.id).where(is_listed())))


async def test_a_quiz_is_passed_with_eight(session: AsyncSession, tom: Actor) -> None:
    volunteer_id = await at_hand.id_of(session, at_hand.NELL.name)
    assert (await at_hand.pass_quiz(session, volunteer_id, tom, wrong=3)).score == 7
    assert await session.get(Paper, (volunteer_id, "hygiene")) is None
    assert (await at_hand.pass_quiz(session, volunteer_id, tom, wrong=2)).score == 8
    kept = await session.get_one(Paper, (volunteer_id, "hygiene"))
    assert kept.valid_until.year == kept.done_on.year + 2


async def test_a_try_is_marked_once(session: AsyncSession, tom: Actor) -> None:
    volunteer_id = await at_hand.id_of(session, at_hand.NELL.name)
    one = await at_hand.pass_quiz(session, volunteer_id, tom, wrong=5)
    again = await volunteer_quiz.answer_try(
        session, volunteer_id, one.id, ["1"] * len(one.questions), actor=tom
    )
    assert again.score == 5
