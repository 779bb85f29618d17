"""The agreement on families' data: accepted before the first claim, and the door it holds open."""

import uuid

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Service
from marketplace.access import Actor, answered_matches
from marketplace.db.plans import Match
from marketplace.db.providers import AGREEMENT_VERSION, Agreement
from marketplace.services.matches.holds import hold_families, release_held
from marketplace.services.matches.transitions import move_matches, note_deed
from marketplace.services.offers.offers import offer_where_ready
from marketplace.services.providers.permissions import lock_own_provider
from marketplace.states import MatchState

WITHDRAWN = "agreement_withdrawn"


async def find_agreement(session: AsyncSession, *, actor: Actor) -> Agreement | None:
    """The one that stands, if it is for the text as it reads now."""
    return await session.scalar(
        select(Agreement).where(
            Agreement.provider_id == actor.provider_id,
            Agreement.version == AGREEMENT_VERSION,
            Agreement.withdrawn_at.is_(None),
        )
    )


async def list_agreements(session: AsyncSession, provider_id: uuid.UUID) -> list[Agreement]:
    found = await session.scalars(
        select(Agreement)
        .where(Agreement.provider_id == provider_id)
        .order_by(Agreement.accepted_at.desc(), Agreement.id)
    )
    return list(found)


async def accept_agreement(session: AsyncSession, *, actor: Actor) -> None:
    """Accepting twice is accepting once."""
    provider_id = (await lock_own_provider(session, actor=actor)).id
    added = await session.execute(
        insert(Agreement)
        .values(
            id=uuid.uuid4(),
            provider_id=provider_id,
            version=AGREEMENT_VERSION,
            accepted_by_id=actor.id,
            accepted_by=actor.name,
        )
        .on_conflict_do_nothing()
        .returning(Agreement.id)
    )
    if added.first() is None:
        return
    subject = ("provider", provider_id)
    await note_deed(session, subject, "agreement_accepted", actor=actor, code=AGREEMENT_VERSION)
    await release_held(session, provider_id, code=WITHDRAWN, actor=actor)
    await _keep_standing_yes(session, actor=actor)


async def withdraw_agreement(session: AsyncSession, *, actor: Actor) -> None:
    """The door closes with this transaction: every query asks whether the agreement stands."""
    provider_id = (await lock_own_provider(session, actor=actor)).id
    if not await end_agreements(session, provider_id, actor=actor):
        return
    await note_deed(session, ("provider", provider_id), WITHDRAWN, actor=actor)
    await hold_families(session, provider_id, code=WITHDRAWN, actor=actor)


async def end_agreements(session: AsyncSession, provider_id: uuid.UUID, *, actor: Actor) -> int:
    ended = await session.scalars(
        update(Agreement)
        .where(Agreement.provider_id == provider_id, Agreement.withdrawn_at.is_(None))
        .values(withdrawn_at=func.now(), withdrawn_by=actor.name)
        .returning(Agreement.id)
    )
    return len(ended.all())


async def _keep_standing_yes(session: AsyncSession, *, actor: Actor) -> None:
    """Services that say yes by themselves were asked all the same while nothing was agreed."""
    waiting = await session.execute(
        answered_matches(actor)
        .where(Match.state == MatchState.AWAITING_PROVIDER, Service.standing_yes)
        .with_only_columns(Match.id, Match.family_id)
        .order_by(Match.id)
    )
    rows = waiting.all()
    ids = [row.id for row in rows]
    await move_matches(session, ids, to=MatchState.AWAITING_FAMILY, actor=actor)
    await offer_where_ready(session, [row.family_id for row in rows])
