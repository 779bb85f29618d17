"""The question before an offer, and the proof of its answer. It stops accidents, not foes."""

import time
from datetime import timedelta
from functools import cache

from sqlalchemy import Executable, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.offers import Offer, WrongAnswer
from marketplace.defaults import defaults
from marketplace.services.offers.offers import LINK
from marketplace.settings import settings_of
from marketplace.tokens import check_proof, sign_proof

PROOF_SECONDS = 30 * 60


async def tries_left(session: AsyncSession, offer: Offer) -> int:
    limits = defaults()["question"]
    in_life, in_day = (await session.execute(_wrong_answers(), {"offer_id": offer.id})).one()
    left: int = min(
        limits["wrong_answers_per_day"] - in_day, limits["wrong_answers_per_link"] - in_life
    )
    return max(0, left)


@cache
def _wrong_answers() -> Executable:
    in_day = func.count().filter(WrongAnswer.at > func.now() - timedelta(days=1))
    return select(func.count(), in_day).where(WrongAnswer.offer_id == bindparam("offer_id"))


@cache
def _this_offer() -> Executable:
    return select(Offer.id).where(Offer.id == bindparam("offer_id")).with_for_update()


async def answer_question(session: AsyncSession, offer: Offer, *, born: str) -> str | None:
    """A proof for the next form when `born` (`2019-05`) is right; None when it is wrong."""
    # One at a time, or many quick guesses would all be counted from the same start.
    await session.execute(_this_offer(), {"offer_id": offer.id})
    if await tries_left(session, offer) == 0:
        return None
    if born not in offer.family.children_born:
        session.add(WrongAnswer(offer_id=offer.id))
        await session.flush()
        return None
    expires = int(time.time()) + PROOF_SECONDS
    return sign_proof(settings_of(session).secret_keys, LINK, str(offer.id), expires=expires)


def is_proved(session: AsyncSession, offer: Offer, *, proof: str) -> bool:
    keys = settings_of(session).secret_keys
    return check_proof(keys, LINK, str(offer.id), proof=proof, now=int(time.time()))
