"""Matches ended by the council before help has begun; help that has begun is never broken off."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.history import Event
from marketplace.db.plans import Match
from marketplace.services.matches.locks import lock_places
from marketplace.services.matches.transitions import move_matches
from marketplace.states import LIVE_MATCH, MatchState


def has_begun() -> ColumnElement[bool]:
    """Help is under way, or was when it was put on hold."""
    was_under_way = exists().where(
        Event.subject_kind == "match",
        Event.subject_id == Match.id,
        Event.target == MatchState.UNDER_WAY,
    )
    on_hold = and_(Match.state == MatchState.ON_HOLD, was_under_way)
    return or_(Match.state == MatchState.UNDER_WAY, on_hold)


def may_end() -> ColumnElement[bool]:
    return and_(Match.state.in_(LIVE_MATCH), ~has_begun())


async def end_not_begun(
    session: AsyncSession, chosen: ColumnElement[bool], *, code: str, actor: Actor
) -> dict[uuid.UUID, tuple[Match, str]]:
    """End the chosen matches and free their places; each by its id with the state it was in."""
    ids = await _ids(session, chosen)
    await lock_places(session, ids)
    # Asked again under the locks: help may have begun while we waited for them.
    found = await session.execute(
        select(Match.id, Match.state)
        .where(Match.id.in_(ids), may_end())
        .order_by(Match.id)
        .with_for_update(of=Match)
    )
    before = {row.id: row.state for row in found}
    outcome = await move_matches(
        session, list(before), to=MatchState.WITHDRAWN, actor=actor, code=code
    )
    return {match.id: (match, before[match.id]) for match in outcome.moved}


async def _ids(session: AsyncSession, chosen: ColumnElement[bool]) -> Sequence[uuid.UUID]:
    return (await session.scalars(select(Match.id).where(chosen, may_end()))).all()
