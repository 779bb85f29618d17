"""Which family somebody is who asks: the computer suggests, a person chooses."""

import uuid
from dataclasses import dataclass

from sqlalchemy import and_, func, or_
from sqlalchemy.ext.asyncio import AsyncSession

from directory.sealed import has_value, ring_of
from marketplace.access import Actor, readable_families
from marketplace.db.families import Contact, Family
from marketplace.db.rights import RightsRequest
from marketplace.errors import BadFormError, NotReadyError
from marketplace.services.rights.rights import lock_open, note_request


@dataclass(frozen=True)
class Suggestion:
    """A family that it may be, by pseudonym; `fits`: born, area, email, phone."""

    family: Family
    fits: list[str]


async def suggest_families(
    session: AsyncSession, request: RightsRequest, *, actor: Actor
) -> list[Suggestion]:
    """Whom it may be, best first. A person chooses: two families may share a month and a street."""
    given, ring = request.given or {}, ring_of(session)
    tests = {
        "email": has_value(ring, Contact.email_hash, (given.get("email") or "").lower()),
        "phone": has_value(ring, Contact.phone_hash, given.get("phone")),
        "born": Family.children_born.contains([given["child_born"]])
        if given.get("child_born")
        else None,
        "area": or_(
            Family.area == given["postcode"],
            Family.area == given["postcode"].split(" ")[0],
        )
        if given.get("postcode")
        else None,
    }
    fits = {name: func.coalesce(test, False) for name, test in tests.items() if test is not None}
    by_contact = or_(*(fits[name] for name in ("email", "phone")))
    by_place = and_(*(fits[name] for name in ("born", "area") if name in fits))
    likely = or_(by_contact, by_place) if "born" in fits or "area" in fits else by_contact
    rows = await session.execute(
        readable_families(actor)
        .outerjoin(Family.contact)
        .add_columns(*(test.label(name) for name, test in fits.items()))
        .where(likely, Family.erased_at.is_(None))
        .order_by(by_contact.desc(), Family.ref)
        .limit(50)
    )
    found = [Suggestion(row.Family, [name for name in fits if getattr(row, name)]) for row in rows]
    return sorted(found, key=lambda one: -len(one.fits))


async def choose_family(
    session: AsyncSession, request_id: uuid.UUID, family_id: uuid.UUID | None, *, actor: Actor
) -> None:
    """None: a person looked, and there is nothing."""
    request = await lock_open(session, request_id, actor=actor)
    if request.released_at is not None:
        raise NotReadyError("The answer has left. Close this request and take a new one.")
    if family_id is not None:
        own = readable_families(actor).with_only_columns(Family.id)
        if await session.scalar(own.where(Family.id == family_id)) is None:
            raise BadFormError({"family": "There is no such family"})
    request.family_id, request.chosen_at = family_id, func.now()
    await note_request(session, request, "family_chosen", actor=actor)


async def find_by_ref(session: AsyncSession, ref: str, *, actor: Actor) -> Family | None:
    return await session.scalar(
        readable_families(actor).where(func.upper(Family.ref) == ref.strip().upper())
    )
