"""Places in one minute: each change is kept, can be taken back, and never breaks a promise."""

import datetime as dt

import pytest
from families_at_hand import TODAY, add_intake
from provider_people import add_person, families_at_each_step, provider_of
from sqlalchemy import select, update

from directory.models import Intake, Provider, Service
from directory.visibility import is_listed
from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.errors import BadFormError, NotFoundError, OnlyLookError
from marketplace.services.providers import places

SOON = TODAY + dt.timedelta(days=30)


@pytest.fixture
async def tom(sessions: Sessions) -> Actor:
    async with transaction(sessions, EXCHANGE) as session:
        return await add_person(session, await provider_of(session, await add_intake(session)))


async def now_of(sessions: Sessions) -> Intake:
    async with transaction(sessions, EXCHANGE) as session:
        return (await session.scalars(select(Intake))).one()


async def change(sessions: Sessions, tom: Actor, how: str) -> None:
    intake = await now_of(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        await places.change_places(session, intake.id, change=how, actor=tom)


async def undo(sessions: Sessions, tom: Actor, *, change_id: int | None = None) -> None:
    intake = await now_of(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        last = await places.last_change(session, intake.id)
        await places.undo_change(session, intake.id, change_id=change_id or last.id, actor=tom)


async def test_minus_plus_full_and_back(sessions: Sessions, tom: Actor) -> None:
    for how, left in (("plus", 3), ("minus", 2), ("full", 0), ("plus", 1)):
        await change(sessions, tom, how)
        assert (await now_of(sessions)).places_left == left


async def test_paused_until_a_day_and_resumed(sessions: Sessions, tom: Actor) -> None:
    intake = await now_of(sessions)
    for day in (TODAY, TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=800)):
        with pytest.raises(BadFormError):
            async with transaction(sessions, EXCHANGE) as session:
                await places.pause_until(session, intake.id, day=day, actor=tom)
    async with transaction(sessions, EXCHANGE) as session:
        await places.pause_until(session, intake.id, day=SOON, actor=tom)
    assert (await now_of(sessions)).paused_until == SOON
    await change(sessions, tom, "resume")
    now = await now_of(sessions)
    assert (now.paused_until, now.paused_at, now.places_left) == (None, None, 2)


async def test_the_last_change_is_taken_back_whole(sessions: Sessions, tom: Actor) -> None:
    intake = await now_of(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        await places.pause_until(session, intake.id, day=SOON, actor=tom)
    await change(sessions, tom, "full")
    await undo(sessions, tom)
    now = await now_of(sessions)
    assert (now.places_left, now.paused_until) == (2, SOON)


async def test_only_the_last_change_and_only_while_it_stands(
    sessions: Sessions, tom: Actor
) -> None:
    await change(sessions, tom, "plus")
    async with transaction(sessions, EXCHANGE) as session:
        first = await places.last_change(session, (await now_of(sessions)).id)
    await change(sessions, tom, "plus")
    with pytest.raises(BadFormError):
        await undo(sessions, tom, change_id=first.id)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Intake).values(places=7))
    with pytest.raises(BadFormError):
        await undo(sessions, tom)
    assert (await now_of(sessions)).places == 7


async def test_never_below_what_is_promised(sessions: Sessions) -> None:
    standing = await families_at_each_step(sessions)
    await change(sessions, standing.tom, "full")
    now = await now_of(sessions)
    assert (now.places, now.held, now.used) == (4, 3, 1)
    with pytest.raises(BadFormError, match="4 are promised"):
        await change(sessions, standing.tom, "minus")
    await change(sessions, standing.tom, "plus")
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Intake).values(held=4))
    with pytest.raises(BadFormError, match="5 are promised"):
        await undo(sessions, standing.tom)


async def test_a_change_confirms_the_listing(sessions: Sessions, tom: Actor) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=400)
        await session.execute(update(Provider).values(confirmed_at=long_ago))
        assert (await session.scalars(select(Provider.id).where(is_listed()))).all() == []
    await change(sessions, tom, "plus")
    async with transaction(sessions, EXCHANGE) as session:
        assert len((await session.scalars(select(Provider.id).where(is_listed()))).all()) == 1


async def test_only_an_editor_and_only_its_own(sessions: Sessions, tom: Actor) -> None:
    intake = await now_of(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        ade = await add_person(session, tom.provider_id, role="viewer", name="Ade")
        other = Provider(ref="other", name="Other", kind="charity")
        session.add(other)
        await session.flush()
        wendy = await add_person(session, other.id, name="Wendy")
    for actor, error in ((ade, OnlyLookError), (wendy, NotFoundError)):
        for deed, given in (
            (places.change_places, {"change": "plus"}),
            (places.pause_until, {"day": SOON}),
            (places.undo_change, {"change_id": 1}),
        ):
            with pytest.raises(error):
                async with transaction(sessions, EXCHANGE) as session:
                    await deed(session, intake.id, actor=actor, **given)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.scalars(select(Service.id))).all()
