"""What a family does behind its link: the question, its decision, and the wish to be called."""

import time
import uuid
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from directory.models import Intake, Provider, Service
from marketplace.access import Actor
from marketplace.db.acting import Acting, act_as, as_exchange
from marketplace.db.families import Family, Need
from marketplace.db.offers import Call, Offer, WrongAnswer
from marketplace.db.plans import Match
from marketplace.db.queue import RELEASE_FAMILY, enqueue
from marketplace.defaults import defaults
from marketplace.errors import NotFoundError
from marketplace.services.offers import LINK
from marketplace.services.transitions import (
    lock_places,
    move_match,
    move_matches,
    move_needs,
    note_deed,
)
from marketplace.settings import settings_of
from marketplace.states import LIVE_MATCH, MatchState, NeedState
from marketplace.tokens import check_proof, hash_token, sign_proof

PROOF_SECONDS = 30 * 60
ANSWERS = ("yes", "no", "stop")


async def open_offer(session: AsyncSession, token: str) -> Offer:
    """The offer behind a link; an unknown link and a foreign one look the same.

    From here on the transaction sees this family's rows and no others.
    """
    async with as_exchange(session):
        family_id = await session.scalar(
            select(Offer.family_id).where(Offer.token_hash == hash_token(token))
        )
    await act_as(session, Acting(kind="family", family_id=family_id))
    offer = await session.scalar(
        select(Offer)
        .where(Offer.token_hash == hash_token(token))
        .options(
            joinedload(Offer.family).joinedload(Family.contact),
            joinedload(Offer.match)
            .joinedload(Match.intake)
            .joinedload(Intake.service)
            .joinedload(Service.provider)
            .joinedload(Provider.host),
            joinedload(Offer.match).joinedload(Match.need),
        )
        .execution_options(populate_existing=True)
    )
    if offer is None:
        raise NotFoundError("This link does not work. Copy the whole of it from the message.")
    return offer


def contact_ways(offer: Offer) -> list[str]:
    """How the family may let itself be reached: only what is listed as safe and on file."""
    contact = offer.family.contact
    if contact is None:
        return []
    on_file = {"phone": contact.phone, "sms": contact.phone, "email": contact.email}
    return [channel for channel in contact.safe_channels if on_file.get(channel)]


def name_told_to_families(offer: Offer) -> str:
    """A volunteer is introduced by the host, by whose name the family can check who it is."""
    provider = offer.match.intake.service.provider
    return provider.host.name if provider.host else provider.name


async def standing_of(session: AsyncSession, offer: Offer) -> str:
    """`open`, `yes`, `no`, `stop` or `closed`; the database's clock decides on expiry."""
    if offer.answer:
        return offer.answer
    in_time = await session.scalar(
        select(Offer.expires_at > func.now()).where(Offer.id == offer.id)
    )
    return "open" if in_time and offer.match.state == MatchState.AWAITING_FAMILY else "closed"


async def tries_left(session: AsyncSession, offer: Offer) -> int:
    limits = defaults()["question"]
    day_ago = func.now() - timedelta(days=1)
    in_life, in_day = (
        await session.execute(
            select(func.count(), func.count().filter(WrongAnswer.at > day_ago)).where(
                WrongAnswer.offer_id == offer.id
            )
        )
    ).one()
    left: int = min(
        limits["wrong_answers_per_day"] - in_day, limits["wrong_answers_per_link"] - in_life
    )
    return max(0, left)


async def answer_question(session: AsyncSession, offer: Offer, *, born: str) -> str | None:
    """A proof for the next form when `born` (`2019-05`) is right; None when it is wrong."""
    # One at a time, or many quick guesses would all be counted from the same start.
    await session.execute(select(Offer.id).where(Offer.id == offer.id).with_for_update())
    if await tries_left(session, offer) == 0:
        return None
    if born not in offer.family.children_born:
        session.add(WrongAnswer(offer_id=offer.id))
        await session.flush()
        return None
    expires = int(time.time()) + PROOF_SECONDS
    return sign_proof(settings_of(session).secret_keys, LINK, str(offer.id), expires=expires)


