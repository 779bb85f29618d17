"""What is wrong with the directory, by kind: stale, hidden, unchecked, empty, missing."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    CTE,
    Float,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from directory.freshness import ASK_AFTER_MONTHS, HIDE_AFTER_MONTHS, months_ago
from directory.models import Intake, Provider, Service
from directory.visibility import is_admitted, is_let_in, is_offered
from directory.volunteers.readiness import CHECK
from marketplace.db.families import Family, Need
from marketplace.db.listings import ListingCheck
from marketplace.states import NeedState

LAPSES_WITHIN_DAYS = 30
Host = aliased(Provider)


async def count(session: AsyncSession, kind: str) -> int:
    rows = LISTS[kind]().order_by(None).subquery()
    return await session.scalar(select(func.count()).select_from(rows)) or 0


async def read_list(session: AsyncSession, kind: str, *, offset: int, limit: int) -> Sequence[Any]:
    found = await session.execute(LISTS[kind]().offset(offset).limit(limit))
    return found.all()


def _silent(longer_than: int) -> Select[*tuple[Any, ...]]:
    asked_at = (
        select(func.max(ListingCheck.asked_at))
        .where(
            ListingCheck.provider_id == Provider.id,
            ListingCheck.confirmed_at == Provider.confirmed_at,
        )
        .scalar_subquery()
    )
    return (
        select(
            Provider.id,
            Provider.name,
            Provider.contact_email,
            Provider.contact_phone,
            Provider.confirmed_at,
            asked_at.label("asked_at"),
            (Provider.confirmed_at + func.make_interval(0, HIDE_AFTER_MONTHS)).label("hides_at"),
        )
        .where(
            Provider.kind != "volunteer",
            is_admitted(Provider),
            Provider.confirmed_at <= months_ago(longer_than),
        )
        .order_by(Provider.confirmed_at, Provider.id)
    )


def list_stale() -> Select[*tuple[Any, ...]]:
    """Silent for so long that we asked, and still shown."""
    return _silent(ASK_AFTER_MONTHS[0]).where(Provider.confirmed_at > months_ago(HIDE_AFTER_MONTHS))


def list_hidden() -> Select[*tuple[Any, ...]]:
    return _silent(HIDE_AFTER_MONTHS)


def list_unchecked() -> Select[*tuple[Any, ...]]:
    """Checks that are missing, have lapsed or lapse soon; of a volunteer only the host is named."""
    soon = func.current_date() + LAPSES_WITHIN_DAYS
    missing = func.num_nulls(*CHECK)
    return (
        select(
            Provider.id,
            func.coalesce(Host.name, Provider.name).label("name"),
            (Provider.kind == "volunteer").label("is_volunteer"),
            func.coalesce(Host.contact_phone, Provider.contact_phone).label("contact_phone"),
            func.coalesce(Host.contact_email, Provider.contact_email).label("contact_email"),
            case((missing == 0, Provider.recheck_by)).label("recheck_by"),
            func.coalesce(Provider.recheck_by < func.current_date(), True).label("is_past"),
        )
        .outerjoin(Host, Provider.hosted_by_id == Host.id)
        .where(
            is_let_in(),
            or_(
                and_(Provider.kind == "volunteer", missing > 0),
                and_(missing > 0, missing < len(CHECK)),
                Provider.recheck_by <= soon,
            ),
        )
        .order_by(Provider.recheck_by.nulls_first(), Provider.id)
    )


def list_empty() -> Select[*tuple[Any, ...]]:
    """Services that stand in the directory and have no place to give: full, paused or no intake."""
    is_open = and_(
        Intake.paused_at.is_(None),
        func.coalesce(Intake.paused_until <= func.current_date(), True),
    )
    has_room = or_(Intake.places.is_(None), Intake.held + Intake.used < Intake.places)
    own = Intake.service_id == Service.id
    return (
        select(
            Service.id,
            Service.name,
            func.coalesce(Host.name, Provider.name).label("provider_name"),
            case(
                (~exists().where(own), "none"),
                (~exists().where(own, is_open), "paused"),
                else_="full",
            ).label("why"),
        )
        .join(Service.provider)
        .outerjoin(Host, Provider.hosted_by_id == Host.id)
        .where(is_offered(), ~exists().where(own, is_open, has_room))
        .order_by(Service.name, Service.id)
    )


LISTS: Mapping[str, Callable[[], Select[*tuple[Any, ...]]]] = MappingProxyType(
    {
        "stale": list_stale,
        "hidden": list_hidden,
        "unchecked": list_unchecked,
        "empty": list_empty,
    }
)


async def count_missing(session: AsyncSession, commissioner_id: uuid.UUID | None) -> int:
    rows = _missing(commissioner_id).order_by(None).subquery()
    return await session.scalar(select(func.count()).select_from(rows)) or 0


async def find_missing(
    session: AsyncSession, commissioner_id: uuid.UUID | None, *, offset: int, limit: int
) -> Sequence[Any]:
    """Needs that nobody in the directory could help with from where the family lives.

    Most families first. A family of no known place is left out: everywhere is as far.
    """
    query = _missing(commissioner_id).offset(offset).limit(limit)
    return (await session.execute(query)).all()


def _missing(commissioner_id: uuid.UUID | None) -> Select[str, str | None, int]:
    waiting = (
        select(
            Need.code,
            Family.outward,
            func.count(Family.id.distinct()).label("families"),
            cast(func.avg(Family.easting), Float).label("easting"),
            cast(func.avg(Family.northing), Float).label("northing"),
        )
        .join(Need.family)
        .where(
            Need.commissioner_id == commissioner_id,
            Need.state == NeedState.PUBLISHED,
            Family.outward.is_not(None),
        )
        .group_by(Need.code, Family.outward)
        .subquery()
    )
    there = _helpers()
    east, north = there.c.easting - waiting.c.easting, there.c.northing - waiting.c.northing
    reaches = or_(
        there.c.easting.is_(None),
        there.c.reach.is_(None),
        east * east + north * north <= there.c.reach * there.c.reach,
    )
    helps = exists().where(there.c.code == waiting.c.code, reaches)
    return (
        select(waiting.c.code, waiting.c.outward, waiting.c.families)
        .where(~helps)
        .order_by(waiting.c.families.desc(), waiting.c.outward, waiting.c.code)
    )


def _helpers() -> CTE:
    """Who is listed, by what it helps with: read once, not for every need and area."""
    return (
        select(
            func.unnest(Service.needs).label("code"),
            Service.easting,
            Service.northing,
            cast(Service.reach_metres, Float).label("reach"),
        )
        .join(Service.provider)
        .where(is_offered())
        .cte("helpers")
    )
