"""Matches whose history is written straight into the tables: so many steps, in such a month."""

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

from families_at_hand import add_family, add_intake, add_match, add_plan
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake
from marketplace.db.history import Event
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match, Plan
from marketplace.states import MatchState as S

FORWARD = (S.AGREED, S.AWAITING_PROVIDER, S.AWAITING_FAMILY, S.ACCEPTED, S.UNDER_WAY, S.COMPLETED)
NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)


async def add_steps(
    session: AsyncSession,
    match: Match,
    states: Sequence[S],
    *,
    begin: dt.datetime = NOON,
    days: int = 1,
) -> None:
    """An event from each state to the next, so many days apart; the match stands at the last."""
    rows = [
        {
            "at": begin + dt.timedelta(days=days * place),
            "actor_kind": "system",
            "subject_kind": "match",
            "subject_id": match.id,
            "source": source,
            "target": target,
            "detail": {},
        }
        for place, (source, target) in enumerate(pairwise(states))
    ]
    await session.execute(insert(Event), rows)
    match.state = states[-1]
    await session.flush()


async def add_helped(
    session: AsyncSession,
    commissioner: Commissioner,
    count: int,
    *,
    states: Sequence[S] = FORWARD[:5],
    begin: dt.datetime = NOON,
    outward: str = "IP1",
    price_pence: int = 0,
    intake: Intake | None = None,
    plan: Plan | None = None,
) -> list[Match]:
    """So many families, each with one match that has come as far as `states` says."""
    plan = plan or await add_plan(session, commissioner, number=len(outward) * 100 + count)
    intake = intake or await add_intake(session, places=None)
    matches = []
    for _ in range(count):
        family = await add_family(session, commissioner)
        family.outward = outward
        match = await add_match(session, plan, family, intake)
        match.price_pence = price_pence
        await add_steps(session, match, states, begin=begin)
        matches.append(match)
    return matches
