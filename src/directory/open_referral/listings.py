"""Which services the feed lists, in what order: one row for each, before anything is told of it.

A host's volunteers who help with the same stand as one service of the host, in their outward areas.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    Text,
    and_,
    cast,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import aliased

from directory.models import Intake, Provider, Service
from directory.open_referral.conditions import conditions
from directory.open_referral.identity import VERSION_OF_DERIVED, derive_in_database
from directory.open_referral.question import Question
from directory.sources import OutwardArea, ServiceLocation
from directory.taxonomy import load_taxonomy
from directory.visibility import is_offered

DEFAULT_PROXIMITY_METRES = 8_000

Grid = tuple[int, int]

OUTWARD = func.split_part(Service.postcode, " ", 1)
MODIFIED_AT = func.greatest(
    Service.modified_at,
    Provider.modified_at,
    select(func.max(Intake.modified_at)).where(Intake.service_id == Service.id).scalar_subquery(),
)
Host = aliased(Provider)
Main = aliased(ServiceLocation)


def listed_services(question: Question, *, only: UUID | None = None) -> Select[Any, Any, Any]:
    """Ids, the oldest first: what is added while somebody reads stands behind the last page.

    Each with its organisation, and with how many there are in all.
    """
    branches = [_own()]
    # Only what we derive in the database is of this version, or what has such an id elsewhere.
    if only is None or only.version == VERSION_OF_DERIVED:
        branches.append(_by_volunteers())
    listed = union_all(*branches).subquery("listed")
    return (
        select(listed.c.id, listed.c.organization_id, func.count().over())
        .where(*conditions(question, listed), _is(listed.c.id, only))
        .order_by(listed.c.created_at, listed.c.id)
    )


def every_listed_service() -> Select[Any, Any]:
    """By id, so that the same directory is always written in the same order."""
    listed = union_all(_own(), _by_volunteers()).subquery("listed")
    return select(listed.c.id, listed.c.organization_id).order_by(listed.c.id)


def listed_at_locations(
    question: Question, near: Grid | None, *, only: UUID | None = None
) -> Select[Any, Any, Any, Any]:
    """Ids of places with those of their services; near a place the nearest come first."""
    if near is None:
        branches = [_own_places(), _other_places()]
        if only is None or only.version == VERSION_OF_DERIVED:
            branches.append(_areas_of_volunteers())
    else:
        within = question.proximity or DEFAULT_PROXIMITY_METRES
        branches = _near(near, within)
    listed = union_all(*branches).subquery("listed")
    order = [listed.c.created_at, listed.c.service_id, listed.c.id]
    if near is not None:
        order.insert(0, listed.c.squared_metres)
    return (
        select(listed.c.id, listed.c.service_id, listed.c.organization_id, func.count().over())
        .where(*conditions(question, listed), _is(listed.c.id, only))
        .order_by(*order)
    )


def _is(column: ColumnElement[UUID], only: UUID | None) -> ColumnElement[bool]:
    return true() if only is None else column == only


def _own() -> Select[Any]:
    return _of_own(Service.id.label("id"))


def _of_own(*first: ColumnElement[Any]) -> Select[Any]:
    return (
        select(
            *first,
            Service.created_at,
            Provider.id.label("organization_id"),
            MODIFIED_AT.label("modified_at"),
            Service.name,
            Service.description,
            Provider.name.label("organization_name"),
            Service.needs,
            Service.days,
            Service.min_age,
            Service.max_age,
            Service.open_referral,
        )
        .join(Service.provider)
        .where(is_offered(), Provider.kind != "volunteer")
    )


def _own_places(squared: ColumnElement[Any] | None = None) -> Select[Any]:
    """Where each service itself says it is; a place that no feed brought goes by the same id."""
    return _of_own(
        func.coalesce(Main.id, Service.id).label("id"),
        Service.id.label("service_id"),
        (null() if squared is None else squared).label("squared_metres"),
    ).outerjoin(Main, and_(Main.service_id == Service.id, Main.position == 0))


def _other_places(squared: ColumnElement[Any] | None = None) -> Select[Any]:
    return (
        _of_own(
            ServiceLocation.id.label("id"),
            Service.id.label("service_id"),
            (null() if squared is None else squared).label("squared_metres"),
        )
        .join(ServiceLocation, ServiceLocation.service_id == Service.id)
        .where(ServiceLocation.position > 0, ~Service.is_confidential)
    )


def _near(near: Grid, within: int) -> list[Select[Any]]:
    """Let what must not be found more closely stand in the middle of its outward area."""
    own = _squared(near, Service.easting, Service.northing)
    other = _squared(near, ServiceLocation.easting, ServiceLocation.northing)
    area = _squared(near, OutwardArea.easting, OutwardArea.northing)
    return [
        _own_places(own).where(
            ~Service.is_confidential,
            *_within(near, within, Service.easting, Service.northing),
            own <= within**2,
        ),
        _own_places(area)
        .join(OutwardArea, OutwardArea.outward == OUTWARD)
        .where(Service.is_confidential, *_area_within(near, within), area <= within**2),
        _other_places(other).where(
            *_within(near, within, ServiceLocation.easting, ServiceLocation.northing),
            other <= within**2,
        ),
        _areas_of_volunteers((near, within)),
    ]


def _area_within(near: Grid, within: int) -> Sequence[ColumnElement[bool]]:
    return _within(near, within, OutwardArea.easting, OutwardArea.northing)


def _within(near: Grid, within: int, easting: Any, northing: Any) -> Sequence[ColumnElement[bool]]:
    return (
        easting.between(near[0] - within, near[0] + within),
        northing.between(near[1] - within, near[1] + within),
    )


def _squared(near: Grid, easting: Any, northing: Any) -> ColumnElement[Any]:
    east, north = easting - near[0], northing - near[1]
    squared: ColumnElement[Any] = east * east + north * north
    return squared


def volunteers() -> Select[Any]:
    """Every volunteer's service that may be told of, with the id it has together with its like."""
    needs = func.array(
        select(func.unnest(Service.needs).label("need"))
        .correlate(Service)
        .order_by("need")
        .scalar_subquery(),
        type_=ARRAY(Text),
    )
    sensitive = [code for code, term in load_taxonomy().items() if term.sensitive]
    return (
        select(
            Service.id.label("service_id"),
            Service.created_at,
            Host.id.label("host_id"),
            Host.name.label("host_name"),
            func.greatest(MODIFIED_AT, Host.modified_at).label("modified_at"),
            needs.label("needs"),
            Service.days,
            Service.min_age,
            Service.max_age,
            Service.languages,
            OUTWARD.label("outward"),
        )
        .join(Service.provider)
        .join(Host, Provider.hosted_by_id == Host.id)
        .where(
            is_offered(),
            Provider.kind == "volunteer",
            Service.postcode.is_not(None),
            ~Service.needs.overlap(sensitive),
            func.cardinality(Service.needs) > 0,
        )
    )


