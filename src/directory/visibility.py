"""Which providers the public may find and the engine may plan with: said here, asked everywhere."""

import datetime as dt

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, or_
from sqlalchemy.orm import aliased

from directory.models import Provider, Service

# A year without a word: help that may not be there any more is worse than none.
HIDDEN_AFTER: ColumnElement[dt.timedelta] = literal_column("interval '12 months'")

_Host = aliased(Provider)


def is_listed() -> ColumnElement[bool]:
    """Let in, not paused and not forgotten; of a volunteer, the host as well."""
    host_is_listed = exists().where(_Host.id == Provider.hosted_by_id, _is_in(_Host))
    return and_(_is_in(Provider), or_(Provider.hosted_by_id.is_(None), host_is_listed))


def is_offered() -> ColumnElement[bool]:
    """Of a listed provider, what it has not stopped; for queries that join services."""
    return and_(is_listed(), Service.stopped_at.is_(None))


def is_admitted(provider: type[Provider]) -> ColumnElement[bool]:
    """May work with families at all: let in by a commissioner, not paused, not gone."""
    return and_(
        provider.approved_at.is_not(None),
        provider.paused_at.is_(None),
        provider.left_at.is_(None),
    )


def _is_in(provider: type[Provider]) -> ColumnElement[bool]:
    return and_(is_admitted(provider), provider.confirmed_at > func.now() - HIDDEN_AFTER)
