"""How long anything is kept: one table, printed for everybody and carried out by the worker."""

import secrets
import tomllib
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from marketplace.db.asks import ASKED_REF
from marketplace.db.digests import Digest
from marketplace.db.families import Contact, Family
from marketplace.db.machines import ApiRequest
from marketplace.db.offers import Offer, WrongAnswer
from marketplace.db.people import SignInLink
from marketplace.db.plans import Match
from marketplace.db.rights import RightsRequest
from marketplace.db.volunteering import ReceivedText
from marketplace.services.rights.legal_holds import is_held
from marketplace.states import LIVE_MATCH
from marketplace.templating import plural

MOST_AT_ONCE = 500
Cutoff = ColumnElement[Any]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One kind of record. `days` None: something else ends it, and `from_when` tells when."""

    what: str
    tables: list[str]
    from_when: str
    why: str
    law: str
    days: int | None = None

    @property
    def kept_text(self) -> str:
        if self.days is None:
            return self.from_when
        return f"{plural(self.days, 'day')} {self.from_when}" if self.days else self.from_when


@cache
def schedule() -> Mapping[str, Rule]:
    found = tomllib.loads(files("marketplace").joinpath("retention.toml").read_text("utf-8"))
    return MappingProxyType({name: Rule(**rule) for name, rule in found.items()})


async def forget_by_schedule(session: AsyncSession) -> None:
    """Everything that has its day in the table; a step that missed an hour catches up."""
    for name, forget in STEPS.items():
        days = schedule()[name].days
        if days is not None:
            await forget(session, func.now() - timedelta(days=days))


async def _contacts(session: AsyncSession, before: Cutoff) -> None:
    """Of families with nothing live, whose last match and last offer ended long ago."""
    old = aliased(Match)
    ended = exists().where(old.family_id == Contact.family_id)
    goes_on = exists().where(
        old.family_id == Contact.family_id,
        or_(old.state.in_(LIVE_MATCH), old.waits_since > before),
    )
    # Who asked by itself is forgotten by its own rule: something may be open that has no match.
    asked = exists().where(Family.id == Contact.family_id, Family.ref.startswith(ASKED_REF))
    await session.execute(
        delete(Contact).where(ended, ~goes_on, ~asked, ~is_held(Contact.family_id))
    )


async def _offer_links(session: AsyncSession, before: Cutoff) -> None:
    """The hash becomes that of nothing, so that the old link opens nothing."""
    over = exists().where(
        Match.id == Offer.match_id, Match.state.not_in(LIVE_MATCH), Match.waits_since <= before
    )
    has_link = or_(
        Offer.code_hash.is_not(None),
        Offer.contact_way.is_not(None),
        func.cardinality(Offer.easier) > 0,
        Offer.key_id != CUT,
    )
    ids = await session.scalars(
        select(Offer.id)
        .where(over, has_link, ~is_held(Offer.family_id))
        .order_by(Offer.id)
        .limit(MOST_AT_ONCE)
    )
    for offer_id in ids.all():
        await cut_link(session, offer_id)


CUT = "cut"


async def cut_link(session: AsyncSession, offer_id: uuid.UUID) -> None:
    await session.execute(
        update(Offer)
        .where(Offer.id == offer_id)
        .values(
            key_id=CUT,
            token_hash=secrets.token_bytes(32),
            code_hash=None,
            contact_way=None,
            easier=[],
        )
    )


async def _requests(session: AsyncSession, before: Cutoff) -> None:
    held = and_(RightsRequest.family_id.is_not(None), is_held(RightsRequest.family_id))
    await session.execute(
        update(RightsRequest)
        .where(
            RightsRequest.answer_expires_at <= func.now(),
            RightsRequest.answer_sealed.is_not(None),
            ~held,
        )
        .values(answer_sealed=None)
    )
    await session.execute(
        update(RightsRequest)
        .where(RightsRequest.closed_at <= before, RightsRequest.given_sealed.is_not(None), ~held)
        .values(given_sealed=None, answer_sealed=None)
    )


async def _unproved(session: AsyncSession, before: Cutoff) -> None:
    await session.execute(
        delete(RightsRequest).where(
            RightsRequest.proved_at.is_(None), RightsRequest.expires_at <= before
        )
    )


async def _wrong(session: AsyncSession, before: Cutoff) -> None:
    held = select(Offer.id).where(is_held(Offer.family_id))
    await session.execute(
        delete(WrongAnswer).where(WrongAnswer.at <= before, WrongAnswer.offer_id.not_in(held))
    )


def _older(column: Any) -> Callable[[AsyncSession, Cutoff], Awaitable[None]]:
    async def forget(session: AsyncSession, before: Cutoff) -> None:
        await session.execute(delete(column.class_).where(column <= before))

    return forget


STEPS: Mapping[str, Callable[[AsyncSession, Cutoff], Awaitable[None]]] = MappingProxyType(
    {
        "family_contact": _contacts,
        "offer_link": _offer_links,
        "rights_request": _requests,
        "rights_unproved": _unproved,
        "sign_in_link": _older(SignInLink.expires_at),
        "digest": _older(Digest.expires_at),
        "wrong_answer": _wrong,
        "api_request": _older(ApiRequest.at),
        "received_text": _older(ReceivedText.received_at),
    }
)
