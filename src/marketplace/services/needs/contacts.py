"""Contacts: brought only for families in an approved plan, and only then kept."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from directory.sealed import ring_of, seal_values
from directory.spreadsheets.report import Fault, Report
from marketplace.access import Actor, readable_families
from marketplace.db.families import Contact, Family
from marketplace.db.plans import Match
from marketplace.services.matches.transitions import note_deed
from marketplace.services.needs.stops import on_stop_list
from marketplace.services.offers.offers import offer_where_ready
from marketplace.services.rights.objections import find_objected, stop_guessing
from marketplace.spreadsheets.contacts import ContactRow
from marketplace.states import LIVE_MATCH


async def check_families(
    session: AsyncSession, report: Report[ContactRow], *, actor: Actor
) -> Report[ContactRow]:
    """Refuse whom nobody has approved: what we need not know, we do not take."""
    approved = await approved_families(session, actor=actor)
    report = report.with_faults(await _stale_rows(session, report, actor=actor))
    return report.with_faults(
        Fault(
            number,
            "family_ref",
            row.family_ref,
            "this family is in no approved plan. Take the row out; we must not hold its details.",
        )
        for number, row in report.good.items()
        if row.family_ref not in approved
    )


async def approved_families(session: AsyncSession, *, actor: Actor) -> dict[str, Any]:
    """Pseudonym → id of the families that an offer may now go to."""
    rows = await session.execute(
        readable_families(actor)
        .with_only_columns(Family.ref, Family.id)
        .where(_has_approved_match(), Family.stopped_at.is_(None), ~on_stop_list())
    )
    return {row.ref: row.id for row in rows}


async def families_without_contact(session: AsyncSession, *, actor: Actor) -> list[str]:
    rows = await session.scalars(
        readable_families(actor)
        .with_only_columns(Family.ref)
        .outerjoin(Family.contact)
        .where(
            _has_approved_match(),
            Family.stopped_at.is_(None),
            ~on_stop_list(),
            Contact.family_id.is_(None),
        )
        .order_by(Family.ref)
    )
    return list(rows)


async def store_contacts(session: AsyncSession, rows: Sequence[ContactRow], *, actor: Actor) -> int:
    """Store or replace the contacts, then make the offers that waited for them; how many.

    Who objected under another pseudonym is known by the address: it is not stored, and the
    objection holds for the new pseudonym too.
    """
    ids = await approved_families(session, actor=actor)
    objected = await _objected(session, rows, actor=actor)
    for ref in objected:
        await stop_guessing(session, ids[ref], actor=actor)
    ring = ring_of(session)
    values = [
        seal_values(ring, Contact, _contact_values(row) | {"family_id": ids[row.family_ref]})
        for row in rows
        if row.family_ref not in objected
    ]
    if values:
        statement = insert(Contact)
        names = [name for name in values[0] if name != "family_id"]
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["family_id"],
                set_={name: statement.excluded[name] for name in names},
            ),
            values,
        )
        session.expire_all()
        await _forget_wrong(session, [value["family_id"] for value in values])
    await offer_where_ready(session, [value["family_id"] for value in values])
    if actor.commissioner_id:
        await note_deed(
            session,
            ("commissioner", actor.commissioner_id),
            "contacts_stored",
            actor=actor,
            detail={"families": len(values)},
        )
    return len(values)


async def _objected(session: AsyncSession, rows: Sequence[ContactRow], *, actor: Actor) -> set[str]:
    """Pseudonyms in the file behind whose e-mail address or number somebody objected."""
    refused: set[str] = set()
    for kind in ("email", "phone"):
        given = {row.family_ref: value for row in rows if (value := getattr(row, kind))}
        values = set(given.values())
        known = await find_objected(session, actor.commissioner_id, kind, values)
        refused |= {ref for ref, value in given.items() if value in known}
    return refused


async def _stale_rows(
    session: AsyncSession, report: Report[ContactRow], *, actor: Actor
) -> list[Fault]:
    """Somebody told us that it was not them: the same details must not come back unchecked."""
    wrong = await session.execute(
        readable_families(actor)
        .with_only_columns(Family.ref, Family.contact_wrong_at)
        .where(Family.contact_wrong_at.is_not(None))
    )
    since = {row.ref: row.contact_wrong_at.date() for row in wrong}
    return [
        Fault(
            number,
            "safe_checked_on",
            str(row.safe_checked_on),
            "somebody told us that the last details were not theirs. Check them again, then give "
            "the day of that check.",
        )
        for number, row in report.good.items()
        if row.family_ref in since and row.safe_checked_on < since[row.family_ref]
    ]


async def _forget_wrong(session: AsyncSession, family_ids: Sequence[uuid.UUID]) -> None:
    await session.execute(
        update(Family).where(Family.id.in_(family_ids)).values(contact_wrong_at=None)
    )


def _has_approved_match() -> ColumnElement[bool]:
    # A list and not a count for each family: of 50,000 few are approved.
    return Family.id.in_(
        select(Match.family_id).where(Match.approved_at.is_not(None), Match.state.in_(LIVE_MATCH))
    )


def _contact_values(row: ContactRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "safe_to_contact": row.safe_to_contact,
        "safe_channels": list(row.safe_channels),
        "safe_checked_on": row.safe_checked_on,
        "email": row.email,
        "phone": row.phone,
        "address": row.address,
        "postcode": row.postcode,
    }
