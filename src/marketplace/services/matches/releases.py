"""What leaves next for a family: its most important approved match, one at a time."""

import uuid
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Select, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, contains_eager, joinedload

from directory.models import Intake, Provider, Service
from marketplace.access import Actor, has_agreed
from marketplace.db.acting import by_exchange
from marketplace.db.families import Family
from marketplace.db.plans import Match
from marketplace.services.matches.locks import lock_families, lock_places
from marketplace.services.matches.transitions import move_matches
from marketplace.services.matches.what_follows import follow_up, may_be_asked
from marketplace.services.needs.stops import on_stop_list
from marketplace.services.offers.offers import offer_where_ready
from marketplace.services.providers.permissions import lock_admitted
from marketplace.states import HOLDS_PLACE, MatchState

# A family has one question at a time before it.
WAITING = HOLDS_PLACE - {MatchState.ACCEPTED}


@by_exchange
async def release_families(
    session: AsyncSession, family_ids: Collection[uuid.UUID], *, actor: Actor
) -> set[uuid.UUID]:
    """Hold a place for the next match of each family that is not waiting for an answer already.

    What a paused provider would be given waits until it is let in again. Returns the families
    that were let go.
    """
    await lock_families(session, family_ids)
    return await _let_go(session, await _first_of_each(session, _ready(family_ids)), actor=actor)


async def release_next(
    session: AsyncSession, family_ids: Collection[uuid.UUID], *, actor: Actor
) -> set[uuid.UUID]:
    """The same for what a wave has let go before; whatever was approved since waits for its own."""
    await lock_families(session, family_ids)
    ready = _ready(family_ids).where(Match.approved_at <= Family.released_at)
    return await _let_go(session, await _first_of_each(session, ready), actor=actor)


async def _let_go(
    session: AsyncSession, chosen: Sequence[Match], *, actor: Actor
) -> set[uuid.UUID]:
    await lock_places(session, [match.id for match in chosen])
    agreed = await _bound_by_agreement(session, [one.intake.service.provider for one in chosen])
    standing = [match for match in chosen if _says_yes_by_itself(match, agreed)]
    claimable = [match for match in chosen if not _says_yes_by_itself(match, agreed)]
    asked = await _release(session, claimable, to=MatchState.AWAITING_PROVIDER, actor=actor)
    offered = await _release(session, standing, to=MatchState.AWAITING_FAMILY, actor=actor)
    let_go = {match.family_id for match in (*asked, *offered)}
    await _note_wave(session, let_go)
    await offer_where_ready(session, [match.family_id for match in chosen])
    return let_go


async def _note_wave(session: AsyncSession, family_ids: Collection[uuid.UUID]) -> None:
    """Only where something newly approved has left: what follows belongs to the wave before."""
    new = exists().where(
        Match.family_id == Family.id,
        Match.state.in_(WAITING),
        or_(Family.released_at.is_(None), Family.released_at < Match.approved_at),
    )
    await session.execute(
        update(Family)
        .where(Family.id.in_(family_ids), new)
        # The clock, not the transaction's begin: what was approved within it has been let go.
        .values(released_at=func.clock_timestamp()),
        execution_options={"synchronize_session": False},
    )


def _ready(family_ids: Collection[uuid.UUID]) -> Select[Match]:
    """Approved matches that may leave now, the most important first."""
    return ready_matches().where(Match.family_id.in_(family_ids))


def ready_matches() -> Select[Match]:
    other = aliased(Match)
    waits = exists().where(other.family_id == Match.family_id, other.state.in_(WAITING))
    return (
        select(Match)
        .join(Match.family)
        .where(
            Match.state == MatchState.AGREED,
            Match.approved_at.is_not(None),
            Family.stopped_at.is_(None),
            ~on_stop_list(),
            ~waits,
            may_be_asked(),
        )
        .order_by(Match.stake_pence.desc(), Match.id)
    )


async def _first_of_each(session: AsyncSession, ready: Select[Match]) -> list[Match]:
    found = (
        await session.scalars(
            ready.options(
                contains_eager(Match.family),
                joinedload(Match.intake).joinedload(Intake.service).joinedload(Service.provider),
            )
        )
    ).all()
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
) -> list[Match]:
    outcome = await move_matches(session, [match.id for match in matches], to=to, actor=actor)
    # A place may have gone since the plan was made: the next approved choice follows.
    gone = outcome.refused
    await move_matches(
        session,
        [match.id for match in gone],
        to=MatchState.WITHDRAWN,
        actor=actor,
        code="place_gone",
    )
    await follow_up(session, gone, code="place_gone", actor=actor)
    return outcome.moved
