"""How a command works in the database: all of it in one transaction."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import make_engine, make_sessions, transaction
from marketplace.settings import read_settings

T = TypeVar("T")


def in_transaction(
    work: Callable[[Any], Coroutine[Any, Any, T]], *, keep: bool = True, **options: Any
) -> T:
    """Run the work; without `keep` nothing of it stays. `options` are the engine's."""
    settings = read_settings()

    async def run() -> T:
        engine = make_engine(settings.database_url, **options)
        try:
            async with transaction(make_sessions(engine, settings), EXCHANGE) as session:
                done = await work(session)
                if not keep:
                    await session.rollback()
                return done
        finally:
            await engine.dispose()

    return asyncio.run(run())
