"""Where families may ask, and whom: a council takes asks from the places that it names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, any_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Postcode
from directory.spreadsheets.cells import CellFault
from directory.spreadsheets.places import OUTWARD_CODE, Area, area
from marketplace.access import Actor
from marketplace.db.people import Commissioner, LegalBasis
from marketplace.defaults import defaults_for
from marketplace.errors import BadFormError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.sending.controls import get_commissioner

DISTRICT = re.compile(r"[EWSN]\d{8}")
DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
MOST_PLACES, MOST_DOMAINS = 400, 100
WHERE = "Type a postcode, such as IP1 2DE, or its first half"


@dataclass(frozen=True)
class AskedCouncil:
    """The council that takes an ask from here, with the law that it does so under."""

    commissioner: Commissioner
    law: LegalBasis
    area: Area


async def find_council(session: AsyncSession, where: str) -> AskedCouncil | None:
    """None where nobody takes asks; a place that is on no map, or in two councils, is a fault.

    A council that has not written down its law takes none: there would be nothing to consent to.
    """
    try:
        found = area(where)
    except CellFault:
        raise BadFormError({"where": WHERE}) from None
    here = _is_here(found)
    if found.kind == "grid-square" or not await session.scalar(select(exists().where(here))):
        raise BadFormError({"where": f"We do not know {where}. {WHERE}"})
    covered = or_(
        Postcode.district == any_(Commissioner.covers),
        Postcode.outward == any_(Commissioner.covers),
    )
    rows = await session.execute(
        select(Commissioner, LegalBasis)
        .join(LegalBasis, LegalBasis.commissioner_id == Commissioner.id)
        .where(exists().where(here, covered))
        .order_by(Commissioner.name)
        .limit(2)
    )
    councils = rows.all()
    if len(councils) > 1:
        raise BadFormError({"where": f"{found.code} is in two councils. Type your whole postcode"})
    if not councils:
        return None
    return AskedCouncil(councils[0].Commissioner, councils[0].LegalBasis, found)


def _is_here(found: Area) -> ColumnElement[bool]:
    column = Postcode.code if found.kind == "postcode" else Postcode.outward
    return column == found.code


def is_work_address(commissioner: Commissioner, email: str) -> bool:
    """Whether the address is under a name that the council trusts; `sch.uk` covers all below."""
    host = email.rpartition("@")[2].lower()
    return any(host == name or host.endswith(f".{name}") for name in work_domains(commissioner))


def work_domains(commissioner: Commissioner) -> Sequence[str]:
    domains: list[str] = defaults_for(commissioner.policy)["asking"]["work_domains"]
    return domains


async def choose_areas(
    session: AsyncSession, *, covers: Sequence[str], domains: Sequence[str], actor: Actor
) -> None:
    """Say from where this council takes asks, and whose work addresses it trusts."""
    places = list(dict.fromkeys(one.upper() for one in covers))
    names = list(dict.fromkeys(one.lower().removeprefix("@") for one in domains))
    faults = {}
    if wrong := await _unknown_places(session, places):
        faults["covers"] = f"These are on no map: {', '.join(wrong[:10])}"
    if wrong := [name for name in names if not DOMAIN.fullmatch(name)]:
        faults["domains"] = f"These are no names of e-mail addresses: {', '.join(wrong[:10])}"
    if len(places) > MOST_PLACES or len(names) > MOST_DOMAINS:
        faults["covers"] = "That is too long a list"
    if faults:
        raise BadFormError(faults)
    commissioner = await get_commissioner(session, actor=actor)
    own = {**commissioner.policy.get("asking", {}), "work_domains": names}
    commissioner.covers = places
    commissioner.policy = {**commissioner.policy, "asking": own}
    await session.flush()
    detail = {"covers": places, "work_domains": names}
    await note_deed(
        session, ("commissioner", commissioner.id), "asking_chosen", actor=actor, detail=detail
    )


async def _unknown_places(session: AsyncSession, places: Sequence[str]) -> list[str]:
    shaped = [one for one in places if DISTRICT.fullmatch(one) or OUTWARD_CODE.fullmatch(one)]
    known = set()
    for column in (Postcode.district, Postcode.outward):
        known |= set(
            await session.scalars(select(column).where(column.in_(shaped)).group_by(column))
        )
    return [one for one in places if one not in known]


async def takes_asks(session: AsyncSession, commissioner: Commissioner) -> bool:
    written = exists().where(LegalBasis.commissioner_id == commissioner.id)
    return bool(commissioner.covers) and bool(await session.scalar(select(written)))


async def any_council_asks(session: AsyncSession) -> bool:
    """Whether there is anybody to ask at all: else no page invites to it."""
    return bool(
        await session.scalar(
            select(
                exists().where(
                    func.cardinality(Commissioner.covers) > 0,
                    LegalBasis.commissioner_id == Commissioner.id,
                )
            )
        )
    )
