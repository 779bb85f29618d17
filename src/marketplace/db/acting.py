"""On whose behalf a transaction runs: what the database's row level security goes by."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

P = ParamSpec("P")
R = TypeVar("R")

# `true`: for this transaction only. A session's setting would go on to whoever uses the
# connection next.
_SET = text(
    "SELECT set_config('acting.kind', :kind, true),"
    " set_config('acting.commissioner', :commissioner, true),"
    " set_config('acting.provider', :provider, true),"
    " set_config('acting.family', :family, true),"
    " set_config('acting.deed', :deed, true),"
    " now() AS now"
)
_SET_BY_LINK = text("SELECT act_for_link(:hash, :keys) AS family_id, now() AS now")


@dataclass(frozen=True, kw_only=True)
class Acting:
    """`deed`: something is being done, so a provider also sees what it is just handing back."""

    kind: str
    commissioner_id: uuid.UUID | None = None
    provider_id: uuid.UUID | None = None
    family_id: uuid.UUID | None = None
    deed: bool = False


# The worker, the commands, and what follows from a deed that was allowed.
EXCHANGE: Final = Acting(kind="exchange")
PUBLIC: Final = Acting(kind="public")


async def act_as(session: AsyncSession, acting: Acting) -> None:
    """Say on whose behalf the rest of the transaction runs."""
    told = await session.execute(
        _SET,
        {
            "kind": acting.kind,
            "commissioner": str(acting.commissioner_id or ""),
            "provider": str(acting.provider_id or ""),
            "family": str(acting.family_id or ""),
            "deed": "yes" if acting.deed else "",
        },
    )
    session.info.update(acting=acting, now=told.one().now)


async def act_for_link(session: AsyncSession, token_hash: bytes, *, key_ids: Sequence[str]) -> None:
    """From here on for the family whose link this is; for nobody where it is no link of ours."""
    told = await session.execute(_SET_BY_LINK, {"hash": token_hash, "keys": list(key_ids)})
    row = told.one()
    acting = Acting(kind="family", family_id=row.family_id)
    session.info.update(acting=acting, now=row.now)


def now_of(session: AsyncSession) -> dt.datetime:
    """The database's time, which is the same for the whole transaction: expiry goes by it."""
    now: dt.datetime = session.info["now"]
    return now


@asynccontextmanager
async def as_exchange(session: AsyncSession) -> AsyncIterator[None]:
    """What follows from a deed that was allowed, whoever it concerns: not for what is shown."""
    before: Acting = session.info["acting"]
    if before == EXCHANGE:
        yield
        return
    await act_as(session, EXCHANGE)
    try:
        yield
    except DBAPIError:
        # The transaction is over: nothing can be said in it any more.
        raise
    except BaseException:
        await act_as(session, before)
        raise
    await act_as(session, before)


def by_exchange(
    verb: Callable[Concatenate[AsyncSession, P], Awaitable[R]],
) -> Callable[Concatenate[AsyncSession, P], Awaitable[R]]:
    """Make a verb the exchange's own: it asks by itself whether it may, or holds a secret link."""

    @wraps(verb)
    async def done(session: AsyncSession, /, *args: P.args, **kwargs: P.kwargs) -> R:
        async with as_exchange(session):
            return await verb(session, *args, **kwargs)

    return done
