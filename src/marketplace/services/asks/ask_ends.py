"""How an ask stands, and how it ends: taken back at once, or forgotten when its time is over."""

import uuid
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from directory.spreadsheets.places import NO_FIXED_ABODE
from marketplace.access import Actor
from marketplace.db.acting import by_exchange
from marketplace.db.asks import ASKED_REF, Ask
from marketplace.db.families import Contact, Family, Need
from marketplace.db.history import Event
from marketplace.db.plans import Match
from marketplace.defaults import defaults
from marketplace.errors import NotFoundError
from marketplace.services.matches.locks import lock_places
from marketplace.services.matches.transitions import (
    move_matches,
    move_needs,
    note_deed,
)
from marketplace.services.rights.legal_holds import is_held
from marketplace.states import LIVE_MATCH, MatchState, NeedState
from marketplace.tokens import hash_token

OPEN_NEED: Final = (NeedState.DRAFT, NeedState.PUBLISHED, NeedState.PLANNED, NeedState.MET)
# Help that was agreed, or that a person has stopped to look at, does not end by a press here.
STAYS: Final = frozenset({MatchState.ACCEPTED, MatchState.UNDER_WAY, MatchState.ON_HOLD})
MOST_AT_ONCE = 200


@by_exchange
async def find_ask(session: AsyncSession, token: str) -> Ask:
    """The ask behind a family's own link."""
    ask = await session.scalar(
        select(Ask)
        .where(Ask.status_hash == hash_token(token), Ask.need_id.is_not(None))
        .options(joinedload(Ask.need), joinedload(Ask.commissioner))
        .execution_options(populate_existing=True)
    )
    if ask is None:
        raise NotFoundError("This link does not work any more, or not all of it was copied.")
    return ask


@by_exchange
async def standing_of(session: AsyncSession, ask: Ask) -> str:
    """`received`, `call`, `looked_at`, `offered`, `yes`, `withdrawn` or `ended`."""
    if ask.need is None or ask.withdrawn_at is not None:
        return "withdrawn"
    if ask.need.state == NeedState.MET:
        return "yes"
    states = await session.scalars(
        select(Match.state).where(Match.need_id == ask.need_id, Match.state.in_(LIVE_MATCH))
    )
    told = _told_of_matches(set(states))
    if told in {"yes", "offered"}:
        return told
    if ask.ring_reason in {"sensitive", "again"} and ask.rung_at is None:
        return "call"
    return told if ask.need.state in OPEN_NEED else "ended"


def _told_of_matches(live: set[str]) -> str:
    if live & {MatchState.ACCEPTED, MatchState.UNDER_WAY}:
        return "yes"
    if MatchState.AWAITING_FAMILY in live:
        return "offered"
    return "looked_at" if live else "received"


@by_exchange
async def withdraw_ask(session: AsyncSession, token: str) -> str:
    """“I no longer need this”: what was on its way stops, and what may be deleted is.

    Returns how the ask stands afterwards, as `standing_of` does.
    """
    ask = await find_ask(session, token)
    live = select(Match.id).where(Match.need_id == ask.need_id, Match.state.in_(LIVE_MATCH))
    await lock_places(session, await session.scalars(live))
    matches = (await session.execute(select(Match.id, Match.state).where(Match.id.in_(live)))).all()
    is_open = ask.withdrawn_at is None and ask.need is not None and ask.need.state in OPEN_NEED
    if not is_open or ask.need is None or any(match.state in STAYS for match in matches):
        return await standing_of(session, ask)
    actor = Actor(kind="family", id=ask.need.family_id)
    code = "asked_no_more"
    ids = [match.id for match in matches]
    await move_matches(session, ids, to=MatchState.WITHDRAWN, actor=actor, code=code)
    await move_needs(session, [ask.need.id], to=NeedState.WITHDRAWN, actor=actor, code=code)
    await session.execute(
        update(Ask).where(Ask.need_id == ask.need_id).values(withdrawn_at=func.now())
    )
    await note_deed(session, ("ask", ask.id), "withdrawn", actor=actor, code=code)
    if not await _is_still_known(session, ask.need.family_id):
        await forget_household(session, ask.need.family_id)
    return "withdrawn"


async def _is_still_known(session: AsyncSession, family_id: uuid.UUID) -> bool:
    """Whether a law holds it, the council predicted something, or it asked for more."""
    if await session.scalar(select(is_held(family_id))):
        return True
    asked_only = select(Family.ref.startswith(ASKED_REF)).where(Family.id == family_id)
    has_more = select(_has_open_need(family_id) | _has_live_match(family_id))
    return not await session.scalar(asked_only) or bool(await session.scalar(has_more))


def _has_open_need(family_id: object) -> ColumnElement[bool]:
    return exists().where(Need.family_id == family_id, Need.state.in_(OPEN_NEED))


def _has_live_match(family_id: object) -> ColumnElement[bool]:
    return exists().where(Match.family_id == family_id, Match.state.in_(LIVE_MATCH))


async def forget_household(session: AsyncSession, family_id: uuid.UUID) -> None:
    """Only the pseudonym, the half of a postcode and what was done are left, for the counts."""
    await session.execute(delete(Contact).where(Contact.family_id == family_id))
    await session.execute(
        update(Family)
        .where(Family.id == family_id)
        .values(
            area=func.coalesce(Family.outward, NO_FIXED_ABODE),
            children_born=[],
            easting=None,
            northing=None,
        )
    )


async def forget_asks(session: AsyncSession) -> int:
    """What nobody proved in time goes, and, a month after the end of it, how to reach a family."""
    unproved = await session.scalars(
        delete(Ask).where(Ask.proved_at.is_(None), Ask.expires_at <= func.now()).returning(Ask.id)
    )
    ended = await _ended_households(session)
    for family_id in ended:
        await forget_household(session, family_id)
    needs = select(Need.id).where(Need.family_id.in_(ended))
    await session.execute(delete(Ask).where(Ask.need_id.in_(needs)))
    held = exists().where(Need.id == Ask.need_id, is_held(Need.family_id))
    await session.execute(delete(Ask).where(Ask.withdrawn_at < _long_ago(), ~held))
    return len(unproved.all()) + len(ended)


def _long_ago() -> ColumnElement[Any]:
    return func.now() - timedelta(days=defaults()["asking"]["kept_after_end_days"])


async def _ended_households(session: AsyncSession) -> list[uuid.UUID]:
    moved_lately = exists().where(
        Event.subject_kind == "need", Event.subject_id == Need.id, Event.at > _long_ago()
    )
    lately = exists().where(Need.family_id == Family.id, moved_lately)
    found = await session.scalars(
        select(Family.id)
        .join(Family.contact)
        .where(
            Family.ref.startswith(ASKED_REF),
            ~is_held(Family.id),
            ~_has_open_need(Family.id),
            ~_has_live_match(Family.id),
            ~lately,
        )
        .order_by(Family.id)
        .limit(MOST_AT_ONCE)
    )
    return list(found)
