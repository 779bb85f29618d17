"""Which providers the public may find and the engine may plan with: said here, asked everywhere."""

import datetime as dt

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, or_
from sqlalchemy.orm import aliased

from directory.models import Provider, Service

# A year without a word: help that may not be there any more is worse than none.
HIDDEN_AFTER: ColumnElement[dt.timedelta] = literal_column("interval '12 months'")
CHECK = (Provider.check_kind, Provider.check_seen_on, Provider.check_seen_by, Provider.recheck_by)

_Host = aliased(Provider)


def is_listed() -> ColumnElement[bool]:
    """Let in, not paused and not forgotten; of a volunteer, the host as well. Needs `Service`."""
    host_is_listed = exists().where(_Host.id == Provider.hosted_by_id, _is_in(_Host))
    return and_(
        _is_in(Provider),
        or_(Provider.hosted_by_id.is_(None), host_is_listed),
        Service.withdrawn_at.is_(None),
    )


def checks_hold() -> ColumnElement[bool]:
    """Ask volunteers for a check, and of everyone who shows one that it holds today."""
    is_volunteer = Provider.kind == "volunteer"
    missing = func.num_nulls(*CHECK)
    holds = and_(missing == 0, Provider.recheck_by >= func.current_date())
    return or_(holds, and_(~is_volunteer, missing == len(CHECK)))


def is_listed_provider() -> ColumnElement[bool]:
    """As `is_listed`, for who asks of an organisation that is no volunteer."""
    return and_(_is_in(Provider), Provider.hosted_by_id.is_(None))


def _is_in(provider: type[Provider]) -> ColumnElement[bool]:
    return and_(
        provider.approved_at.is_not(None),
        provider.paused_at.is_(None),
        provider.confirmed_at > func.now() - HIDDEN_AFTER,
    )
