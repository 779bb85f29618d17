"""The clock of a simulated month moves every time there is, the history's too."""

import datetime as dt

from families_at_hand import TODAY, add_commissioner, add_family, add_intake, add_match, add_plan
from moving_clock import pass_days
from sqlalchemy import func, select

from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Contact, Need
from marketplace.db.history import Event
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.services.matches.transitions import move_match
from marketplace.settings import Settings
from marketplace.states import MatchState


async def test_a_day_passes_everywhere(sessions: Sessions, settings: Settings) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        council = await add_commissioner(session)
        family = await add_family(session, council)
        plan, intake = await add_plan(session, council), await add_intake(session)
        match = await add_match(session, plan, family, intake)
        await move_match(session, match.id, to=MatchState.AGREED, actor=SYSTEM)
    await pass_days(settings.migration_database_url)
    async with transaction(sessions, EXCHANGE) as session:
        now = (await session.execute(select(func.now()))).scalar_one()
        day, almost = dt.timedelta(days=1), dt.timedelta(hours=23)
        assert now - (await session.get_one(Match, match.id)).waits_since > almost
        assert await session.scalar(select(func.max(Event.at))) < now - almost
        assert (await session.get_one(Contact, family.id)).safe_checked_on == TODAY - day
        assert await session.scalar(select(Need.valid_until)) == TODAY + 89 * day
