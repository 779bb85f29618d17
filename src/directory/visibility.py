"""Which providers the public may find and the engine may plan with: said here, asked everywhere."""

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import aliased

from directory.freshness import HIDE_AFTER_MONTHS, months_ago
from directory.models import Provider

_Host = aliased(Provider)


def is_listed() -> ColumnElement[bool]:
    """Let in, not paused, not merged and not forgotten; of a volunteer, the host as well."""
    host_is_listed = exists().where(_Host.id == Provider.hosted_by_id, _is_in(_Host))
    return and_(_is_in(Provider), or_(Provider.hosted_by_id.is_(None), host_is_listed))


def _is_in(provider: type[Provider]) -> ColumnElement[bool]:
    return and_(
        provider.approved_at.is_not(None),
        provider.paused_at.is_(None),
        provider.merged_into_id.is_(None),
        provider.confirmed_at > months_ago(HIDE_AFTER_MONTHS),
    )
