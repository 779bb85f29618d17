"""Connections, and the one place that commits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg
import msgspec
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from directory.sealing import KeyRing
from marketplace.db.acting import Acting, act_as
from marketplace.settings import Settings

APPLICATION_ROLE = "marketplace_application"

Sessions = async_sessionmaker[AsyncSession]


def asyncpg_url(url: str) -> str:
    """The same address as asyncpg takes it: its scheme, and `ssl` for libpq's `sslmode`."""
    parts = urlsplit(url)
    names = {"sslmode": "ssl"}
    query = urlencode([(names.get(name, name), value) for name, value in parse_qsl(parts.query)])
    scheme = "postgresql+asyncpg"
    return urlunsplit((scheme, parts.netloc, parts.path, query, parts.fragment))


def make_engine(url: str, *, role: str | None = APPLICATION_ROLE, **options: Any) -> AsyncEngine:
    """An engine whose connections act as `role`: even an owner's login owns nothing here."""
    engine = create_async_engine(
        asyncpg_url(url),
        connect_args={"server_settings": _server_settings(role), "timeout": 5},
        # A match says in JSON what else was weighed: a wave reads thousands of them.
        json_deserializer=msgspec.json.decode,
        # An error quotes its statement, and may be printed: never with whom it was about.
        hide_parameters=True,
        **options,
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: Any, *_: object) -> None:
    """The pool opens another. A ping asks the server thrice to learn what the socket has told."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _server_settings(role: str | None) -> dict[str, str]:
    settings = {"timezone": "UTC", "application_name": "marketplace"}
    return settings | ({"role": role} if role else {})


def make_sessions(engine: AsyncEngine, settings: Settings) -> Sessions:
    info = {"settings": settings, "key_ring": KeyRing(settings.secret_keys)}
    return async_sessionmaker(engine, expire_on_commit=False, autoflush=False, info=info)


@asynccontextmanager
async def transaction(sessions: Sessions, acting: Acting | None) -> AsyncIterator[AsyncSession]:
    """All of what happens inside is stored, or none of it; it sees what `acting` may see.

    None: nothing, until it is said inside for whom, as a family's link does.
    """
    async with sessions() as session:
        if acting is not None:
            await act_as(session, acting)
        yield session
        await session.commit()


def make_pool(url: str) -> asyncpg.Pool:
    """A pool of asyncpg's own for the job queue, which does not speak SQLAlchemy."""
    plain = asyncpg_url(url).replace("postgresql+asyncpg://", "postgresql://", 1)
    return asyncpg.create_pool(
        plain, min_size=2, max_size=5, server_settings=_server_settings(APPLICATION_ROLE)
    )
