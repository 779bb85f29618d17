"""Every transition through the one function, on a real database: places, history, races."""

import asyncio
import itertools
import uuid

import pytest
from families_at_hand import add_commissioner, add_family, add_intake, add_match, add_plan
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from directory.models import Intake
from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.history import Event
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.errors import MovedOnError, NoPlaceLeftError, NotFoundError
from marketplace.services.figures.figures import recount_places
from marketplace.services.matches.transitions import move_match, move_matches
from marketplace.states import HOLDS_PLACE, MATCH_TABLE, USES_PLACE, MatchState

_OF_MATCHES = select(Event).where(Event.subject_kind == "match")


async def one_match(
    sessions: Sessions, *, state: MatchState = MatchState.AGREED, places: int = 1, takes: int = 1
) -> Match:
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session)
        plan = await add_plan(session, commissioner)
        family = await add_family(session, commissioner)
        intake = await add_intake(session, places=places)
        return await add_match(session, plan, family, intake, state=state, places=takes)


async def put_in(sessions: Sessions, match: Match, state: MatchState) -> None:
    """Put a match into a state with the places that belong to it, around the function."""
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Match).where(Match.id == match.id).values(state=state))
        await session.execute(
            update(Intake)
            .where(Intake.id == match.intake_id)
            .values(held=int(state in HOLDS_PLACE), used=int(state in USES_PLACE))
        )


async def test_every_pair_of_states_does_what_the_table_says(sessions: Sessions) -> None:
    match = await one_match(sessions)
    for source, target in itertools.product(MatchState, MatchState):
        await put_in(sessions, match, source)
        allowed = target in MATCH_TABLE[source]
        if allowed:
            async with transaction(sessions, EXCHANGE) as session:
                await move_match(session, match.id, to=target, actor=SYSTEM, code="test")
        else:
            with pytest.raises(MovedOnError):
                async with transaction(sessions, EXCHANGE) as session:
                    await move_match(session, match.id, to=target, actor=SYSTEM)
        async with transaction(sessions, EXCHANGE) as session:
            now = await session.get_one(Match, match.id)
            assert now.state == (target if allowed else source)
            assert await recount_places(session) == []


async def test_a_transition_writes_who_what_from_to_and_why(sessions: Sessions) -> None:
    match = await one_match(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        await move_match(
            session, match.id, to=MatchState.AWAITING_PROVIDER, actor=SYSTEM, code="why"
        )
    async with transaction(sessions, EXCHANGE) as session:
        event = (await session.scalars(_OF_MATCHES)).one()
        told = (event.actor_kind, event.subject_kind, event.subject_id, event.source, event.target)
        assert told == ("system", "match", match.id, "agreed", "awaiting_provider")
        assert event.code == "why"


async def test_what_fails_leaves_neither_state_nor_place_nor_history(sessions: Sessions) -> None:
    match = await one_match(sessions)
    with pytest.raises(RuntimeError, match="afterwards"):
        async with transaction(sessions, EXCHANGE) as session:
            await move_match(session, match.id, to=MatchState.AWAITING_PROVIDER, actor=SYSTEM)
            raise RuntimeError("afterwards")
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.get_one(Match, match.id)).state == MatchState.AGREED
        assert (await session.get_one(Intake, match.intake_id)).held == 0
        assert (await session.scalars(_OF_MATCHES)).all() == []


async def test_the_last_place_is_given_once(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session)
        plan = await add_plan(session, commissioner)
        intake = await add_intake(session, places=3)
        matches = [
            await add_match(
                session,
                plan,
                await add_family(session, commissioner),
                intake,
                state=MatchState.AGREED,
            )
            for _ in range(20)
        ]

    async def take(match: Match) -> bool:
        try:
            async with transaction(sessions, EXCHANGE) as session:
                await move_match(session, match.id, to=MatchState.AWAITING_PROVIDER, actor=SYSTEM)
        except NoPlaceLeftError:
            return False
        return True

    taken = await asyncio.gather(*(take(match) for match in matches))
    assert sum(taken) == 3
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.get_one(Intake, intake.id)).places_left == 0
        assert await recount_places(session) == []


async def test_two_who_move_the_same_match_do_not_both_succeed(sessions: Sessions) -> None:
    match = await one_match(sessions, state=MatchState.AGREED, places=5)

    async def take() -> str:
        try:
            async with transaction(sessions, EXCHANGE) as session:
                await move_match(session, match.id, to=MatchState.AWAITING_PROVIDER, actor=SYSTEM)
        except MovedOnError:
            return "too late"
        return "moved"

    told = await asyncio.gather(*(take() for _ in range(8)))
    assert sorted(told) == ["moved", *["too late"] * 7]
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.get_one(Intake, match.intake_id)).held == 1


async def test_many_in_opposite_orders_do_not_deadlock(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session)
        plan = await add_plan(session, commissioner)
        intakes = [await add_intake(session, places=40) for _ in range(6)]
        groups = [
            [
                await add_match(
                    session,
                    plan,
                    await add_family(session, commissioner),
                    intake,
                    state=MatchState.AGREED,
                )
                for intake in order
            ]
            for order in (intakes, intakes[::-1], intakes[3:] + intakes[:3])
        ]

    async def take(group: list[Match]) -> None:
        async with transaction(sessions, EXCHANGE) as session:
            ids = [match.id for match in group]
            await move_matches(session, ids, to=MatchState.AWAITING_PROVIDER, actor=SYSTEM)

    await asyncio.gather(*(take(group) for group in groups))
    async with transaction(sessions, EXCHANGE) as session:
        assert await recount_places(session) == []


async def test_a_family_that_takes_several_places_gets_all_or_none(sessions: Sessions) -> None:
    match = await one_match(sessions, places=2, takes=3)
    with pytest.raises(NoPlaceLeftError):
        async with transaction(sessions, EXCHANGE) as session:
            await move_match(session, match.id, to=MatchState.AWAITING_PROVIDER, actor=SYSTEM)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.get_one(Intake, match.intake_id)).held == 0


async def test_what_is_not_there_is_not_found(sessions: Sessions) -> None:
    with pytest.raises(NotFoundError):
        async with transaction(sessions, EXCHANGE) as session:
            await move_match(session, uuid.uuid4(), to=MatchState.AGREED, actor=SYSTEM)


async def test_the_database_itself_refuses_more_than_there_is(sessions: Sessions) -> None:
    match = await one_match(sessions, places=1)
    with pytest.raises(IntegrityError, match="places_not_exceeded"):
        async with transaction(sessions, EXCHANGE) as session:
            await session.execute(
                update(Intake).where(Intake.id == match.intake_id).values(held=1, used=1)
            )


@pytest.mark.parametrize(
    "wrong", ["UPDATE event SET code = 'x'", "DELETE FROM event", "TRUNCATE event"]
)
async def test_history_cannot_be_changed(sessions: Sessions, wrong: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with transaction(sessions, EXCHANGE) as session:
            await session.execute(text(wrong))
