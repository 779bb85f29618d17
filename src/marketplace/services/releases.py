"""What leaves next for a family: its most important approved match, one at a time."""

import uuid
from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from directory.models import Intake, Provider, Service
from marketplace.access import Actor, has_agreed
from marketplace.db.families import Family
from marketplace.db.plans import Match
from marketplace.services.offers import offer_where_ready
from marketplace.services.permissions import lock_admitted
from marketplace.services.transitions import lock_places, move_matches, move_needs
from marketplace.states import HOLDS_PLACE, MatchState, NeedState


async def release_families(
    session: AsyncSession, family_ids: Collection[uuid.UUID], *, actor: Actor
) -> None:
    """Hold a place for the next match of each family that is not waiting for an answer already.

    What a paused provider would be given waits until it is let in again.
    """
    chosen = await _next_matches(session, family_ids)
    await lock_places(session, [match.id for match in chosen])
    agreed = await _bound_by_agreement(session, [one.intake.service.provider for one in chosen])
    standing = [match for match in chosen if _says_yes_by_itself(match, agreed)]
    claimable = [match for match in chosen if not _says_yes_by_itself(match, agreed)]
    await _release(session, claimable, to=MatchState.AWAITING_PROVIDER, actor=actor)
    await _release(session, standing, to=MatchState.AWAITING_FAMILY, actor=actor)
    await offer_where_ready(session, family_ids)


async def _next_matches(session: AsyncSession, family_ids: Collection[uuid.UUID]) -> list[Match]:
    waiting = select(Match.family_id).where(
        Match.family_id.in_(family_ids),
        Match.state.in_(HOLDS_PLACE - {MatchState.ACCEPTED}),
    )
    ready = await session.scalars(
        select(Match)
        .join(Match.family)
        .where(
            Match.family_id.in_(family_ids),
            Match.family_id.not_in(waiting),
            Match.state == MatchState.AGREED,
            Match.approved_at.is_not(None),
            Family.stopped_at.is_(None),
        )
        .order_by(Match.stake_pence.desc(), Match.id)
        .options(
            contains_eager(Match.family),
            joinedload(Match.intake).joinedload(Intake.service).joinedload(Service.provider),
        )
    )
    found = ready.all()
    helpers = [match.intake.service.provider for match in found]
    ids = {one.id for one in helpers} | {one.hosted_by_id for one in helpers if one.hosted_by_id}
    admitted = await lock_admitted(session, ids)
    first: dict[uuid.UUID, Match] = {}
    for match in found:
        helper = match.intake.service.provider
        if helper.id in admitted and (helper.hosted_by_id or helper.id) in admitted:
            first.setdefault(match.family_id, match)
    return list(first.values())


async def _bound_by_agreement(
    session: AsyncSession, providers: Iterable[Provider]
) -> set[uuid.UUID]:
    answerable = {provider.hosted_by_id or provider.id for provider in providers}
    found = await session.scalars(
        select(Provider.id).where(Provider.id.in_(answerable), has_agreed(Provider.id))
    )
    return set(found)


def _says_yes_by_itself(match: Match, agreed: set[uuid.UUID]) -> bool:
    """Never for somebody who has not agreed yet: the family's yes would reach a closed door."""
    service = match.intake.service
    answerable = service.provider.hosted_by_id or service.provider_id
    return service.standing_yes and answerable in agreed


async def _release(
    session: AsyncSession, matches: Iterable[Match], *, to: MatchState, actor: Actor
) -> None:
    outcome = await move_matches(session, [match.id for match in matches], to=to, actor=actor)
    # A place may have gone since the plan was made: the need then waits for the next plan.
    gone = outcome.refused
    await move_matches(
        session,
        [match.id for match in gone],
        to=MatchState.WITHDRAWN,
        actor=actor,
        code="place_gone",
    )
    await move_needs(
        session, [match.need_id for match in gone], to=NeedState.PUBLISHED, actor=actor
    )
