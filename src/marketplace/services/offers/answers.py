"""What a family decides, behind its link or by telephone: one answer, and the first one stands."""

import uuid
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta
from functools import cache

from sqlalchemy import Executable, Select, bindparam, delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from directory.models import Intake, Provider, Service
from marketplace.access import Actor
from marketplace.db.acting import now_of
from marketplace.db.families import Contact, Need
from marketplace.db.offers import Call, Offer
from marketplace.db.plans import Match
from marketplace.db.queue import RELEASE_FAMILY, enqueue
from marketplace.defaults import defaults
from marketplace.errors import BadFormError
from marketplace.services.matches.locks import PlacesLeft, lock_families, lock_places_of_family
from marketplace.services.matches.transitions import (
    move_match,
    move_matches,
    move_needs,
    note_deed,
)
from marketplace.services.matches.what_follows import follow_up, put_in_place
from marketplace.services.offers.choices import open_intakes
from marketplace.services.providers.permissions import lock_admitted
from marketplace.services.sending.outbox import OFFER_CONFIRMED, queue_messages
from marketplace.states import LIVE_MATCH, MatchState, NeedState

ANSWERS = ("yes", "no", "not_now", "not_me", "stop")
EASIER = ("fare", "childcare", "interpreter", "companion", "another_time")
# What a message can be sent by; whoever was telephoned was told there and then.
WRITTEN = ("email", "sms")


def standing_of(session: AsyncSession, offer: Offer) -> str:
    """An answer, `open`, `closed`, or `changed`: a yes that the family took back.

    The database's clock decides on expiry.
    """
    if offer.answer == "yes" and offer.match.state == MatchState.FAMILY_DECLINED:
        return "changed"
    if offer.answer:
        return offer.answer
    in_time = offer.expires_at > now_of(session)
    return "open" if in_time and offer.match.state == MatchState.AWAITING_FAMILY else "closed"


async def answer_offer(
    session: AsyncSession,
    offer: Offer,
    *,
    answer: str,
    contact_way: str | None = None,
    easier: Collection[str] = (),
    choice: uuid.UUID | None = None,
    actor: Actor | None = None,
) -> str:
    """Take an answer; told again, whatever it says, the first one stands.

    `choice`: the intake that a yes is for, the first unless another is named. `actor`: who enters
    it for the family, if not the family itself. Returns what now stands, as `standing_of` does, or
    `full` where the place has gone meanwhile: then nothing was changed.
    """
    actor = actor or Actor(kind="family", id=offer.family_id)
    if answer == "yes" and choice and await _has_gone(session, offer, choice):
        return "full"
    left = await lock_offer(session, offer, choice=choice)
    if left is None:
        return "full"
    standing = standing_of(session, offer)
    if standing != "open":
        return standing
    if answer == "yes" and not await _take_choice(session, offer, choice, actor, left):
        return "full"
    offer.answer, offer.answered_at = answer, now_of(session)
    offer.answered_for_by = None if actor.kind == "family" else actor.id
    if answer == "yes":
        offer.contact_way = contact_way
        offer.easier = [one for one in EASIER if one in easier]
    await session.flush()
    await _ANSWERED[answer](session, offer, actor)
    return answer


async def lock_offer(
    session: AsyncSession, offer: Offer, *, choice: uuid.UUID | None = None
) -> PlacesLeft | None:
    """Family, provider, intakes, offer, match, in this order; what is left at the intakes.

    While somebody read the page its match may have ended and another taken its place: then None.
    """
    await lock_families(session, [offer.family_id])
    if choice is not None:
        await _lock_provider_of(session, choice)
    left = await lock_places_of_family(
        session,
        offer.family_id,
        match_id=offer.match_id,
        intake_ids=[choice] if choice else [],
    )
    shown = offer.match_id
    found = await session.execute(_lock_offer_and_match(), {"offer_id": offer.id})
    locked = found.mappings().one()
    for column in _MAY_HAVE_CHANGED:
        set_committed_value(offer, column.key, locked[column.key])
    if offer.match_id != shown:
        return None
    set_committed_value(offer.match, "state", locked["state"])
    return left


async def ask_for_call(session: AsyncSession, offer: Offer) -> None:
    """Put the family on the list of calls, once. It decides nothing, so it needs no question."""
    added = await session.execute(
        insert(Call)
        .values(id=uuid.uuid4(), offer_id=offer.id, reason="call_me")
        .on_conflict_do_nothing(index_elements=["offer_id"], index_where=Call.done_at.is_(None))
        .returning(Call.id)
    )
    if added.first():
        actor = Actor(kind="family", id=offer.family_id)
        await note_deed(session, ("offer", offer.id), "call_asked", actor=actor)


_MAY_HAVE_CHANGED = (
    Offer.answer,
    Offer.answered_for_by,
    Offer.match_id,
    Offer.choices,
    Offer.expires_at,
)


@cache
def _lock_offer_and_match() -> Executable:
    return (
        select(*_MAY_HAVE_CHANGED, Match.state)
        .join(Offer.match)
        .where(Offer.id == bindparam("offer_id"))
        .with_for_update()
    )


async def _lock_provider_of(session: AsyncSession, intake_id: uuid.UUID) -> None:
    """Whoever pauses it waits for this answer, and then finds it."""
    owners = await session.execute(
        select(Provider.id, Provider.hosted_by_id)
        .join(Service, Service.provider_id == Provider.id)
        .join(Intake, Intake.service_id == Service.id)
        .where(Intake.id == intake_id)
    )
    await lock_admitted(session, {one for row in owners for one in row if one})


