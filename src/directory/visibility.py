"""Which providers the public may find and the engine may plan with: said here, asked everywhere."""

import datetime as dt

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, or_
from sqlalchemy.orm import aliased

from directory.models import Provider
from directory.volunteers.readiness import may_help_today

# A year without a word: help that may not be there any more is worse than none.
HIDDEN_AFTER: ColumnElement[dt.timedelta] = literal_column("interval '12 months'")

_Host = aliased(Provider)


def is_listed() -> ColumnElement[bool]:
    """Let in, and with all that is asked of those who help there."""
    return and_(is_let_in(), may_help_today())


def is_let_in() -> ColumnElement[bool]:
    """Approved, not paused and not forgotten; of a volunteer, the host as well."""
    host_is_in = exists().where(_Host.id == Provider.hosted_by_id, _is_in(_Host))
    return and_(_is_in(Provider), or_(Provider.hosted_by_id.is_(None), host_is_in))


def _is_in(provider: type[Provider]) -> ColumnElement[bool]:
    return and_(
        provider.approved_at.is_not(None),
        provider.paused_at.is_(None),
        provider.confirmed_at > func.now() - HIDDEN_AFTER,
    )
