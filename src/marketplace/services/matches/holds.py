"""What happens to families when their provider stops for a while, comes back, or goes."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Select, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.access import Actor, answered_matches
from marketplace.db.acting import by_exchange
from marketplace.db.families import Family
from marketplace.db.history import Event
from marketplace.db.offers import Call, Message, Offer
from marketplace.db.outcomes import Concern
from marketplace.db.plans import Match
from marketplace.db.queue import RELEASE_FAMILY, enqueue
from marketplace.services.matches.locks import lock_places
from marketplace.services.matches.transitions import move_matches
from marketplace.services.matches.what_follows import follow_up
from marketplace.services.sending.outbox import OFFER, queue_messages
from marketplace.states import MatchState

# Help that has begun is not broken off by a press: a person looks at each such family.
CAN_WAIT = (MatchState.AWAITING_PROVIDER, MatchState.AWAITING_FAMILY, MatchState.ACCEPTED)
WAS_HELD_IN = (*CAN_WAIT, MatchState.UNDER_WAY)
KNOWS_THE_PROVIDER = (MatchState.ACCEPTED, MatchState.UNDER_WAY)


@by_exchange
async def hold_families(
    session: AsyncSession, provider_id: uuid.UUID, *, code: str, actor: Actor
) -> int:
    """Everything not begun waits, its place kept, and no message leaves; how many it is.

    Families who were told of the provider get a call, since a closed link explains nothing.
    """
    known = await matches_of(session, provider_id, KNOWS_THE_PROVIDER)
    await ask_to_call(session, known, reason=code)
    waiting = await matches_of(session, provider_id, CAN_WAIT)
    ids = [match.id for match in waiting]
    await move_matches(session, ids, to=MatchState.ON_HOLD, actor=actor, code=code)
    return len(ids)


@by_exchange
async def release_held(
    session: AsyncSession, provider_id: uuid.UUID, *, code: str, actor: Actor
) -> int:
    """Put back what was held for this reason, to where each was; nobody has lost any time."""
    held = await _held_for(session, provider_id, code=code)
    await put_back(session, held, code=code, actor=actor)
    return len(held)


async def put_back(
    session: AsyncSession, held: Mapping[uuid.UUID, str | None], *, code: str, actor: Actor
) -> None:
    """From hold to where each was, with the time it lost; `held`: match → the state it was in."""
    await lock_places(session, held)
    await _give_time_back(session, held)
    for state in WAS_HELD_IN:
        ids = [match_id for match_id, before in held.items() if before == state]
        await move_matches(session, ids, to=state, actor=actor, code=code)
    await _queue_unsent(session, held)
    # In transactions of their own: the next step of a family may be with another provider.
    families = await session.scalars(select(Match.family_id).where(Match.id.in_(held)).distinct())
    await enqueue(session, RELEASE_FAMILY, list(families))


@by_exchange
async def release_agreed(session: AsyncSession, provider_id: uuid.UUID) -> None:
    """Let go what was agreed and approved meanwhile, and waited unheld."""
    families = await session.scalars(
        _answered_by(provider_id)
        .where(Match.state == MatchState.AGREED, Match.approved_at.is_not(None))
        .with_only_columns(Match.family_id)
        .distinct()
    )
    await enqueue(session, RELEASE_FAMILY, list(families))


@by_exchange
async def hand_on(
    session: AsyncSession, matches: Sequence[Match], *, to: MatchState, code: str, actor: Actor
) -> None:
    """Free the places; what was approved with them follows, or the needs are planned again."""
    await move_matches(session, [match.id for match in matches], to=to, actor=actor, code=code)
    await follow_up(session, matches, code=code, actor=actor)


@by_exchange
async def matches_of(
    session: AsyncSession, provider_id: uuid.UUID, states: Collection[MatchState]
) -> Sequence[Match]:
    """Its own and its volunteers'."""
    found = await session.scalars(
        _answered_by(provider_id)
        .where(Match.state.in_(states))
        .order_by(Match.id)
        .options(joinedload(Match.need), joinedload(Match.family).joinedload(Family.contact))
    )
    return found.all()


@by_exchange
async def count_by_state(session: AsyncSession, provider_id: uuid.UUID) -> dict[str, int]:
    rows = await session.execute(
        _answered_by(provider_id)
        .with_only_columns(Match.state, func.count().label("number"))
        .group_by(Match.state)
    )
    return {row.state: row.number for row in rows}


@by_exchange
async def ask_to_call(session: AsyncSession, matches: Iterable[Match], *, reason: str) -> None:
    offers = await session.scalars(
        select(Offer.id).where(Offer.match_id.in_([match.id for match in matches]))
    )
    rows = [{"id": uuid.uuid4(), "offer_id": offer_id, "reason": reason} for offer_id in offers]
    if rows:
        # Somebody is to call them already: one call is enough.
        await session.execute(
            insert(Call).on_conflict_do_nothing(
                index_elements=["offer_id"], index_where=Call.done_at.is_(None)
            ),
            rows,
        )


def _answered_by(provider_id: uuid.UUID) -> Select[Match]:
    return answered_matches(Actor(kind="provider", provider_id=provider_id))


async def _held_for(
    session: AsyncSession, provider_id: uuid.UUID, *, code: str
) -> dict[uuid.UUID, str | None]:
    """Match → the state it was held in, where the last hold of it had this reason."""
    # While somebody is worried about a child a match waits for the practitioner alone.
    worried = exists().where(Concern.match_id == Match.id, Concern.closed_at.is_(None))
    held = _answered_by(provider_id).where(Match.state == MatchState.ON_HOLD, ~worried)
    rows = await session.execute(
        select(Event.subject_id, Event.source, Event.code)
        .where(
            Event.subject_kind == "match",
            Event.target == MatchState.ON_HOLD,
            Event.subject_id.in_(held.with_only_columns(Match.id)),
        )
        .order_by(Event.id)
    )
    last = {row.subject_id: row for row in rows}
    return {match_id: row.source for match_id, row in last.items() if row.code == code}


async def _give_time_back(session: AsyncSession, held: Collection[uuid.UUID]) -> None:
    """A family could not answer while its link was closed, so its seven days stood still."""
    since = select(Match.waits_since).where(Match.id == Offer.match_id).scalar_subquery()
    await session.execute(
        update(Offer)
        .where(Offer.match_id.in_(held), Offer.answer.is_(None))
        .values(expires_at=Offer.expires_at + (func.now() - since)),
        execution_options={"synchronize_session": False},
    )


async def _queue_unsent(session: AsyncSession, held: Collection[uuid.UUID]) -> None:
    """Offers whose message was due while they were held: it was refused then, for good."""
    on_its_way = select(Message.subject_id).where(
        Message.event == OFFER, Message.state.in_(("queued", "sent", "stopped"))
    )
    unsent = await session.scalars(
        select(Offer.id).where(
            Offer.match_id.in_(held),
            Offer.channel.is_not(None),
            Offer.answer.is_(None),
            Offer.id.not_in(on_its_way),
        )
    )
    await queue_messages(session, OFFER, unsent.all())
