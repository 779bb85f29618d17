"""Who does not answer gives the place back, and nothing else is touched."""

import datetime as dt

import pytest
from families_at_hand import TODAY, add_commissioner, add_family, add_intake, add_match, add_plan
from sqlalchemy import func, select, update

from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Need
from marketplace.db.offers import Offer
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.services.figures.figures import recount_places
from marketplace.services.matches.expiries import expire_what_waited
from marketplace.services.matches.releases import release_families
from marketplace.services.staff.working_days import add_working_days
from marketplace.states import MatchState, NeedState


async def waiting(sessions: Sessions, *, standing_yes: bool) -> Match:
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session)
        plan = await add_plan(session, commissioner)
        family = await add_family(session, commissioner)
        intake = await add_intake(session, places=1, standing_yes=standing_yes)
        match = await add_match(
            session, plan, family, intake, state=MatchState.AGREED, approved=True
        )
        await release_families(session, [family.id], actor=SYSTEM)
    return match


async def states(sessions: Sessions, match: Match) -> tuple[str, str]:
    async with transaction(sessions, EXCHANGE) as session:
        assert await recount_places(session) == []
        need = await session.get_one(Need, match.need_id)
        return (await session.get_one(Match, match.id)).state, need.state


async def expire(sessions: Sessions) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        return await expire_what_waited(session)


async def test_what_is_in_time_stays(sessions: Sessions) -> None:
    match = await waiting(sessions, standing_yes=True)
    assert await expire(sessions) == 0
    assert (await states(sessions, match))[0] == "awaiting_family"


async def test_a_silent_family_gives_the_place_back(sessions: Sessions) -> None:
    match = await waiting(sessions, standing_yes=True)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Offer).values(expires_at=func.now()))
    assert await expire(sessions) == 1
    assert await states(sessions, match) == ("family_expired", NeedState.PUBLISHED)
    assert await expire(sessions) == 0


async def test_a_silent_provider_gives_the_family_back(sessions: Sessions) -> None:
    match = await waiting(sessions, standing_yes=False)
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=25)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Match).values(waits_since=long_ago))
    assert await expire(sessions) == 1
    assert await states(sessions, match) == ("provider_expired", NeedState.PUBLISHED)


async def test_an_old_prediction_is_used_no_more(sessions: Sessions) -> None:
    match = await waiting(sessions, standing_yes=True)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Need).values(valid_until=TODAY - dt.timedelta(days=1)))
    assert await expire(sessions) == 0, "help that is on its way goes on"
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Offer).values(expires_at=func.now()))
    await expire(sessions)
    assert (await states(sessions, match))[1] in {NeedState.PUBLISHED, NeedState.EXPIRED}
    await expire(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.scalars(select(Need.state))).all() == [NeedState.EXPIRED]


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (dt.date(2026, 11, 20), 1, dt.date(2026, 11, 23)),
        (dt.date(2026, 12, 24), 1, dt.date(2026, 12, 29)),
        (dt.date(2026, 12, 24), 10, dt.date(2027, 1, 12)),
    ],
)
def test_weekends_and_bank_holidays_do_not_count(start: dt.date, count: int, end: dt.date) -> None:
    assert add_working_days(start, count) == end
