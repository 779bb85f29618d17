"""One provider that stands in the directory twice: found, joined, and parted again."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    and_,
    exists,
    func,
    literal,
    select,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from directory.models import Provider, Service
from marketplace.access import Actor
from marketplace.db.acting import by_exchange
from marketplace.db.history import Event
from marketplace.db.listings import ToldApart
from marketplace.db.people import User
from marketplace.errors import NotFoundError
from marketplace.services.matches.transitions import note_deed

# What the one that stays takes over where it says nothing itself.
DETAILS = ("description", "website", "charity_number", "contact_email", "contact_phone")

# Of the three-letter pieces of two names, shared.
ALIKE = 0.6
_LIKENESS = select(func.set_config("pg_trgm.similarity_threshold", str(ALIKE), True))

First, Second = aliased(Provider), aliased(Provider)


@by_exchange
async def find_doubles(
    session: AsyncSession,
) -> Sequence[Row[uuid.UUID, str, uuid.UUID, str, list[str]]]:
    """All pairs that look like one provider, each with why: charity, email, phone, name."""
    # The index answers for %, which asks for half as much by itself.
    await session.execute(_LIKENESS)
    alike = _alike().subquery()
    first, second = aliased(Provider), aliased(Provider)
    query = (
        select(
            alike.c.first_id,
            first.name.label("first_name"),
            alike.c.second_id,
            second.name.label("second_name"),
            func.array_agg(alike.c.why).label("why"),
        )
        .join(first, first.id == alike.c.first_id)
        .join(second, second.id == alike.c.second_id)
        .group_by(alike.c.first_id, first.name, alike.c.second_id, second.name)
        .order_by(func.count().desc(), first.name, alike.c.first_id, alike.c.second_id)
    )
    return (await session.execute(query)).all()


def _alike() -> CompoundSelect[uuid.UUID, uuid.UUID, str]:
    return union(
        _pairs("charity", First.charity_number == Second.charity_number),
        _pairs("email", func.lower(First.contact_email) == func.lower(Second.contact_email)),
        _pairs("phone", First.contact_phone == Second.contact_phone),
        _pairs(
            "name",
            and_(First.name.op("%")(Second.name), func.similarity(First.name, Second.name) > ALIKE),
        ),
    )


def _pairs(why: str, condition: ColumnElement[bool]) -> Select[uuid.UUID, uuid.UUID, str]:
    told_apart = exists().where(ToldApart.first_id == First.id, ToldApart.second_id == Second.id)
    return (
        select(First.id.label("first_id"), Second.id.label("second_id"), literal(why).label("why"))
        .select_from(First)
        .join(Second, and_(First.id < Second.id, condition))
        .where(_stands(First), _stands(Second), ~told_apart)
    )


def _stands(provider: type[Provider]) -> ColumnElement[bool]:
    # Two volunteers with one surname are two people, and their host's business.
    return and_(provider.kind != "volunteer", provider.merged_into_id.is_(None))


@by_exchange
async def tell_apart(
    session: AsyncSession, one_id: uuid.UUID, other_id: uuid.UUID, *, actor: Actor
) -> None:
    first, second = sorted([one_id, other_id])
    await _lock_pair(session, first, second)
    statement = insert(ToldApart).values(first_id=first, second_id=second)
    await session.execute(statement.on_conflict_do_nothing())
    detail: dict[str, object] = {"other": str(second)}
    await note_deed(session, ("provider", first), "told_apart", actor=actor, detail=detail)


@by_exchange
async def merge_providers(
    session: AsyncSession, *, keep_id: uuid.UUID, drop_id: uuid.UUID, actor: Actor
) -> None:
    """Give all that is the one's to the other; what was moved is noted, so that it can go back."""
    keep, drop = await _lock_pair(session, keep_id, drop_id)
    moved = {
        "services": await _move_services(session, keep=keep, drop=drop),
        "users": await _move(session, User, User.provider_id, keep=keep, drop=drop),
        "hosted": await _move(session, Provider, Provider.hosted_by_id, keep=keep, drop=drop),
    }
    filled = {
        name: getattr(drop, name)
        for name in DETAILS
        if getattr(keep, name) is None and getattr(drop, name) is not None
    }
    for name, value in filled.items():
        setattr(keep, name, value)
    drop.merged_into_id = keep.id
    await session.flush()
    detail: dict[str, object] = {"from": str(drop_id), "filled": sorted(filled), **moved}
    await note_deed(session, ("provider", keep_id), "merged", actor=actor, detail=detail)


@by_exchange
async def part_providers(session: AsyncSession, *, drop_id: uuid.UUID, actor: Actor) -> None:
    """Undo a merge: what came from the other goes back to it, with what was added to it since."""
    drop = await session.get(Provider, drop_id, with_for_update=True, populate_existing=True)
    if drop is None or drop.merged_into_id is None:
        raise NotFoundError("These two are not merged.")
    keep = await session.get_one(Provider, drop.merged_into_id, with_for_update=True)
    event = await session.scalar(
        select(Event)
        .where(
            Event.subject_id == keep.id,
            Event.target == "merged",
            Event.detail["from"].astext == str(drop_id),
        )
        .order_by(Event.id.desc())
        .limit(1)
    )
    if event is None:
        raise NotFoundError("There is no note of this merge, so it cannot be undone here.")
    await _move_back(session, event.detail, keep=keep, drop=drop)
    for name in event.detail["filled"]:
        if getattr(keep, name) == getattr(drop, name):
            setattr(keep, name, None)
    drop.merged_into_id = None
    await session.flush()
    await note_deed(session, ("provider", drop_id), "parted", actor=actor)


async def _move_back(
    session: AsyncSession, moved: dict[str, Any], *, keep: Provider, drop: Provider
) -> None:
    for model, column, name in (
        (Service, Service.provider_id, "services"),
        (User, User.provider_id, "users"),
        (Provider, Provider.hosted_by_id, "hosted"),
    ):
        ids = [uuid.UUID(one) for one in moved[name]]
        await session.execute(
            update(model)
            .where(model.id.in_(ids), column == keep.id)
            .values({column.key: drop.id})
            .execution_options(synchronize_session=False)
        )


async def _lock_pair(
    session: AsyncSession, keep_id: uuid.UUID, drop_id: uuid.UUID
) -> tuple[Provider, Provider]:
    found = await session.scalars(
        select(Provider)
        .where(Provider.id.in_([keep_id, drop_id]), Provider.kind != "volunteer")
        .order_by(Provider.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    providers = {provider.id: provider for provider in found if not provider.merged_into_id}
    if providers.keys() != {keep_id, drop_id} or keep_id == drop_id:
        raise NotFoundError("One of these two is merged already, or is not in the directory.")
    return providers[keep_id], providers[drop_id]


async def _move_services(session: AsyncSession, *, keep: Provider, drop: Provider) -> list[str]:
    taken = select(Service.ref).where(Service.provider_id == keep.id)
    # A file of the other's may have used the same reference for something else.
    await session.execute(
        update(Service)
        .where(Service.provider_id == drop.id, Service.ref.in_(taken))
        .values(ref=func.concat(drop.ref, ":", Service.ref))
        .execution_options(synchronize_session=False)
    )
    return await _move(session, Service, Service.provider_id, keep=keep, drop=drop)


async def _move(
    session: AsyncSession, model: Any, column: Any, *, keep: Provider, drop: Provider
) -> list[str]:
    moved = await session.scalars(
        update(model)
        .where(column == drop.id)
        .values({column.key: keep.id})
        .returning(model.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(str(one) for one in moved)
