"""After a new first key: what was sealed by an old one is sealed anew, some rows at a time."""

from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.sealed import SealedRow, ring_of, sealed_attributes
from directory.sealing import PREFIX_BYTES
from marketplace.db import models
from marketplace.db.offers import Offer
from marketplace.db.rights import Objection
from marketplace.settings import settings_of
from marketplace.tokens import key_id

BATCH = 500


def sealed_tables() -> list[type[Any]]:
    """Every table with sealed columns."""
    every = (getattr(models, name) for name in models.__all__)
    sealed = [model for model in every if issubclass(model, SealedRow)]
    return sorted(sealed, key=lambda model: str(model.__tablename__))


async def seal_anew(session: AsyncSession, model: type[Any]) -> int:
    """Some rows of a table; how many. Ended in between, the next call goes on with the rest."""
    rows = await session.scalars(
        select(model).where(_is_old(session, model)).limit(BATCH).with_for_update()
    )
    found = rows.all()
    for row in found:
        for one in sealed_attributes(model):
            setattr(row, one.name, getattr(row, one.name))
    await session.flush()
    return len(found)


async def count_old(session: AsyncSession) -> dict[str, int]:
    """Table → rows that only an old key opens."""
    counts = {
        model.__tablename__: await session.scalar(
            select(func.count()).select_from(model).where(_is_old(session, model))
        )
        for model in sealed_tables()
    }
    return {table: count for table, count in counts.items() if count}


async def count_old_objections(session: AsyncSession) -> int:
    """What no key can hash anew: the value is nowhere kept."""
    newest = ring_of(session).names[0]
    found = await session.scalar(
        select(func.count())
        .select_from(Objection)
        .where(func.substring(Objection.value_hash, 1, PREFIX_BYTES) != newest)
    )
    return found or 0


async def count_old_links(session: AsyncSession) -> int:
    """Families' links that still open, and die with the key that made them."""
    newest = key_id(settings_of(session).secret_keys[0])
    found = await session.scalar(
        select(func.count(Offer.id)).where(Offer.key_id != newest, Offer.expires_at > func.now())
    )
    return int(found or 0)


def _is_old(session: AsyncSession, model: type[Any]) -> ColumnElement[bool]:
    newest = ring_of(session).names[0]
    columns = [getattr(model, one.column) for one in sealed_attributes(model)]
    return or_(*(func.substring(column, 1, PREFIX_BYTES) != newest for column in columns))
