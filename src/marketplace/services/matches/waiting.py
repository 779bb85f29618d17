"""The waiting list: a family that would like a support that is full is offered it once."""

import uuid
from collections.abc import Sequence

from sqlalchemy import exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import SYSTEM, Actor
from marketplace.db.acting import by_exchange
from marketplace.db.families import Family, Need
from marketplace.db.offers import Offer, WaitingPlace
from marketplace.db.plans import Match
from marketplace.db.queue import RELEASE_FAMILY, enqueue
from marketplace.errors import BadFormError
from marketplace.services.matches.transitions import move_needs, note_deed
from marketplace.services.matches.what_follows import may_be_asked, put_in_place
from marketplace.services.needs.refusals import refused_pairs
from marketplace.services.offers.choices import open_intakes
from marketplace.states import NeedState

MOST_AT_ONCE = 200
ENDED = (NeedState.MET, NeedState.CLOSED, NeedState.WITHDRAWN, NeedState.EXPIRED)
CODE = "place_free"


@by_exchange
async def wait_for_place(session: AsyncSession, offer: Offer, intake_id: uuid.UUID) -> None:
    """Note the wish, once; it decides nothing else, so the offer stands as it stood."""
    if str(intake_id) not in offer.choices.get("intakes", ()):
        raise BadFormError({"choice": "Choose one of these"})
    added = await session.execute(
        insert(WaitingPlace)
        .values(id=uuid.uuid4(), need_id=offer.match.need_id, intake_id=intake_id)
        .on_conflict_do_nothing(
            index_elements=["need_id", "intake_id"], index_where=WaitingPlace.ended_at.is_(None)
        )
        .returning(WaitingPlace.id)
    )
    if added.first():
        actor = Actor(kind="family", id=offer.family_id)
        detail = {"intake": str(intake_id)}
        await note_deed(session, ("offer", offer.id), "waiting", actor=actor, detail=detail)


@by_exchange
async def waits_for(session: AsyncSession, offer: Offer) -> set[uuid.UUID]:
    found = await session.scalars(
        select(WaitingPlace.intake_id).where(
            WaitingPlace.need_id == offer.match.need_id, WaitingPlace.ended_at.is_(None)
        )
    )
    return set(found)


async def offer_free_places(session: AsyncSession) -> int:
    """Let those who wait go on to places that came free, in the order in which they asked."""
    await _end_where_over(session)
    waiting = await _ready(session)
    there = await open_intakes(session, {place.intake_id for place, _ in waiting})
    refused = await refused_pairs(session, {need.id for _, need in waiting})
    left = {key: intake.places_left for key, intake in there.intakes.items()}
    families = set()
    for place, need in waiting:
        intake = there.free_for(need, place.intake_id)
        free = left.get(place.intake_id)
        is_taken = free is not None and free < need.places
        if intake is None or is_taken or (need.id, intake.id) in refused:
            continue
        if need.family_id in families or (last := await _last_match(session, need)) is None:
            continue
        if free is not None:
            left[place.intake_id] = free - need.places
        place.ended_at = func.now()
        await move_needs(session, [need.id], to=NeedState.PLANNED, actor=SYSTEM, code=CODE)
        await put_in_place(session, last, intake, actor=SYSTEM, code=CODE)
        families.add(need.family_id)
    await session.flush()
    await enqueue(session, RELEASE_FAMILY, sorted(families))
    return len(families)


async def _ready(session: AsyncSession) -> Sequence[tuple[WaitingPlace, Need]]:
    """Those whose need has no other match, first come first served."""
    found = await session.execute(
        select(WaitingPlace, Need)
        .join(Need, Need.id == WaitingPlace.need_id)
        .join(Need.family)
        .where(
            WaitingPlace.ended_at.is_(None),
            Need.state == NeedState.PUBLISHED,
            Need.valid_until >= func.current_date(),
            may_be_asked(),
        )
        .order_by(WaitingPlace.asked_at, WaitingPlace.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(of=WaitingPlace, skip_locked=True)
    )
    return [(place, need) for place, need in found]


async def _last_match(session: AsyncSession, need: Need) -> Match | None:
    """What was approved for this need: the wish was one of its choices."""
    return await session.scalar(
        select(Match)
        .where(Match.need_id == need.id, Match.approved_at.is_not(None))
        .order_by(Match.waits_since.desc(), Match.id)
        .limit(1)
    )


async def _end_where_over(session: AsyncSession) -> None:
    over = exists().where(Need.id == WaitingPlace.need_id, Need.state.in_(ENDED))
    gone = exists().where(
        Need.id == WaitingPlace.need_id,
        Family.id == Need.family_id,
        Family.stopped_at.is_not(None),
    )
    await session.execute(
        update(WaitingPlace)
        .where(WaitingPlace.ended_at.is_(None), over | gone)
        .values(ended_at=func.now()),
        execution_options={"synchronize_session": False},
    )