async def _take_choice(
    session: AsyncSession,
    offer: Offer,
    choice: uuid.UUID | None,
    actor: Actor,
    left: PlacesLeft,
) -> bool:
    """Accept the place that is held; or another, that is taken now if it is still there."""
    first, to = offer.match, MatchState.ACCEPTED
    if choice is None or choice == first.intake_id:
        await move_match(session, first.id, to=to, actor=actor, code="yes", left=left)
        return True
    intake = await _find_free(session, offer, choice)
    if intake is None:
        return False
    other = "chose_other"
    await move_match(session, first.id, to=MatchState.WITHDRAWN, actor=actor, code=other)
    chosen = await put_in_place(session, first, intake, actor=actor, code=other)
    for state in (MatchState.AWAITING_FAMILY, MatchState.ACCEPTED):
        await move_match(session, chosen.id, to=state, actor=actor, code="yes")
    offer.match = chosen
    return True


async def _has_gone(session: AsyncSession, offer: Offer, choice: uuid.UUID) -> bool:
    """A look without locks: nobody queues for the last place where it went long ago."""
    if choice == offer.match.intake_id or standing_of(session, offer) != "open":
        return False
    return await _find_free(session, offer, choice) is None


async def _find_free(session: AsyncSession, offer: Offer, choice: uuid.UUID) -> Intake | None:
    if str(choice) not in offer.choices.get("intakes", ()):
        raise BadFormError({"choice": "Choose one of these"})
    there = await open_intakes(session, [choice])
    return there.free_for(offer.match.need, choice) if choice in there.standing else None


async def _after_yes(session: AsyncSession, offer: Offer, _: Actor) -> None:
    if await _has_more_to_come(session, offer.family_id):
        # In a transaction of its own: it locks other intakes, and a yes waits for nothing.
        await enqueue(session, RELEASE_FAMILY, [offer.family_id])
    if offer.channel in WRITTEN:
        await queue_messages(session, OFFER_CONFIRMED, [offer.id])


async def _has_more_to_come(session: AsyncSession, family_id: uuid.UUID) -> bool:
    return bool(await session.scalar(_more_to_come(), {"family_id": family_id}))


@cache
def _more_to_come() -> Select[bool]:
    agreed = Match.state == MatchState.AGREED
    return select(exists().where(Match.family_id == bindparam("family_id"), agreed))


async def _after_no(session: AsyncSession, offer: Offer, actor: Actor) -> None:
    match = await _decline(session, offer, to=MatchState.FAMILY_DECLINED, code="no", actor=actor)
    await follow_up(session, [match], code="no", actor=actor)


async def _after_not_now(session: AsyncSession, offer: Offer, actor: Actor) -> None:
    code = "not_now"
    match = await _decline(session, offer, to=MatchState.FAMILY_DECLINED, code=code, actor=actor)
    await move_needs(session, [match.need_id], to=NeedState.PUBLISHED, actor=actor, code=code)
    days = defaults()["family_days"]["parked_after_not_now"]
    offer.family.parked_until = now_of(session).date() + timedelta(days=days)
    await session.flush()


async def _after_not_me(session: AsyncSession, offer: Offer, actor: Actor) -> None:
    """The address was somebody else's, so it is not kept; nothing leaves until there is another."""
    code = "not_me"
    match = await _decline(session, offer, to=MatchState.WITHDRAWN, code=code, actor=actor)
    await move_needs(session, [match.need_id], to=NeedState.PUBLISHED, actor=actor, code=code)
    await session.execute(delete(Contact).where(Contact.family_id == offer.family_id))
    offer.family.contact_wrong_at = now_of(session)
    await note_deed(session, ("family", offer.family_id), "contact_wrong", actor=actor)


async def _after_stop(session: AsyncSession, offer: Offer, actor: Actor) -> None:
    await _decline(session, offer, to=MatchState.FAMILY_DECLINED, code="stop", actor=actor)
    offer.family.stopped_at = now_of(session)
    open_needs = select(Need.id).where(
        Need.family_id == offer.family_id,
        Need.state.in_((NeedState.DRAFT, NeedState.PUBLISHED, NeedState.PLANNED)),
    )
    needs = (await session.scalars(open_needs)).all()
    await move_needs(session, needs, to=NeedState.WITHDRAWN, actor=actor, code="stop")


_ANSWERED: dict[str, Callable[[AsyncSession, Offer, Actor], Awaitable[None]]] = {
    "yes": _after_yes,
    "no": _after_no,
    "not_now": _after_not_now,
    "not_me": _after_not_me,
    "stop": _after_stop,
}


async def _decline(
    session: AsyncSession, offer: Offer, *, to: MatchState, code: str, actor: Actor
) -> Match:
    """End this match, and the others of the family that no yes stands behind."""
    match = await move_match(session, offer.match_id, to=to, actor=actor, code=code)
    others = await _without_a_yes(session, offer.family_id)
    ids = [one.id for one in others]
    await move_matches(session, ids, to=MatchState.WITHDRAWN, actor=actor, code=code)
    needs = [one.need_id for one in others]
    await move_needs(session, needs, to=NeedState.PUBLISHED, actor=actor, code=code)
    return match


async def _without_a_yes(session: AsyncSession, family_id: uuid.UUID) -> Sequence[Match]:
    # Help that has been accepted or has begun goes on: this was an answer about another one.
    ending = LIVE_MATCH - {MatchState.ACCEPTED, MatchState.UNDER_WAY}
    found = await session.scalars(
        select(Match).where(Match.family_id == family_id, Match.state.in_(ending))
    )
    return found.all()
