"""Some thousands of the million attempts of `make chaos`, and an observer that is seen to see."""

from places import CAPACITIES, Count, _look, attempt
from sqlalchemy import text

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, make_engine, make_sessions, transaction
from marketplace.settings import Settings


async def test_sixty_four_clients_at_four_intakes(settings: Settings) -> None:
    engine = make_engine(settings.database_url, pool_size=66, max_overflow=0)
    sessions = make_sessions(engine, settings)
    count = await attempt(sessions, attempts=12_800, seconds=900, seed=1)
    assert count.attempts >= 12_800
    assert count.given >= sum(CAPACITIES)
    assert count.most_held <= max(CAPACITIES)
    assert count.faults == 0
    await sees_a_fault(sessions)
    await engine.dispose()


async def sees_a_fault(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(text("UPDATE intake SET held = held + 1 WHERE places = 20"))
        count = Count()
        await _look(session, count)
        assert count.faults == 1
        await session.rollback()
