"""“Do not guess about us”: kept as keyed hashes, so that it holds after the row itself is gone."""

import uuid
from collections.abc import Collection, Mapping

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from directory.sealed import ring_of
from directory.sealing import PREFIX_BYTES
from marketplace.access import Actor, readable_families
from marketplace.db.acting import by_exchange
from marketplace.db.families import Contact, Family, Need
from marketplace.db.offers import Call, Message, Offer
from marketplace.db.plans import Match
from marketplace.db.rights import Objection
from marketplace.errors import NotFoundError, ObjectionsUnreadableError
from marketplace.services.matches.endings import end_not_begun
from marketplace.services.matches.locks import lock_families
from marketplace.services.matches.transitions import move_needs, note_deed
from marketplace.services.rights.legal_holds import is_held
from marketplace.states import LIVE_MATCH, MatchState, NeedState

CODE = "objected"
# What the family said yes to is its own wish, and what is on hold waits for a person.
GOES_ON = (MatchState.ACCEPTED, MatchState.UNDER_WAY, MatchState.ON_HOLD)
OPEN_NEED = (NeedState.DRAFT, NeedState.PUBLISHED, NeedState.PLANNED)


async def object_for(session: AsyncSession, family_id: uuid.UUID, *, actor: Actor) -> None:
    """A practitioner enters what the family said."""
    own = readable_families(actor).with_only_columns(Family.id)
    if await session.scalar(own.where(Family.id == family_id)) is None:
        raise NotFoundError
    await stop_guessing(session, family_id, actor=actor)


@by_exchange
async def stop_guessing(session: AsyncSession, family_id: uuid.UUID, *, actor: Actor) -> None:
    """End what no yes stands behind, forget the way of contact, and never take the guess again."""
    await lock_families(session, [family_id])
    family = await session.get_one(Family, family_id, populate_existing=True)
    contact = await session.get(Contact, family_id, populate_existing=True)
    await _suppress(session, family.commissioner_id, _known_by(family, contact))
    ending = (Match.family_id == family_id) & Match.state.not_in(GOES_ON)
    await end_not_begun(session, ending, code=CODE, actor=actor)
    await _withdraw_needs(session, family_id, actor=actor)
    await _silence(session, family_id)
    family.objected_at = func.now()
    family.stopped_at = func.coalesce(Family.stopped_at, func.now())
    await session.flush()
    await note_deed(session, ("family", family_id), CODE, actor=actor)


async def suppress_contact(
    session: AsyncSession, commissioner_id: uuid.UUID, known: Mapping[str, str | None]
) -> None:
    """Of somebody about whom nothing is held yet: kind (email, phone) → value."""
    await _suppress(session, commissioner_id, known)


async def take_back(session: AsyncSession, family_id: uuid.UUID, *, actor: Actor) -> None:
    """Only the family itself may want this; a later file may bring it again."""
    family = await session.scalar(readable_families(actor).where(Family.id == family_id))
    if family is None or family.objected_at is None:
        raise NotFoundError
    contact = await session.get(Contact, family_id)
    hashes = [
        one
        for kind, value in _known_by(family, contact).items()
        if value
        for one in _hashes(session, family.commissioner_id, kind, value)
    ]
    await session.execute(
        delete(Objection).where(
            Objection.commissioner_id == family.commissioner_id, Objection.value_hash.in_(hashes)
        )
    )
    family.objected_at = family.stopped_at = None
    await session.flush()
    await note_deed(session, ("family", family_id), "objection_taken_back", actor=actor)


async def find_objected(
    session: AsyncSession, commissioner_id: uuid.UUID | None, kind: str, values: Collection[str]
) -> set[str]:
    """Which of these must not be stored. Unreadable objections refuse everything."""
    found = await session.scalars(
        select(Objection.value_hash).where(
            Objection.commissioner_id == commissioner_id, Objection.kind == kind
        )
    )
    stored = set(found)
    if not stored or commissioner_id is None:
        return set()
    if not {one[:PREFIX_BYTES] for one in stored} <= set(ring_of(session).names):
        raise ObjectionsUnreadableError
    return {
        value
        for value in values
        if not stored.isdisjoint(_hashes(session, commissioner_id, kind, value))
    }


async def is_objected(
    session: AsyncSession, commissioner_id: uuid.UUID, known: Mapping[str, str | None]
) -> bool:
    """Whether one way of contact is somebody's who objected: kind → value."""
    for kind, value in known.items():
        if value and await find_objected(session, commissioner_id, kind, [value]):
            return True
    return False


def _known_by(family: Family, contact: Contact | None) -> dict[str, str | None]:
    known: dict[str, str | None] = {"ref": family.ref}
    if contact is not None:
        known |= {"email": contact.email, "phone": contact.phone}
    return known


def _hashes(
    session: AsyncSession, commissioner_id: uuid.UUID, kind: str, value: str
) -> list[bytes]:
    """By each key, the newest first. A capital letter or a space must not revive anything."""
    ring, known = ring_of(session), "".join(value.split()).casefold()
    found = ring.hashes(known, f"objection.{kind}.{commissioner_id}")
    return [name + one for name, one in zip(ring.names, found, strict=True)]


async def _suppress(
    session: AsyncSession, commissioner_id: uuid.UUID, known: Mapping[str, str | None]
) -> None:
    rows = [
        {
            "commissioner_id": commissioner_id,
            "kind": kind,
            "value_hash": _hashes(session, commissioner_id, kind, value)[0],
        }
        for kind, value in known.items()
        if value
    ]
    if rows:
        await session.execute(insert(Objection).values(rows).on_conflict_do_nothing())


async def _withdraw_needs(session: AsyncSession, family_id: uuid.UUID, *, actor: Actor) -> None:
    goes_on = select(Match.need_id).where(Match.family_id == family_id, Match.state.in_(LIVE_MATCH))
    needs = await session.scalars(
        select(Need.id).where(
            Need.family_id == family_id, Need.state.in_(OPEN_NEED), Need.id.not_in(goes_on)
        )
    )
    await move_needs(session, needs.all(), to=NeedState.WITHDRAWN, actor=actor, code=CODE)


async def _silence(session: AsyncSession, family_id: uuid.UUID) -> None:
    """Nothing leaves, nobody rings, and without help under way no address is kept."""
    offers = select(Offer.id).where(Offer.family_id == family_id)
    await session.execute(
        update(Message)
        .where(Message.subject_id.in_(offers), Message.state.in_(("queued", "stopped")))
        .values(state="refused", refusal="the family objected")
    )
    await session.execute(
        update(Call)
        .where(Call.offer_id.in_(offers), Call.done_at.is_(None))
        .values(done_at=func.now())
    )
    goes_on = select(Match.id).where(Match.family_id == family_id, Match.state.in_(LIVE_MATCH))
    await session.execute(
        delete(Contact).where(
            Contact.family_id == family_id, ~goes_on.exists(), ~is_held(Contact.family_id)
        )
    )
