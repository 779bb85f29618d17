"""Who has all that is asked for: said here, asked by the search, the feed, the engine and pages."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Exists, and_, exists, func, or_

from directory.models import Provider
from directory.volunteers.asks import asked_of, is_enough, load_rules, lowest_check
from directory.volunteers.models import Absence, Paper, Volunteer

CHECK = (Provider.check_kind, Provider.check_seen_on, Provider.check_seen_by, Provider.recheck_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a host has seen: the check as it stands with the provider, and the dated papers."""

    roles: Sequence[str]
    check_kind: str | None
    check_seen_on: dt.date | None
    check_seen_by: str | None
    recheck_by: dt.date | None
    papers: Mapping[str, Paper]


@dataclass(frozen=True, slots=True)
class Missing:
    """`since`: the first day on which it counted no more; None where it never did."""

    ask: str
    since: dt.date | None


def held_by(volunteer: Volunteer, provider: Provider, papers: Sequence[Paper]) -> Held:
    return Held(
        roles=volunteer.roles,
        check_kind=provider.check_kind,
        check_seen_on=provider.check_seen_on,
        check_seen_by=provider.check_seen_by,
        recheck_by=provider.recheck_by,
        papers={paper.ask: paper for paper in papers},
    )


def what_is_missing(held: Held, today: dt.date) -> list[Missing]:
    """What keeps a volunteer from being matched today; empty where nothing does."""
    return [
        Missing(ask, until + dt.timedelta(days=1) if until else None)
        for ask, until in valid_until(held)
        if until is None or until < today
    ]


def ready_until(held: Held) -> dt.date | None:
    """The last day on which nothing is missing; None where something never was there."""
    ends = [until for _, until in valid_until(held)]
    known = [until for until in ends if until is not None]
    return min(known) if known and len(known) == len(ends) else None


def valid_until(held: Held) -> Iterator[tuple[str, dt.date | None]]:
    """Each thing asked for with the last day on which it counts, or None where it does not."""
    for ask in asked_of(held.roles):
        yield ask, _check_until(held) if ask == "check" else _paper_until(held, ask)


def _check_until(held: Held) -> dt.date | None:
    if held.check_kind is None or held.check_seen_on is None or not held.check_seen_by:
        return None
    if not is_enough(held.check_kind, asked=lowest_check(held.roles)):
        return None
    return held.recheck_by


def _paper_until(held: Held, ask: str) -> dt.date | None:
    paper = held.papers.get(ask)
    if paper is None or paper.version != load_rules().asks[ask].version:
        return None
    return paper.valid_until


def may_help_today() -> ColumnElement[bool]:
    """The rule above as the database asks it.

    Whoever is kept by a host here needs all that is asked, and is neither stopped, gone nor away.
    Whoever stands in a council's file only is taken at its word about the check; of everybody else
    a check is not asked, but has to hold once it is shown.
    """
    is_kept = _exists(Volunteer.provider_id == Provider.id)
    is_ready = _exists(
        Volunteer.provider_id == Provider.id,
        Volunteer.ready_until >= func.current_date(),
        Volunteer.stopped_at.is_(None),
        Volunteer.left_at.is_(None),
    )
    is_away = _exists(
        Absence.volunteer_id == Provider.id,
        Absence.starts_on <= func.current_date(),
        Absence.ends_on >= func.current_date(),
    )
    is_volunteer = Provider.kind == "volunteer"
    shown = func.num_nonnulls(*CHECK)
    holds = and_(
        shown == len(CHECK),
        Provider.check_kind != "none",
        Provider.recheck_by >= func.current_date(),
    )
    return or_(
        and_(~is_volunteer, or_(shown == 0, holds)),
        and_(is_volunteer, is_ready, ~is_away),
        and_(is_volunteer, ~is_kept, holds),
    )


def _exists(*conditions: ColumnElement[bool]) -> Exists:
    """About the provider of the query around it, and about no volunteer who stands there too."""
    return exists().where(*conditions).correlate(Provider)
