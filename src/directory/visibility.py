"""Which providers the public may find and the engine may plan with: said here, asked everywhere."""

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import aliased

from directory.freshness import HIDE_AFTER_MONTHS, months_ago
from directory.models import Provider, Service
from directory.volunteers.readiness import may_help_today

_Host = aliased(Provider)


def is_listed() -> ColumnElement[bool]:
    """Let in, and with all that is asked of those who help there."""
    return and_(is_let_in(), may_help_today())


def is_let_in() -> ColumnElement[bool]:
    """Approved, not paused, not gone and not forgotten; of a volunteer, the host as well."""
    host_is_in = exists().where(_Host.id == Provider.hosted_by_id, _is_in(_Host))
    return and_(_is_in(Provider), or_(Provider.hosted_by_id.is_(None), host_is_in))


def is_offered() -> ColumnElement[bool]:
    """What a listed provider has not ended; for queries that join services."""
    return and_(is_listed(), still_runs())


def still_runs() -> ColumnElement[bool]:
    """Neither stopped by its provider nor gone from the source it came from."""
    return and_(Service.stopped_at.is_(None), Service.withdrawn_at.is_(None))


def is_listed_organisation() -> ColumnElement[bool]:
    """As `is_listed`, without volunteers: their names and homes are in no feed."""
    return and_(is_listed(), Provider.hosted_by_id.is_(None))


def is_admitted(provider: type[Provider]) -> ColumnElement[bool]:
    """May work with families at all: let in by a commissioner, not paused, not gone."""
    return and_(
        provider.approved_at.is_not(None),
        provider.paused_at.is_(None),
        provider.left_at.is_(None),
        provider.merged_into_id.is_(None),
    )


def _is_in(provider: type[Provider]) -> ColumnElement[bool]:
    return and_(is_admitted(provider), provider.confirmed_at > months_ago(HIDE_AFTER_MONTHS))
