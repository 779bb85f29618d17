"""Steps forward, family by family, for a council's programs: from a yes on, while it stands.

An offer that nobody took a yes from would tell of a no, or of silence: so offers and claims are
not told, nor anything of a match that is no more.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import case, or_
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor, readable_matches
from marketplace.db.acting import by_exchange
from marketplace.db.families import Family, Need
from marketplace.db.history import Event
from marketplace.db.plans import Match
from marketplace.services.figures.monthly_figures import TAKEN
from marketplace.states import MatchState

_M = MatchState
TOLD: Final = ("accepted", "started", "completed")
# How a match is told of to programs; in any other state it is not there.
STANDING: Final = {
    _M.PROPOSED: "proposed",
    _M.AGREED: "agreed",
    # Not whose turn it is: who is asked and then gone has said no, or nothing.
    _M.AWAITING_PROVIDER: "offered",
    _M.AWAITING_FAMILY: "offered",
    _M.ACCEPTED: "accepted",
    _M.UNDER_WAY: "started",
    _M.COMPLETED: "ended",
    _M.ENDED_EARLY: "ended",
}


@dataclass(frozen=True, kw_only=True)
class Step:
    id: int
    at: dt.datetime
    step: str
    match_id: uuid.UUID
    family_ref: str
    need: str


@by_exchange
async def list_steps(
    session: AsyncSession, *, after: int, limit: int, actor: Actor
) -> Sequence[Step]:
    taken = [TAKEN[step] for step in TOLD]
    step = case(*zip(taken, TOLD, strict=True))
    rows = await session.execute(
        readable_matches(actor)
        .join(Match.need)
        .join(Event, Event.subject_id == Match.id)
        .where(
            Event.subject_kind == "match",
            Event.id > after,
            Match.state.in_(STANDING),
            or_(*taken),
        )
        .with_only_columns(Event.id, Event.at, step.label("step"), Match.id, Family.ref, Need.code)
        .order_by(Event.id)
        .limit(limit)
    )
    return [
        Step(id=id_, at=at, step=name, match_id=match_id, family_ref=ref, need=code)
        for id_, at, name, match_id, ref, code in rows
    ]
