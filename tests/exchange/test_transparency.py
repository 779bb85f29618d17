"""The published record: asked of what happened here, and pointing at nobody."""

import datetime as dt
from typing import Any

import pytest
from families_at_hand import add_commissioner, add_family, add_intake, add_match, add_plan
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.offers import Offer
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match, Plan
from marketplace.services.figures.shares import share_of, shares_by
from marketplace.services.figures.transparency import tell_facts
from marketplace.services.matches.transitions import move_matches
from marketplace.services.offers.offers import offer_where_ready
from marketplace.states import MatchState, PlanState

LONG_AGO = dt.datetime.now(dt.UTC) - dt.timedelta(days=70)


def answered(name: str, yes: int, other: int) -> list[dict[str, Any]]:
    return [{"is_so": place < yes, "Area": name} for place in range(yes + other)]


def test_no_share_points_at_anybody() -> None:
    rows = [*answered("IP1", 42, 58), *answered("IP2", 33, 30)]
    assert {one.name: one.percent for one in shares_by(rows, "Area")} == {"IP1": 40, "IP2": 50}
    rows += answered("IP3", 99, 2)
    told = {one.name: one.percent for one in shares_by(rows, "Area")}
    assert told["IP3"] is None, "two who did not say yes"
    assert list(told.values()).count(None) == 2, "never one alone: it could be reckoned back"


@pytest.mark.parametrize(
    ("so", "other", "percent"),
    [(5, 5, 50), (4, 6, None), (0, 99, None), (0, 100, 0), (4, 96, 0), (99, 1, 100), (13, 87, 15)],
)
def test_one_more_changes_nothing_that_is_told(so: int, other: int, percent: int | None) -> None:
    assert share_of("What", [True] * so + [False] * other).percent == percent


async def looked_at(
    session: AsyncSession, council: Commissioner, *, wrong: int, right: int, plan: Plan
) -> None:
    intake = await add_intake(session)
    for place in range(wrong + right):
        family = await add_family(session, council)
        match = await add_match(session, plan, family, intake, state=MatchState.PROPOSED)
        await session.execute(
            update(Match)
            .where(Match.id == match.id)
            .values(looked_at=LONG_AGO, was_changed=place < wrong)
        )
        if place < wrong:
            await move_matches(
                session,
                [match.id],
                to=MatchState.SET_ASIDE,
                actor=Actor(kind="practitioner", commissioner_id=council.id),
                code="prediction_wrong",
            )


async def test_errors_are_counted_where_they_happened(session: AsyncSession) -> None:
    council, other = await add_commissioner(session), await add_commissioner(session, "Another")
    plan = await add_plan(session, council)
    await looked_at(session, council, wrong=5, right=15, plan=plan)
    await looked_at(session, other, wrong=5, right=5, plan=await add_plan(session, other))
    result = {"objective": 1_000, "bound": 990}
    await session.execute(update(Plan).values(created_at=LONG_AGO))
    await session.execute(
        update(Plan).where(Plan.id == plan.id).values(state=PlanState.APPROVED, result=result)
    )
    facts = await tell_facts(session, council.id)
    assert {one.name: one.percent for one in facts.errors} == {
        "Looks that found the guess wrong": 25,
        "Offers that came to somebody else": None,
        "Messages that came back": None,
    }
    assert [(one.name, one.percent) for one in facts.wrong_by["Level"]] == [("Level 2", 25)]
    assert (facts.plans.approved, facts.plans.proved, facts.plans.furthest) == (1, 0, 0.01)
    assert facts.models == ["model:early-help@1"]


async def test_an_answer_of_this_month_is_not_told_yet(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    plan, intake = await add_plan(session, council), await add_intake(session)
    intake.places = intake.held = 20
    for _ in range(10):
        family = await add_family(session, council)
        await add_match(
            session, plan, family, intake, state=MatchState.AWAITING_FAMILY, approved=True
        )
        await offer_where_ready(session, [family.id])
    offers = (await session.scalars(select(Offer.id))).all()
    yes = update(Offer).where(Offer.id.in_(offers[:5])).values(answer="yes")
    await session.execute(update(Offer).values(answer="no", answered_at=dt.datetime.now(dt.UTC)))
    await session.execute(yes)
    assert (await tell_facts(session, council.id)).accepted.percent is None
    await session.execute(update(Offer).values(answered_at=LONG_AGO))
    facts = await tell_facts(session, council.id)
    assert facts.accepted.percent == 50
    assert [(one.name, one.percent) for one in facts.accepted_by["Area"]] != []
