"""An ask becomes a need: whose household it is, and what nobody told is assumed with care."""

import secrets
import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import locate_areas
from directory.sealed import has_value, ring_of
from directory.taxonomy import load_taxonomy
from marketplace.access import Actor
from marketplace.db.asks import ASKED_REF, Ask
from marketplace.db.families import Contact, Family, Need
from marketplace.db.people import Commissioner
from marketplace.defaults import defaults_for
from marketplace.services.matches.transitions import move_needs
from marketplace.states import NeedState

# Without letters that are taken for figures when a reference is read out on the telephone.
REF_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
REF_LENGTH = 6
RENEWABLE = (NeedState.DRAFT, NeedState.PUBLISHED, NeedState.WITHDRAWN, NeedState.EXPIRED)


async def make_need(session: AsyncSession, ask: Ask, *, actor: Actor) -> None:
    """Join the household that asked before from here, or make one; what moved is kept once."""
    given = ask.given or {}
    today = (await session.execute(select(func.current_date()))).scalar_one()
    commissioner = await session.get_one(Commissioner, ask.commissioner_id)
    family = await _find_household(session, ask, given)
    if family is None:
        family = await _add_household(session, ask, given, today=today)
    else:
        await _renew_household(session, family, ask, given, today=today)
    need = await _ask_for(session, family, ask, _assumed(commissioner, ask.code, today))
    if need.state == NeedState.CLOSED:
        # Help of this kind has ended for them before: what to do now, a person has to hear.
        ask.ring_reason, ask.rung_at = "again", None
    elif load_taxonomy()[ask.code].sensitive:
        ask.ring_reason = "sensitive"
    ask.need_id, ask.given = need.id, None
    await session.flush()
    waiting = [need.id] if need.state in RENEWABLE else []
    await move_needs(session, waiting, to=NeedState.PUBLISHED, actor=actor, code=ask.source)


async def _find_household(
    session: AsyncSession, ask: Ask, given: Mapping[str, Any]
) -> Family | None:
    """By what was proved, and the place: who knows somebody else's number only is not let in.

    Never a predicted family: to ask must not show that one is on a list.
    """
    ring = ring_of(session)
    by_email = has_value(ring, Contact.email_hash, (given["email"] or "").lower())
    by_phone = has_value(ring, Contact.phone_hash, given["phone"])
    if ask.source == "professional":
        proved = or_(by_email, by_phone)
    else:
        proved = by_phone if ask.ring_reason == "prove" else by_email
    return await session.scalar(
        select(Family)
        .join(Family.contact)
        .where(
            Family.commissioner_id == ask.commissioner_id,
            Family.ref.startswith(ASKED_REF),
            Family.area == given["area"],
            # What was objected to stays as it is: who asks anew is a household anew.
            Family.objected_at.is_(None),
            proved,
        )
        .order_by(Family.ref)
        .limit(1)
        .with_for_update(of=Family)
    )


async def _add_household(
    session: AsyncSession, ask: Ask, given: Mapping[str, Any], *, today: date
) -> Family:
    family = Family(
        id=uuid.uuid4(),
        commissioner_id=ask.commissioner_id,
        ref=await _free_ref(session, ask.commissioner_id),
        visiting="no_known_concern",
        **await _family_values(session, given),
    )
    session.add(family)
    await session.flush()
    session.add(Contact(family_id=family.id, **_contact_values(given, today=today)))
    await session.flush()
    return family


async def _renew_household(
    session: AsyncSession, family: Family, ask: Ask, given: Mapping[str, Any], *, today: date
) -> None:
    contact = await session.get_one(Contact, family.id, with_for_update=True)
    if ask.source == "professional":
        # What the family proved itself stands; a channel is only ever taken away for it.
        kept = [one for one in contact.safe_channels if one in given["safe_channels"]]
        contact.safe_channels = kept
        return
    for name, value in {
        **await _family_values(session, given),
        # Whoever asks again wants to hear from us again, whatever was said before.
        "stopped_at": None,
        "parked_until": None,
        "contact_wrong_at": None,
    }.items():
        setattr(family, name, value)
    for name, value in _contact_values(given, today=today).items():
        setattr(contact, name, value)


async def _family_values(session: AsyncSession, given: Mapping[str, Any]) -> dict[str, Any]:
    places = await locate_areas(session, [given["area"]])
    place = places.get(given["area"])
    return {
        "area": given["area"],
        "outward": place.outward if place else None,
        "easting": place.easting if place else None,
        "northing": place.northing if place else None,
        **{
            name: given[name]
            for name in ("children_born", "languages", "availability", "transport")
        },
    }


def _contact_values(given: Mapping[str, Any], *, today: date) -> dict[str, Any]:
    """Asked today, by the family or with it beside: that is the check."""
    is_whole_postcode = " " in given["area"]
    return {
        "safe_to_contact": "yes",
        "safe_checked_on": today,
        "postcode": given["area"] if is_whole_postcode else None,
        **{name: given[name] for name in ("name", "safe_channels", "email", "phone", "address")},
    }


def _assumed(commissioner: Commissioner, code: str, today: date) -> dict[str, Any]:
    """What a family is not asked: low figures, so that it is the asking that puts it first."""
    asking = defaults_for(commissioner.policy)["asking"]
    level = 2 if code in asking["level_2_needs"] else 1
    return {
        "level": level,
        "likelihood": Decimal(str(asking["likelihood"])),
        "statutory_cost_pence": asking[f"level_{level}_cost_pence"],
        "valid_until": today + timedelta(days=asking["valid_days"]),
        "asked_on": today,
    }


async def _ask_for(
    session: AsyncSession, family: Family, ask: Ask, assumed: Mapping[str, Any]
) -> Need:
    need = await session.scalar(
        select(Need).where(Need.family_id == family.id, Need.code == ask.code).with_for_update()
    )
    told = {"source": ask.source, "wished_service_id": ask.service_id}
    if need is None:
        need = Need(
            id=uuid.uuid4(),
            family_id=family.id,
            code=ask.code,
            reasons=[],
            access=[],
            places=1,
            cost_falls_on=[],
            cashable=Decimal(0),
            state=NeedState.DRAFT,
            **assumed,
            **told,
        )
        session.add(need)
    elif need.state in RENEWABLE:
        first = need.asked_on if need.state == NeedState.PUBLISHED else None
        for name, value in {**assumed, **told, "asked_on": first or assumed["asked_on"]}.items():
            setattr(need, name, value)
    await session.flush()
    return need


async def _free_ref(session: AsyncSession, commissioner_id: uuid.UUID) -> str:
    while True:
        ref = ASKED_REF + "".join(secrets.choice(REF_LETTERS) for _ in range(REF_LENGTH))
        taken = select(Family.id).where(
            Family.commissioner_id == commissioner_id, Family.ref == ref
        )
        if await session.scalar(taken) is None:
            return ref
