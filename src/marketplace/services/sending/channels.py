"""How a family may be reached now: its own listed channels, best first, and only those."""

import re
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Postcode
from marketplace.access import SYSTEM
from marketplace.db.families import Contact
from marketplace.db.offers import Call, Message, Offer
from marketplace.defaults import defaults
from marketplace.messages.senders import sendable_channels
from marketplace.messages.spelling import LATIN, spell
from marketplace.services.matches.transitions import note_deed
from marketplace.settings import settings_of

WRITTEN = ("email", "sms", "letter")
# Some landlines read a text out loud to whoever picks up.
MOBILE_START = "+447"
FEWEST_LINES, MOST_LINES = 2, 5  # of an address, beside the name and the postcode


def may_write_to(contact: Contact, *, today: date) -> bool:
    """Only an explicit and fresh yes; `unknown` and `last month` are a no."""
    fresh_for = timedelta(days=defaults()["contact"]["safe_check_days"])
    return contact.safe_to_contact == "yes" and today - contact.safe_checked_on <= fresh_for


async def usable_channels(
    session: AsyncSession, contacts: Iterable[Contact], *, today: date
) -> dict[uuid.UUID, list[str]]:
    """Family → its listed channels that can be used now, best first; unsafe means none at all."""
    safe = [contact for contact in contacts if may_write_to(contact, today=today)]
    codes = {code for one in safe if (code := one.postcode)}
    known = await _known_postcodes(session, codes)
    can_leave = sendable_channels(settings_of(session).mail_url)
    return {
        contact.family_id: [
            channel
            for channel in contact.safe_channels
            if _has_what_it_takes(contact, channel, known=known)
            and (channel not in WRITTEN or channel in can_leave)
        ]
        for contact in safe
    }


def first_written(usable: Sequence[str], *, without: Collection[str] = ()) -> str | None:
    """The channel to write by; None where a person comes first, or nothing is left.

    Where the family would rather be rung, a person rings: an e-mail is not tried before.
    """
    first = next((channel for channel in usable if channel not in without), None)
    return first if first in WRITTEN else None


def address_lines(contact: Contact) -> list[str] | None:
    """As it is printed, name first and postcode last; None where it is not complete."""
    postcode = contact.postcode or ""
    parts = (part.strip() for part in re.split(r"[\n,;]+", contact.address or ""))
    lines = [part for part in parts if part and part.upper() != postcode]
    whole = [contact.name.strip(), *lines, postcode]
    if not FEWEST_LINES <= len(lines) <= MOST_LINES:
        return None
    # A line in a script that we cannot print would be an empty one.
    return whole if all(spell(line, LATIN).strip() for line in whole) else None


def failed_channels() -> ColumnElement[list[str]]:
    """Of an offer in a query: what was tried for it, and came back or was not taken."""
    tried = select(Message.channel).where(
        Message.subject_id == Offer.id,
        Message.channel.is_not(None),
        or_(Message.delivery.in_(("bounced", "failed")), Message.state == "refused"),
    )
    return func.array(tried.scalar_subquery())


async def ask_a_person(session: AsyncSession, offer_id: uuid.UUID, *, reason: str) -> None:
    """Put the family on the list of calls, unless it stands there already."""
    added = await session.execute(
        insert(Call)
        .values(id=uuid.uuid4(), offer_id=offer_id, reason=reason)
        .on_conflict_do_nothing(index_elements=["offer_id"], index_where=Call.done_at.is_(None))
        .returning(Call.id)
    )
    if added.first():
        await note_deed(session, ("offer", offer_id), "call_asked", actor=SYSTEM, code=reason)


async def _known_postcodes(session: AsyncSession, codes: Collection[str]) -> set[str]:
    if not codes:
        return set()
    found = await session.scalars(
        select(Postcode.code).where(Postcode.code.in_(codes), Postcode.ended_on.is_(None))
    )
    return set(found)


def _has_what_it_takes(contact: Contact, channel: str, *, known: Collection[str]) -> bool:
    """Opens no more of a contact than the channel needs."""
    has: Mapping[str, Callable[[], bool]] = {
        "email": lambda: bool(contact.email),
        "sms": lambda: (contact.phone or "").startswith(MOBILE_START),
        "letter": lambda: contact.postcode in known and address_lines(contact) is not None,
        "phone": lambda: bool(contact.phone),
        "in-person": lambda: True,
    }
    return has[channel]() if channel in has else False