def group_id(volunteer: Subquery) -> ColumnElement[Any]:
    return derive_in_database(
        literal("volunteers"), volunteer.c.host_id, func.array_to_string(volunteer.c.needs, ",")
    )


def area_id(volunteer: Subquery) -> ColumnElement[Any]:
    return derive_in_database(group_id(volunteer), volunteer.c.outward)


def _by_volunteers() -> Select[Any]:
    volunteer = volunteers().subquery("volunteer")
    return _together(volunteer, group_id(volunteer).label("id")).group_by(
        volunteer.c.host_id, volunteer.c.host_name, volunteer.c.needs
    )


def _areas_of_volunteers(near: tuple[Grid, int] | None = None) -> Select[Any]:
    query = volunteers()
    squared: ColumnElement[Any] = null()
    if near is not None:
        squared = _squared(near[0], OutwardArea.easting, OutwardArea.northing)
        query = query.join(OutwardArea, OutwardArea.outward == OUTWARD).where(
            *_area_within(*near), squared <= near[1] ** 2
        )
    volunteer = query.add_columns(squared.label("squared_metres")).subquery("volunteer")
    return _together(
        volunteer,
        area_id(volunteer).label("id"),
        group_id(volunteer).label("service_id"),
        func.min(volunteer.c.squared_metres).label("squared_metres"),
    ).group_by(volunteer.c.host_id, volunteer.c.host_name, volunteer.c.needs, volunteer.c.outward)


def _together(volunteer: Subquery, *first: ColumnElement[Any]) -> Select[Any]:
    columns = volunteer.c
    days = func.string_agg(func.array_to_string(columns.days, ","), ",")
    return select(
        *first,
        func.min(columns.created_at).label("created_at"),
        columns.host_id.label("organization_id"),
        func.max(columns.modified_at).label("modified_at"),
        func.array_to_string(columns.needs, " ").label("name"),
        cast(null(), Text).label("description"),
        columns.host_name.label("organization_name"),
        columns.needs,
        func.string_to_array(days, ",").label("days"),
        func.min(columns.min_age).label("min_age"),
        func.max(columns.max_age).label("max_age"),
        cast(literal("{}"), JSONB).label("open_referral"),
    )