def is_proved(session: AsyncSession, offer: Offer, *, proof: str) -> bool:
    keys = settings_of(session).secret_keys
    return check_proof(keys, LINK, str(offer.id), proof=proof, now=int(time.time()))


async def answer_offer(
    session: AsyncSession, offer: Offer, *, answer: str, contact_way: str | None = None
) -> str:
    """Take a family's answer; told again, whatever it says, the first answer stands.

    Returns what now stands, as `standing_of` does.
    """
    live = select(Match.id).where(Match.family_id == offer.family_id, Match.state.in_(LIVE_MATCH))
    await lock_places(session, await session.scalars(live))
    await session.refresh(offer, ["answer"], with_for_update=True)
    await session.refresh(offer.match, ["state"], with_for_update=True)
    standing = await standing_of(session, offer)
    if standing != "open":
        return standing
    actor = Actor(kind="family", id=offer.family_id)
    offer.answer, offer.answered_at = answer, func.now()
    offer.contact_way = contact_way if answer == "yes" else None
    await _ANSWER[answer](session, offer, actor)
    return answer


async def _say_yes(session: AsyncSession, offer: Offer, actor: Actor) -> None:
    await move_match(session, offer.match_id, to=MatchState.ACCEPTED, actor=actor, code="yes")
    # In a transaction of its own: it locks other intakes, and a yes waits for nothing.
    await enqueue(session, RELEASE_FAMILY, [offer.family_id])


async def _say_no(session: AsyncSession, offer: Offer, actor: Actor) -> None:
    await move_match(session, offer.match_id, to=MatchState.FAMILY_DECLINED, actor=actor, code="no")
    await _end_other_matches(session, offer.family_id, actor=actor, code="no")
    await move_needs(
        session, await _planned_needs(session, offer), to=NeedState.PUBLISHED, actor=actor
    )


async def _say_stop(session: AsyncSession, offer: Offer, actor: Actor) -> None:
    await move_match(
        session, offer.match_id, to=MatchState.FAMILY_DECLINED, actor=actor, code="stop"
    )
    await _end_other_matches(session, offer.family_id, actor=actor, code="stop")
    await session.execute(
        update(Family).where(Family.id == offer.family_id).values(stopped_at=func.now())
    )
    open_needs = select(Need.id).where(
        Need.family_id == offer.family_id,
        Need.state.in_((NeedState.DRAFT, NeedState.PUBLISHED, NeedState.PLANNED)),
    )
    needs = (await session.scalars(open_needs)).all()
    await move_needs(session, needs, to=NeedState.WITHDRAWN, actor=actor, code="stop")


_ANSWER = {"yes": _say_yes, "no": _say_no, "stop": _say_stop}


async def _end_other_matches(
    session: AsyncSession, family_id: uuid.UUID, *, actor: Actor, code: str
) -> None:
    # Help that has been accepted or has begun goes on: this was an answer about another one.
    ending = LIVE_MATCH - {MatchState.ACCEPTED, MatchState.UNDER_WAY}
    others = await session.scalars(
        select(Match.id).where(Match.family_id == family_id, Match.state.in_(ending))
    )
    await move_matches(session, others.all(), to=MatchState.WITHDRAWN, actor=actor, code=code)


async def _planned_needs(session: AsyncSession, offer: Offer) -> list[uuid.UUID]:
    """The needs that have no live match left."""
    live = select(Match.need_id).where(
        Match.family_id == offer.family_id, Match.state.in_(LIVE_MATCH)
    )
    needs = await session.scalars(
        select(Need.id).where(
            Need.family_id == offer.family_id,
            Need.state == NeedState.PLANNED,
            Need.id.not_in(live),
        )
    )
    return list(needs)


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
