"""Families who have a link: made in bulk, let go by the same wave as in earnest."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import asyncpg
from links import Link
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from worlds.approved import store_approved

from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.offers import Offer
from marketplace.db.session import make_engine, make_sessions, transaction
from marketplace.services.matches.waves import release_wave
from marketplace.services.offers.offers import LINK
from marketplace.settings import Settings
from marketplace.tokens import derive_token

Prepare = Callable[[AsyncSession], Awaitable[None]]
# What families say, as often as we guess that they do.
ANSWERS, WEIGHTS = ("yes", "no", "not_now"), (80, 15, 5)


async def make_links(
    settings: Settings, count: int, *, seed: int, prepare: Prepare | None = None
) -> list[Link]:
    """So many offers, each with its link and the answer that will be given behind it.

    `prepare` may change what is approved before it is let go.
    """
    engine = make_engine(settings.database_url)
    sessions = make_sessions(engine, settings)
    try:
        async with transaction(sessions, EXCHANGE) as session:
            council = await store_approved(session, count)
            if prepare:
                await prepare(session)
        await analyze(settings)
        async with transaction(sessions, EXCHANGE) as session:
            await release_wave(session, council, actor=SYSTEM)
        async with transaction(sessions, EXCHANGE) as session:
            rows = await session.execute(select(Offer.id, Offer.key_id).order_by(Offer.id))
            offers = rows.all()
        await analyze(settings)
    finally:
        await engine.dispose()
    # A seed, so that a run can be had again: these are no secrets.
    drawn = random.Random(seed).choices(ANSWERS, WEIGHTS, k=len(offers))  # noqa: S311
    keys = settings.secret_keys
    return [
        Link(str(row.id), derive_token(keys, LINK, row.id, made_with=row.key_id), answer)
        for row, answer in zip(offers, drawn, strict=True)
    ]


async def note_all_sent(settings: Settings) -> None:
    """These families have their link: the messages that brought it have left."""
    connection = await asyncpg.connect(settings.migration_database_url)
    await connection.execute("SET acting.kind = 'exchange'")
    await connection.execute("UPDATE message SET state = 'sent', sent_at = now()")
    await connection.execute("DELETE FROM jobs.pgqueuer")
    await connection.close()


async def analyze(settings: Settings) -> None:
    """As the database does by itself within minutes of such an import."""
    connection = await asyncpg.connect(settings.migration_database_url)
    await connection.execute("ANALYZE")
    await connection.close()
