"""What was said no to, by whomever: such a pair never comes again."""

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.history import Event
from marketplace.db.offers import Offer, WaitingPlace
from marketplace.db.plans import Match, PairRule
from marketplace.reasons import REASONS, Effect
from marketplace.states import MatchState

REFUSED = (
    MatchState.SET_ASIDE,
    MatchState.PROVIDER_DECLINED,
    MatchState.PROVIDER_EXPIRED,
    MatchState.FAMILY_DECLINED,
    MatchState.FAMILY_EXPIRED,
    MatchState.NOT_STARTED,
    MatchState.ENDED_EARLY,
)
# "Not now" refuses a time, and "not me" was somebody else's word.
REFUSES_NOTHING = [
    reason.code
    for reason in REASONS.values()
    if reason.whose == "family" and reason.effect in {Effect.PARK_FAMILY, Effect.NONE}
]

Pairs = set[tuple[uuid.UUID, uuid.UUID]]


async def refused_pairs(
    session: AsyncSession, need_ids: Collection[uuid.UUID] | None = None
) -> Pairs:
    """Need and intake; of all needs unless some are named."""
    pairs: Pairs = set()
    for statement in (_ended(), _forbidden()):
        need = statement.selected_columns[0]
        wanted = statement if need_ids is None else statement.where(need.in_(need_ids))
        pairs |= {(row[0], row[1]) for row in await session.execute(wanted)}
    shown = _shown() if need_ids is None else _shown().where(Match.need_id.in_(need_ids))
    seen = {
        (need_id, uuid.UUID(one))
        for need_id, choices in await session.execute(shown)
        for one in choices.get("intakes", ())
    }
    return pairs | (seen - await _wished_for(session) if seen else seen)


def _ended() -> Select[uuid.UUID, uuid.UUID]:
    only_not_now = exists().where(
        Event.subject_kind == "match",
        Event.subject_id == Match.id,
        Event.target == Match.state,
        Event.code.in_(REFUSES_NOTHING),
    )
    return select(Match.need_id, Match.intake_id).where(
        Match.state.in_(REFUSED),
        ~and_(Match.state == MatchState.FAMILY_DECLINED, only_not_now),
    )


def _forbidden() -> Select[uuid.UUID, uuid.UUID]:
    return select(PairRule.need_id, PairRule.intake_id).where(
        PairRule.kind == "forbid", PairRule.lifted_at.is_(None)
    )


async def _wished_for(session: AsyncSession) -> Pairs:
    """Whoever waits for a full one, and says no to the rest, has not refused it."""
    found = await session.execute(
        select(WaitingPlace.need_id, WaitingPlace.intake_id).where(WaitingPlace.ended_at.is_(None))
    )
    return {(row.need_id, row.intake_id) for row in found}


def _shown() -> Select[uuid.UUID, dict[str, Any]]:
    """A family that said no, at once or later, saw more than one choice: no to all of them."""
    changed = and_(Offer.answer == "yes", Match.state == MatchState.FAMILY_DECLINED)
    return (
        select(Match.need_id, Offer.choices)
        .join(Match, Match.id == Offer.match_id)
        .where(or_(Offer.answer == "no", changed))
    )
