"""How often something may be done: exact, and counted for all processes together.

A use counts when the transaction that made it is committed; until then whoever comes with the
same key waits. So nobody gets past a limit by asking often at once, and what was undone is free.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from sqlalchemy import delete, func, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import by_exchange
from marketplace.db.limits import LimitUse
from marketplace.defaults import defaults
from marketplace.errors import TooManyError
from marketplace.settings import settings_of

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class Limit:
    """At most `most` uses by one key within any `seconds`."""

    name: str
    most: int
    seconds: int


LINKS_TO_AN_ADDRESS = Limit("sign-in links to an address", 6, HOUR)
# A council's whole office may come from one address.
LINKS_FOR_A_CLIENT = Limit("sign-in links for a client", 100, HOUR)
WRONG_SECOND_STEPS = Limit("wrong codes of a second step", 5, 15 * MINUTE)
WORK_ACCOUNTS_FOR_A_CLIENT = Limit("ways to a work account for a client", 100, HOUR)
OUTSIDE_LOOK_UPS = Limit("places looked up outside for a client", 30, 10 * MINUTE)
JOINS_BY_AN_ADDRESS = Limit("requests to join by an address", 3, HOUR)
JOINS_FOR_A_CLIENT = Limit("requests to join for a client", 30, HOUR)
JOINS = Limit("requests to join", 200, HOUR)
# A form that sends mail and makes work: neither one address or telephone, nor those who ring for a
# council, nor the whole country can be flooded by it.
ASKS_BY_AN_ADDRESS = Limit("asks by an address or a telephone", 3, HOUR)
ASKS_TO_RING = Limit("asks that a council must ring", 30, DAY)
ASKS = Limit("asks", 300, HOUR)
RIGHTS_BY_AN_ADDRESS = Limit("questions about rights by an address or a telephone", 3, HOUR)
RIGHTS_TO_RING = Limit("questions about rights that a council must ring", 30, DAY)
RIGHTS = Limit("questions about rights", 300, HOUR)
# For all together: nobody knows whose letter a wrong code was meant to be of.
WRONG_LETTER_CODES = Limit(
    "wrong codes of letters", defaults()["letter"]["wrong_codes_per_minute"], MINUTE
)

_RECENT = """
    ARRAY(SELECT time FROM unnest(used.times) AS time
          WHERE time > clock_timestamp() - :window ORDER BY time)
"""
# One statement: the row is locked, then read, then changed, whoever else comes meanwhile.
_TAKE = text(f"""
    INSERT INTO limit_use AS used (key_hash, times, until)
    VALUES (:key, ARRAY[clock_timestamp()], clock_timestamp() + :window)
    ON CONFLICT (key_hash) DO UPDATE
        SET times = {_RECENT} || clock_timestamp(), until = clock_timestamp() + :window
        WHERE cardinality({_RECENT}) < :most
    RETURNING true
""")  # noqa: S608 - nothing but the text above goes in
_WAIT = text("""
    SELECT min(time) + :window - clock_timestamp() FROM limit_use, unnest(times) AS time
    WHERE key_hash = :key AND time > clock_timestamp() - :window
""")
_GIVE_BACK = text("""
    UPDATE limit_use SET times = times[1:cardinality(times) - 1] WHERE key_hash = :key
""")


@by_exchange
async def take(session: AsyncSession, limit: Limit, key: str = "") -> None:
    """Use a limit once, or raise."""
    given = {"key": _hash(session, limit, key), "window": timedelta(seconds=limit.seconds)}
    if await session.scalar(_TAKE, given | {"most": limit.most}):
        return
    wait: timedelta | None = await session.scalar(_WAIT, given)
    raise TooManyError(ceil(wait.total_seconds()) if wait else 1)


async def take_all(session: AsyncSession, used: Iterable[tuple[Limit, str]]) -> bool:
    """Use several once, until one is used up: whether none was. Nobody is told which."""
    try:
        for limit, key in used:
            await take(session, limit, key)
    except TooManyError:
        return False
    return True


@by_exchange
async def give_back(session: AsyncSession, limit: Limit, key: str = "") -> None:
    """Undo this transaction's own use, which is the newest as long as the row is locked."""
    await session.execute(_GIVE_BACK, {"key": _hash(session, limit, key)})


@by_exchange
async def forget_uses(session: AsyncSession) -> None:
    """Delete what counts no longer."""
    await session.execute(delete(LimitUse).where(LimitUse.until <= func.now()))


def _hash(session: AsyncSession, limit: Limit, key: str) -> bytes:
    """Keyed, or whoever has the table could try all addresses against it."""
    secret = settings_of(session).secret_keys[0]
    return hmac.digest(secret.encode(), f"limit:{limit.name}:{key}".encode(), "sha256")
