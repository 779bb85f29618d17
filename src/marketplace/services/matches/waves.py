"""How many families are let go a day: a small first wave, then what the council can answer."""

import uuid

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from directory.models import Intake, Provider, Service
from directory.visibility import is_admitted
from marketplace.access import SYSTEM, Actor
from marketplace.db.families import Family
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match
from marketplace.db.queue import RELEASE_FAMILY, enqueue
from marketplace.defaults import defaults_for
from marketplace.services.matches.releases import ready_matches, release_families

_Host = aliased(Provider)

# A statement takes 32,767 values at most.
MOST_AT_ONCE = 5_000


async def release_wave(session: AsyncSession, commissioner_id: uuid.UUID, *, actor: Actor) -> int:
    """Let go as many families as today's wave still has room for; returns how many it were.

    Those with the most at stake first. Where a place has gone, the next family takes the turn.
    """
    council = await _lock_council(session, commissioner_id)
    room = left = await _left_today(session, council)
    tried: list[uuid.UUID] = []
    while left > 0:
        families = await _next_families(session, council.id, most=min(left, MOST_AT_ONCE))
        # Whoever comes up twice running cannot go today.
        if families == tried:
            break
        left -= len(await release_families(session, families, actor=actor))
        tried = families
    return room - left


async def release_waves(session: AsyncSession) -> None:
    """Today's wave of each council."""
    for commissioner_id in await session.scalars(select(Commissioner.id).order_by(Commissioner.id)):
        await release_wave(session, commissioner_id, actor=SYSTEM)


async def go_on(session: AsyncSession) -> None:
    """Families in a wave already whose next match had to wait: parked, or offered enough."""
    waiting = ready_matches().where(Match.approved_at <= Family.released_at)
    families = await session.scalars(
        waiting.with_only_columns(Match.family_id).order_by(None).distinct()
    )
    await enqueue(session, RELEASE_FAMILY, list(families))


async def count_waiting(session: AsyncSession, commissioner_id: uuid.UUID) -> int:
    """Approved families that wait for a day with room."""
    waiting = _waiting(commissioner_id).with_only_columns(Match.family_id).order_by(None)
    found = await session.scalar(select(func.count()).select_from(waiting.distinct().subquery()))
    return found or 0


async def _lock_council(session: AsyncSession, commissioner_id: uuid.UUID) -> Commissioner:
    """Two waves at once would each count without the other."""
    return (
        await session.scalars(
            select(Commissioner)
            .where(Commissioner.id == commissioner_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    ).one()


async def _left_today(session: AsyncSession, council: Commissioner) -> int:
    """Only so many until the first families are let go; from the day after, so many a day."""
    waves = defaults_for(council.policy)["waves"]
    today = Family.released_at >= func.current_date()
    before, already = (
        await session.execute(
            select(
                func.count().filter(Family.released_at < func.current_date()),
                func.count().filter(today),
            ).where(Family.commissioner_id == council.id)
        )
    ).one()
    most = waves["first"] - before if before < waves["first"] else waves["daily"]
    return max(0, int(most) - int(already))


async def _next_families(
    session: AsyncSession, commissioner_id: uuid.UUID, *, most: int
) -> list[uuid.UUID]:
    by_family = (
        _waiting(commissioner_id)
        .with_only_columns(Match.family_id)
        .order_by(None)
        .group_by(Match.family_id)
        .order_by(func.max(Match.stake_pence).desc(), Match.family_id)
        .limit(most)
    )
    return list(await session.scalars(by_family))


def _waiting(commissioner_id: uuid.UUID) -> Select[Match]:
    """Not yet let go since they were approved, with a provider who may be asked today."""
    return (
        ready_matches()
        .join(Match.intake)
        .join(Intake.service)
        .join(Service.provider)
        .outerjoin(_Host, _Host.id == Provider.hosted_by_id)
        .where(
            Family.commissioner_id == commissioner_id,
            or_(Family.released_at.is_(None), Family.released_at < Match.approved_at),
            is_admitted(Provider),
            or_(Provider.hosted_by_id.is_(None), is_admitted(_Host)),
        )
    )
