"""Keeps listings true: asks providers after months of silence, and tells of those now hidden."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from directory.freshness import ASK_AFTER_MONTHS, HIDE_AFTER_MONTHS, months_ago
from directory.models import Provider
from directory.visibility import is_admitted
from marketplace.access import Actor
from marketplace.db.acting import by_exchange
from marketplace.db.listings import ListingCheck
from marketplace.db.people import User
from marketplace.errors import NotFoundError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.sending.outbox import CONFIRM_LISTING, LISTINGS_HIDDEN, queue_messages
from marketplace.settings import settings_of
from marketplace.tokens import derive_token, hash_token, key_id

LINK = "confirm-listing"
LINK_DAYS = 90
MOST_AT_ONCE = 500


async def ask_who_is_silent(session: AsyncSession) -> int:
    """Ask each provider once a step; whoever was silent for long is asked for the last step only.

    The latest step hides the listing: then every commissioner's staff is told as well.
    """
    asked = 0
    for months in sorted((*ASK_AFTER_MONTHS, HIDE_AFTER_MONTHS), reverse=True):
        silent = (await session.execute(_silent_for(months).limit(MOST_AT_ONCE))).all()
        await _ask(session, silent, months=months)
        if silent and months == HIDE_AFTER_MONTHS:
            staff = await session.scalars(select(User.id).where(User.role == "commissioner"))
            await queue_messages(session, LISTINGS_HIDDEN, staff.all())
        asked += len(silent)
    return asked


def _silent_for(months: int) -> Select[uuid.UUID, dt.datetime, str | None]:
    was_asked = exists().where(
        ListingCheck.provider_id == Provider.id,
        ListingCheck.confirmed_at == Provider.confirmed_at,
        ListingCheck.months >= months,
    )
    return (
        select(Provider.id, Provider.confirmed_at, Provider.contact_email)
        .where(
            # A volunteer's host answers for them.
            Provider.kind != "volunteer",
            is_admitted(Provider),
            Provider.confirmed_at <= months_ago(months),
            ~was_asked,
        )
        .order_by(Provider.confirmed_at, Provider.id)
    )


async def _ask(
    session: AsyncSession,
    silent: Sequence[Row[uuid.UUID, dt.datetime, str | None]],
    *,
    months: int,
) -> None:
    if not silent:
        return
    keys = settings_of(session).secret_keys
    rows = [_check_row(keys, one.id, one.confirmed_at, months=months) for one in silent]
    await session.execute(insert(ListingCheck), rows)
    by_mail = [row["id"] for row, one in zip(rows, silent, strict=True) if one.contact_email]
    await queue_messages(session, CONFIRM_LISTING, by_mail)


def _check_row(
    keys: Sequence[str], provider_id: uuid.UUID, confirmed_at: dt.datetime, *, months: int
) -> dict[str, Any]:
    check_id, made_with = uuid.uuid4(), key_id(keys[0])
    return {
        "id": check_id,
        "provider_id": provider_id,
        "confirmed_at": confirmed_at,
        "months": months,
        "key_id": made_with,
        "token_hash": hash_token(derive_token(keys, LINK, check_id, made_with=made_with)),
    }


@by_exchange
async def find_check(session: AsyncSession, token: str) -> ListingCheck:
    check = await session.scalar(
        select(ListingCheck)
        .where(
            ListingCheck.token_hash == hash_token(token),
            ListingCheck.asked_at > func.now() - func.make_interval(0, 0, 0, LINK_DAYS),
        )
        .options(joinedload(ListingCheck.provider))
    )
    if check is None:
        raise NotFoundError("This link is too old. Sign in to look at your listing.")
    return check


@by_exchange
async def confirm_listing(session: AsyncSession, token: str) -> ListingCheck:
    """Believe the listing anew; a repeat is told the same again."""
    check = await find_check(session, token)
    if check.answered_at is None:
        now = (await session.execute(select(func.now()))).scalar_one()
        check.answered_at = check.provider.confirmed_at = now
        await session.flush()
        actor = Actor(kind="provider", provider_id=check.provider_id)
        await note_deed(session, ("provider", check.provider_id), "listing_confirmed", actor=actor)
    return check
