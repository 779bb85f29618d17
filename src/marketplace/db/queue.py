"""Jobs in the same database: what is enqueued in a transaction exists only if it commits."""

import uuid
from functools import cache
from typing import Any

from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.domain.settings import DBSettings
from pgqueuer.queries import Queries
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from sqlalchemy.ext.asyncio import AsyncSession

SCHEMA = "jobs"
SEND_MESSAGE = "send_message"
SOLVE_PLAN = "solve_plan"
RELEASE_FAMILY = "release_family"
# Letters come by the thousand, and are sent as fast as they go: nothing else waits behind them.
LAST, FIRST = 0, 1
PRIORITIES = {SEND_MESSAGE: LAST, SOLVE_PLAN: FIRST, RELEASE_FAMILY: FIRST}


class QueueSettings(DBSettings):
    """The library's settings without its look at the environment."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library passes all five by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def make_queries(driver: AsyncpgDriver | AsyncpgPoolDriver) -> Queries:
    settings = _settings()
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(settings),
        qbq=QueryQueueBuilder(settings),
        qbs=QuerySchedulerBuilder(settings),
    )


@cache
def _settings() -> QueueSettings:
    return QueueSettings(db_schema=SCHEMA)


def install_sql() -> str:
    return QueryBuilderEnvironment(_settings()).build_install_query()


async def enqueue(
    session: AsyncSession,
    entrypoint: str,
    subject_ids: list[uuid.UUID],
    *,
    priority: int | None = None,
) -> None:
    """Enqueue one job a subject; a job that waits already is enough."""
    if not subject_ids:
        return
    connection = await session.connection()
    raw: Any = (await connection.get_raw_connection()).driver_connection
    # SQLAlchemy begins lazily: a job enqueued before the first statement would commit by itself.
    if not raw.is_in_transaction():
        raise RuntimeError("a job is enqueued inside the session's transaction")
    count = len(subject_ids)
    await make_queries(AsyncpgDriver(raw)).enqueue(
        [entrypoint] * count,
        [str(subject_id).encode() for subject_id in subject_ids],
        [PRIORITIES[entrypoint] if priority is None else priority] * count,
        dedupe_key=[f"{entrypoint}:{subject_id}" for subject_id in subject_ids],
        on_conflict="skip",
    )
