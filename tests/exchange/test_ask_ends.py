"""An ask is taken back at once, and nothing of it is kept longer than it is needed."""

import uuid

import pytest
from asks_at_hand import add_asking_council, ask_and_prove, asked, token_of
from families_at_hand import add_intake, add_plan
from sqlalchemy import func, select, text, update

from directory.models import Intake
from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.asks import Ask
from marketplace.db.families import Contact, Family, Need
from marketplace.db.offers import Message, Offer
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.services.asks import ask_ends, asks
from marketplace.services.matches.transitions import move_match, move_needs
from marketplace.services.plans import plans
from marketplace.services.sending import deliveries
from marketplace.services.sending.outbox import OFFER, Refusal
from marketplace.states import MatchState, NeedState


@pytest.fixture
async def council(sessions: Sessions) -> uuid.UUID:
    return await add_asking_council(sessions)


async def plan_for(sessions: Sessions, *, standing_yes: bool = True) -> uuid.UUID:
    """One draft with the family's need in it, agreed by a practitioner."""
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = (await session.scalars(select(Commissioner))).one()
        intake = await add_intake(session, standing_yes=standing_yes)
        plan = await add_plan(session, commissioner)
        need = (await session.scalars(select(Need))).one()
        match = Match(
            id=uuid.uuid4(),
            plan_id=plan.id,
            need_id=need.id,
            family_id=need.family_id,
            intake_id=intake.id,
            state=MatchState.AGREED,
            places=1,
            price_pence=0,
            cost_pence=0,
            stake_pence=100,
            effect=0,
            travel_metres=500,
            reason={},
            choices={"next_best": []},
        )
        session.add(match)
        await move_needs(session, [need.id], to=NeedState.PLANNED, actor=SYSTEM)
        return match.id


async def approve(sessions: Sessions, match_id: uuid.UUID) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        match = await session.get_one(Match, match_id)
        commissioner = (await session.scalars(select(Commissioner))).one()
        actor = SYSTEM.__class__(kind="commissioner", commissioner_id=commissioner.id)
        await plans.approve_plan(session, match.plan_id, actor=actor)


async def standing(sessions: Sessions, ask_id: uuid.UUID) -> str:
    token = await token_of(sessions, ask_id, asks.STATUS_LINK)
    async with transaction(sessions, EXCHANGE) as session:
        return await ask_ends.standing_of(session, await ask_ends.find_ask(session, token))


async def withdraw(sessions: Sessions, ask_id: uuid.UUID) -> str:
    token = await token_of(sessions, ask_id, asks.STATUS_LINK)
    async with transaction(sessions, EXCHANGE) as session:
        return await ask_ends.withdraw_ask(session, token)


async def count(sessions: Sessions, column: object) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        return await session.scalar(select(func.count(column))) or 0


async def test_an_approved_ask_is_offered_without_any_upload_of_contacts(
    sessions: Sessions, council: uuid.UUID
) -> None:
    ask_id = await ask_and_prove(sessions, council, asked())
    assert await standing(sessions, ask_id) == "received"
    match_id = await plan_for(sessions)
    assert await standing(sessions, ask_id) == "looked_at"
    await approve(sessions, match_id)
    assert await standing(sessions, ask_id) == "offered"
    assert await count(sessions, Offer.id) == 1


async def test_taken_back_the_place_is_free_and_the_contact_gone(
    sessions: Sessions, council: uuid.UUID
) -> None:
    ask_id = await ask_and_prove(sessions, council, asked())
    await approve(sessions, await plan_for(sessions))
    assert await withdraw(sessions, ask_id) == "withdrawn"
    assert await withdraw(sessions, ask_id) == "withdrawn"
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.scalars(select(Intake.held))).one() == 0
        assert (await session.scalars(select(Need.state))).one() == NeedState.WITHDRAWN
        family = (await session.scalars(select(Family))).one()
        assert (family.area, family.easting, family.children_born) == ("IP1", None, [])
        assert (await session.scalars(select(Contact))).all() == []
        for message in await session.scalars(select(Message).where(Message.event == OFFER)):
            assert isinstance(await deliveries.compose_now(session, message), Refusal)


async def test_help_that_was_agreed_does_not_end_by_a_press(
    sessions: Sessions, council: uuid.UUID
) -> None:
    ask_id = await ask_and_prove(sessions, council, asked())
    match_id = await plan_for(sessions)
    await approve(sessions, match_id)
    async with transaction(sessions, EXCHANGE) as session:
        await move_match(session, match_id, to=MatchState.ACCEPTED, actor=SYSTEM)
    assert await withdraw(sessions, ask_id) == "yes"
    assert await count(sessions, Contact.family_id) == 1


async def test_what_else_it_asked_for_goes_on(sessions: Sessions, council: uuid.UUID) -> None:
    first = await ask_and_prove(sessions, council, asked())
    second = await ask_and_prove(sessions, council, asked(code="sleep"))
    assert await withdraw(sessions, first) == "withdrawn"
    assert await standing(sessions, second) == "received"
    assert await count(sessions, Contact.family_id) == 1
    assert await withdraw(sessions, second) == "withdrawn"
    assert await count(sessions, Contact.family_id) == 0


async def test_a_month_after_the_end_the_contact_is_forgotten(
    sessions: Sessions, council: uuid.UUID, settings: object
) -> None:
    await ask_and_prove(sessions, council, asked())
    async with transaction(sessions, EXCHANGE) as session:
        need = (await session.scalars(select(Need))).one()
        await move_needs(session, [need.id], to=NeedState.EXPIRED, actor=SYSTEM)
        assert await ask_ends.forget_asks(session) == 0, "the day it ended"
    await age_events(settings)
    async with transaction(sessions, EXCHANGE) as session:
        assert await ask_ends.forget_asks(session) == 1
    assert await count(sessions, Contact.family_id) == 0
    assert await count(sessions, Ask.id) == 0
    assert await count(sessions, Need.id) == 1, "what was done stays, for the counts"


async def test_while_a_need_is_open_nothing_is_forgotten(
    sessions: Sessions, council: uuid.UUID, settings: object
) -> None:
    await ask_and_prove(sessions, council, asked())
    await age_events(settings)
    async with transaction(sessions, EXCHANGE) as session:
        assert await ask_ends.forget_asks(session) == 0


async def test_a_withdrawn_ask_tells_so_for_a_month(sessions: Sessions, council: uuid.UUID) -> None:
    ask_id = await ask_and_prove(sessions, council, asked())
    await withdraw(sessions, ask_id)
    async with transaction(sessions, EXCHANGE) as session:
        await ask_ends.forget_asks(session)
    assert await standing(sessions, ask_id) == "withdrawn"
    async with transaction(sessions, EXCHANGE) as session:
        long_ago = text("now() - interval '31 days'")
        await session.execute(update(Ask).values(withdrawn_at=long_ago))
        await ask_ends.forget_asks(session)
    assert await count(sessions, Ask.id) == 0


async def age_events(settings: object) -> None:
    """The application may not change the history: its owner does."""
    import asyncpg  # noqa: PLC0415 - only here

    connection = await asyncpg.connect(settings.migration_database_url)  # type: ignore[attr-defined]
    try:
        await connection.execute("SET acting.kind = 'exchange'")
        await connection.execute("UPDATE event SET at = at - interval '31 days'")
    finally:
        await connection.close()
