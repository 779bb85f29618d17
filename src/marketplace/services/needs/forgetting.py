"""Guesses that ran out are deleted: the row itself, not only its state."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import SYSTEM
from marketplace.db.families import Contact, Family, Need
from marketplace.db.offers import WaitingPlace
from marketplace.db.plans import Match, PairRule, UnmetNeed
from marketplace.services.matches.transitions import note_deed
from marketplace.services.rights.legal_holds import is_held
from marketplace.states import LIVE_MATCH, NeedState

MOST_AT_ONCE = 500
# Somebody asked for these: they are told when it runs out, and nothing of theirs just vanishes.
ASKED_FOR = ("self", "professional")
OVER = (NeedState.DRAFT, NeedState.EXPIRED, NeedState.WITHDRAWN, NeedState.CLOSED)


async def forget_old_needs(session: AsyncSession) -> int:
    """Delete predictions after their day, and families of whom nothing is left; how many needs.

    What was ever offered stays for the figures and for “why this family?”, with its state expired.
    """
    found = await session.execute(
        select(Need.id, Need.family_id)
        .where(
            Need.valid_until < func.current_date(),
            Need.state.in_(OVER),
            Need.asked_on.is_(None),
            Need.source.not_in(ASKED_FOR),
            ~_was_approved(),
            ~is_held(Need.family_id),
        )
        .order_by(Need.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(of=Need, skip_locked=True)
    )
    rows = found.all()
    needs = [row.id for row in rows]
    await _delete_needs(session, needs)
    await _delete_families(session, {row.family_id for row in rows})
    return len(needs)


def _was_approved() -> ColumnElement[bool]:
    """Somebody outside may have heard of it, or still will."""
    return exists().where(
        Match.need_id == Need.id,
        or_(Match.approved_at.is_not(None), Match.state.in_(LIVE_MATCH)),
    )


async def _delete_needs(session: AsyncSession, needs: Sequence[uuid.UUID]) -> None:
    matches = select(Match.id).where(Match.need_id.in_(needs))
    await session.execute(
        update(Match).where(Match.follows_id.in_(matches)).values(follows_id=None)
    )
    for table in (UnmetNeed, PairRule, WaitingPlace, Match):
        await session.execute(delete(table).where(table.need_id.in_(needs)))
    await session.execute(delete(Need).where(Need.id.in_(needs)))


async def _delete_families(session: AsyncSession, families: set[uuid.UUID]) -> None:
    left = or_(
        exists().where(Need.family_id == Family.id),
        exists().where(Match.family_id == Family.id),
        exists().where(Contact.family_id == Family.id),
        # It told us to stop: that has to be known when its pseudonym comes again. Where it
        # objected, the keyed hash knows it.
        and_(Family.stopped_at.is_not(None), Family.objected_at.is_(None)),
        is_held(Family.id),
    )
    deleted = await session.execute(
        delete(Family).where(Family.id.in_(families), ~left).returning(Family.commissioner_id)
    )
    counts: dict[uuid.UUID, int] = {}
    for row in deleted:
        counts[row.commissioner_id] = counts.get(row.commissioner_id, 0) + 1
    for commissioner_id, count in counts.items():
        subject = ("commissioner", commissioner_id)
        detail = {"families": count}
        await note_deed(session, subject, "families_forgotten", actor=SYSTEM, detail=detail)
