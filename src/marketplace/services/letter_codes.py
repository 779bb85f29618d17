"""The code typed from a letter: it leads to the same page as the link, and is hard to guess."""

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import by_exchange
from marketplace.db.offers import Offer, WrongCode
from marketplace.defaults import defaults
from marketplace.services.offers import LINK
from marketplace.settings import settings_of
from marketplace.tokens import CODE_LENGTH, CODE_SIGNS, derive_token, hash_code

ONE_AT_A_TIME = 0x6C6574746572  # "letter", the name of the lock


@by_exchange
async def find_token(session: AsyncSession, typed: str) -> str | None:
    """The token of the link that a code stands for; None where it stands for none."""
    code = "".join(sign for sign in typed.upper() if sign.isalnum())
    if len(code) == CODE_LENGTH and set(code) <= set(CODE_SIGNS):
        keys = settings_of(session).secret_keys
        offer = await session.scalar(
            select(Offer).where(Offer.code_hash.in_([hash_code(key, code) for key in keys]))
        )
        if offer is not None:
            return derive_token(keys, LINK, offer.id, made_with=offer.key_id)
    session.add(WrongCode())
    await session.flush()
    return None


@by_exchange
async def are_too_many(session: AsyncSession) -> bool:
    """Whether so many wrong codes came in the last minute that nobody's is looked at.

    Counted for all together: behind a council's proxy everybody has the same address.
    """
    # One at a time, or many quick guesses would all be counted from the same start.
    await session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    minute_ago = func.now() - timedelta(minutes=1)
    await session.execute(delete(WrongCode).where(WrongCode.at <= minute_ago))
    wrong = await session.scalar(select(func.count()).select_from(WrongCode))
    most: int = defaults()["letter"]["wrong_codes_per_minute"]
    return (wrong or 0) >= most
