"""A family is taken out of its rows: the figures count on, and nobody can tell whom they count."""

import secrets
import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.spreadsheets.places import NO_FIXED_ABODE
from marketplace.access import Actor, readable_families
from marketplace.db.acting import by_exchange
from marketplace.db.asks import Ask
from marketplace.db.families import Contact, Family, Need, StopEntry
from marketplace.db.looks import FamilyLook
from marketplace.db.offers import Message, Offer, WaitingPlace, WrongAnswer
from marketplace.db.outcomes import Concern
from marketplace.db.plans import Match, PairRule
from marketplace.db.rights import LegalHold, RightsRequest
from marketplace.db.volunteering import Introduction
from marketplace.errors import NotFoundError, NotReadyError
from marketplace.services.matches.locks import lock_families
from marketplace.services.matches.transitions import note_deed
from marketplace.services.rights.legal_holds import find_hold
from marketplace.services.rights.objections import GOES_ON, stop_guessing
from marketplace.services.rights.retention import cut_link

ERASED_REF = "erased-"


@dataclass(frozen=True, kw_only=True)
class ErasureOutlook:
    """What erasing would do; `refused`: why it may not be done now, or None."""

    has_contact: bool
    needs: int
    offers: int
    ending: int
    refused: str | None


@by_exchange
async def look_ahead(
    session: AsyncSession, family_id: uuid.UUID, *, actor: Actor
) -> ErasureOutlook:
    family = await _own(session, family_id, actor)
    needs, offers = Need.family_id == family_id, Offer.family_id == family_id
    ends = (Match.family_id == family_id) & Match.state.in_(
        ("proposed", "agreed", "awaiting_provider", "awaiting_family")
    )
    return ErasureOutlook(
        has_contact=await session.get(Contact, family_id) is not None,
        needs=await _count(session, needs),
        offers=await _count(session, offers),
        ending=await _count(session, ends),
        refused=await _why_not(session, family),
    )


@by_exchange
async def erase_family(session: AsyncSession, family_id: uuid.UUID, *, actor: Actor) -> None:
    """The guess never comes again, either: an erasure that the next file undoes is none."""
    await _own(session, family_id, actor)
    await lock_families(session, [family_id])
    family = await session.get_one(Family, family_id, populate_existing=True)
    if refused := await _why_not(session, family):
        raise NotReadyError(refused)
    await stop_guessing(session, family_id, actor=actor)
    await _forget_rows(session, family)
    await _blank_rows(session, family_id)
    await session.flush()
    session.expire_all()
    await note_deed(session, ("family", family_id), "erased", actor=actor)


async def _own(session: AsyncSession, family_id: uuid.UUID, actor: Actor) -> Family:
    family = await session.scalar(readable_families(actor).where(Family.id == family_id))
    if family is None:
        raise NotFoundError
    return family


async def _why_not(session: AsyncSession, family: Family) -> str | None:
    if family.erased_at is not None:
        return "It was erased before."
    if found := await find_hold(session, family.id):
        return f"The law holds it: {found.reason}. Lift the hold first, if it is over."
    own = Match.family_id == family.id
    worried = select(Concern.id).join(Concern.match).where(own, Concern.closed_at.is_(None))
    if await session.scalar(worried.limit(1)):
        return "Somebody is worried about a child, and that is not closed yet."
    if await session.scalar(select(Match.id).where(own, Match.state.in_(GOES_ON)).limit(1)):
        return "Help has been accepted or is under way. Agree with the family how it ends first."
    return None


async def _count(session: AsyncSession, where: ColumnElement[bool]) -> int:
    return await session.scalar(select(func.count()).where(where)) or 0


async def _forget_rows(session: AsyncSession, family: Family) -> None:
    """What is only about the person, and counts nowhere."""
    needs = select(Need.id).where(Need.family_id == family.id)
    offers = select(Offer.id).where(Offer.family_id == family.id)
    matches = select(Match.id).where(Match.family_id == family.id)
    same_ref = func.upper(StopEntry.family_ref) == family.ref.upper()
    for statement in (
        delete(Contact).where(Contact.family_id == family.id),
        delete(FamilyLook).where(FamilyLook.family_id == family.id),
        delete(Ask).where(Ask.need_id.in_(needs)),
        delete(WaitingPlace).where(WaitingPlace.need_id.in_(needs)),
        delete(PairRule).where(PairRule.need_id.in_(needs)),
        delete(WrongAnswer).where(WrongAnswer.offer_id.in_(offers)),
        delete(Introduction).where(Introduction.match_id.in_(matches)),
        delete(LegalHold).where(LegalHold.family_id == family.id),
        delete(StopEntry).where(StopEntry.commissioner_id == family.commissioner_id, same_ref),
    ):
        await session.execute(statement)


async def _blank_rows(session: AsyncSession, family_id: uuid.UUID) -> None:
    """What is counted stays, without what could tell whose it is."""
    offers = select(Offer.id).where(Offer.family_id == family_id)
    await session.execute(
        update(Message).where(Message.subject_id.in_(offers)).values(carrier_reference=None)
    )
    for offer_id in await session.scalars(offers):
        await cut_link(session, offer_id)
    await session.execute(
        update(Offer).where(Offer.family_id == family_id).values(feedback=None, feedback_at=None)
    )
    await session.execute(
        update(Need).where(Need.family_id == family_id).values(reasons=[], access=[])
    )
    requests = RightsRequest.family_id == family_id
    await session.execute(
        update(RightsRequest)
        .where(requests, RightsRequest.opened_at.is_not(None))
        .values(answer_sealed=None)
    )
    await session.execute(
        update(Family)
        .where(Family.id == family_id)
        .values(
            ref=f"{ERASED_REF}{secrets.token_hex(8)}",
            area=NO_FIXED_ABODE,
            outward=None,
            easting=None,
            northing=None,
            children_born=[],
            languages=[],
            availability=[],
            transport=[],
            visiting="no_known_concern",
            named_worker_sealed=None,
            parked_until=None,
            contact_wrong_at=None,
            erased_at=func.now(),
        )
    )
