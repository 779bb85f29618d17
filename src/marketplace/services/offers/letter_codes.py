"""The code typed from a letter: it leads to the same page as the link, and is hard to guess."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import by_exchange
from marketplace.db.offers import Offer
from marketplace.services.offers.offers import LINK
from marketplace.services.staff import limits
from marketplace.settings import settings_of
from marketplace.tokens import CODE_LENGTH, CODE_SIGNS, derive_token, hash_code


@by_exchange
async def find_token(session: AsyncSession, typed: str) -> str | None:
    """The token of the link that a code stands for; None where it stands for none.

    After too many wrong ones nobody's is looked at for a while, not even the right one.
    """
    await limits.take(session, limits.WRONG_LETTER_CODES)
    code = "".join(sign for sign in typed.upper() if sign.isalnum())
    if len(code) == CODE_LENGTH and set(code) <= set(CODE_SIGNS):
        keys = settings_of(session).secret_keys
        offer = await session.scalar(
            select(Offer).where(Offer.code_hash.in_([hash_code(key, code) for key in keys]))
        )
        if offer is not None:
            await limits.give_back(session, limits.WRONG_LETTER_CODES)
            return derive_token(keys, LINK, offer.id, made_with=offer.key_id)
    return None
