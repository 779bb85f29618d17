"""Predictions are deleted after their day; what was offered, asked for or told to stop stays."""

import datetime as dt
from typing import Any

import pytest
from families_at_hand import TODAY, add_commissioner, add_family, add_intake, add_match, add_plan
from needs_at_hand import add_need
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Contact, Family, Need
from marketplace.db.plans import Match, PairRule, UnmetNeed
from marketplace.db.session import Sessions, transaction
from marketplace.services.matches.expiries import expire_what_waited
from marketplace.services.needs.forgetting import forget_old_needs
from marketplace.states import MatchState, NeedState
from marketplace.worker.schedules import forget_what_ran_out

YESTERDAY = TODAY - dt.timedelta(days=1)


async def old_need(session: AsyncSession, **given: Any) -> tuple[Family, Need]:
    """A prediction that ran out yesterday, of a family without a contact."""
    commissioner = await add_commissioner(session)
    family = await add_family(session, commissioner)
    await session.execute(delete(Contact))
    need = await add_need(session, family, **{"valid_until": YESTERDAY, **given})
    return family, need


async def forget(session: AsyncSession) -> tuple[int, int]:
    """How many needs and families are left."""
    await expire_what_waited(session)
    await forget_old_needs(session)
    session.expunge_all()
    needs = (await session.scalars(select(Need.id))).all()
    return len(needs), len((await session.scalars(select(Family.id))).all())


@pytest.mark.parametrize(
    "state", [NeedState.PUBLISHED, NeedState.WITHDRAWN, NeedState.EXPIRED, NeedState.CLOSED]
)
async def test_a_prediction_goes_with_its_family(session: AsyncSession, state: str) -> None:
    await old_need(session, state=state)
    assert await forget(session) == (0, 0)


@pytest.mark.parametrize(
    "given",
    [
        {"valid_until": TODAY},
        {"valid_until": TODAY, "state": NeedState.WITHDRAWN},
        {"source": "self"},
        {"source": "professional"},
        {"asked_on": YESTERDAY},
        {"state": NeedState.MET},
    ],
)
async def test_what_is_valid_asked_for_or_met_stays(
    session: AsyncSession, given: dict[str, Any]
) -> None:
    await old_need(session, **given)
    assert await forget(session) == (1, 1)


async def test_a_family_stays_while_anything_is_left_of_it(session: AsyncSession) -> None:
    family, _ = await old_need(session)
    await add_need(session, family, code="meals")
    assert await forget(session) == (1, 1)


async def test_a_family_that_told_us_to_stop_is_remembered_as_such(session: AsyncSession) -> None:
    family, _ = await old_need(session, state=NeedState.WITHDRAWN)
    family.stopped_at = dt.datetime.now(dt.UTC)
    await session.flush()
    assert await forget(session) == (0, 1)


async def test_a_contact_keeps_the_family(session: AsyncSession) -> None:
    commissioner = await add_commissioner(session)
    family = await add_family(session, commissioner)
    await add_need(session, family, valid_until=YESTERDAY)
    assert await forget(session) == (0, 1)


@pytest.mark.parametrize(
    ("state", "approved", "left"),
    [
        # Help that is on its way, or was offered, keeps its row.
        (MatchState.UNDER_WAY, True, 1),
        (MatchState.FAMILY_DECLINED, True, 1),
        # A draft that nobody outside ever heard of goes with the guess it was made for.
        (MatchState.PROPOSED, False, 0),
        (MatchState.WITHDRAWN, False, 0),
        (MatchState.SET_ASIDE, False, 0),
    ],
)
async def test_matches(session: AsyncSession, state: str, approved: object, left: int) -> None:
    commissioner = await add_commissioner(session)
    plan, intake = await add_plan(session, commissioner), await add_intake(session)
    family = await add_family(session, commissioner)
    match = await add_match(
        session, plan, family, intake, state=MatchState(state), approved=bool(approved)
    )
    session.add(UnmetNeed(plan_id=plan.id, need_id=match.need_id, reason="places_taken", detail={}))
    session.add(
        PairRule(need_id=match.need_id, intake_id=intake.id, kind="forbid", reason="r", made_by="m")
    )
    await session.flush()
    live = state in (MatchState.UNDER_WAY, MatchState.PROPOSED)
    need_state = NeedState.PLANNED if live else NeedState.PUBLISHED
    await session.execute(update(Need).values(valid_until=YESTERDAY, state=need_state))
    await session.execute(delete(Contact))
    assert await forget(session) == (left, left)
    assert len((await session.scalars(select(Match.id))).all()) == left


async def test_the_worker_goes_on_until_all_is_forgotten(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.services.needs.forgetting.MOST_AT_ONCE", 1)
    async with transaction(sessions, EXCHANGE) as session:
        family, _ = await old_need(session, state=NeedState.EXPIRED)
        await add_need(
            session, family, code="meals", valid_until=YESTERDAY, state=NeedState.EXPIRED
        )
    await forget_what_ran_out(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.scalars(select(Need.id))).all() == []
        assert (await session.scalars(select(Family.id))).all() == []
