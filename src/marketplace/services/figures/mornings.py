"""What needs somebody this morning: each exception with the rows that a person can act on.

A family's no and its silence ask nobody for anything, so they are not here.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from directory.models import Intake, Provider, Service
from directory.volunteers.readiness import may_help_today
from marketplace.access import Actor, planned_matches, readable_matches, readable_needs
from marketplace.db.acting import by_exchange
from marketplace.db.families import Family, Need
from marketplace.db.offers import Message, Offer
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match
from marketplace.defaults import defaults
from marketplace.services.sending.controls import get_commissioner
from marketplace.services.sending.outbox import OFFER
from marketplace.services.staff.working_days import add_working_days
from marketplace.states import LIVE_MATCH, MatchState, NeedState

MOST_ROWS = 50
EXPIRED_WITHIN_DAYS = 7
TWICE = 2
NOT_BEGUN = LIVE_MATCH - {MatchState.UNDER_WAY}

# A volunteer is answered for by the host, and named by nobody else.
_Answers = aliased(Provider)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is wrong with whom: a provider or a family, how many, since when."""

    id: uuid.UUID
    name: str
    count: int
    since: dt.datetime | None = None
    about: str = ""
    promised: int = 0


@dataclass(frozen=True, kw_only=True)
class Morning:
    """By name of the exception; the stop list is too old where `stop_list_is_old`."""

    rows: dict[str, Sequence[Row]] = field(default_factory=dict)
    stop_list_at: dt.datetime | None = None
    stop_list_is_old: bool = False


@by_exchange
async def look_around(session: AsyncSession, *, actor: Actor) -> Morning:
    now = (await session.execute(select(func.now()))).scalar_one()
    council = await get_commissioner(session, actor=actor)
    return Morning(
        rows={
            "no_answer": await late_providers(session, actor=actor),
            "bounced": await _bounced(session, actor),
            "expired": await _expired(session, now, actor),
            "declined_twice": await _declined_twice(session, actor),
            "capacity_cut": await _capacity_cut(session, actor),
            "check_lapsed": await _check_lapsed(session, actor),
        },
        stop_list_at=council.stop_list_at,
        stop_list_is_old=_is_old(council, now),
    )


def _is_old(council: Commissioner, now: dt.datetime) -> bool:
    hours = dt.timedelta(hours=defaults()["contact"]["stop_list_hours"])
    return council.stop_list_at is None or now - council.stop_list_at > hours


@by_exchange
async def late_providers(session: AsyncSession, *, actor: Actor) -> list[Row]:
    """Who has let a family wait for more working days than we told them."""
    today = (await session.execute(select(func.current_date()))).scalar_one()
    days = defaults()["provider_days"]["told_after"]
    since = func.min(Match.waits_since)
    found = await session.execute(
        _by_provider(actor, Match.state == MatchState.AWAITING_PROVIDER).add_columns(since)
    )
    return [
        Row(id=provider_id, name=name, count=count, since=first)
        for provider_id, name, count, first in found
        if add_working_days(first.date(), days) <= today
    ][:MOST_ROWS]


async def _expired(session: AsyncSession, now: dt.datetime, actor: Actor) -> list[Row]:
    """Providers whose time to answer ran out: the families wait for the next plan."""
    since = now - dt.timedelta(days=EXPIRED_WITHIN_DAYS)
    ended = (Match.state == MatchState.PROVIDER_EXPIRED, Match.waits_since >= since)
    found = await session.execute(
        _by_provider(actor, *ended).add_columns(func.max(Match.waits_since)).limit(MOST_ROWS)
    )
    return [Row(id=row[0], name=row[1], count=row[2], since=row[3]) for row in found]


async def _check_lapsed(session: AsyncSession, actor: Actor) -> list[Row]:
    """Where a family is promised help by somebody whose checks have run out or who is away."""
    live = (Match.state.in_(LIVE_MATCH), ~may_help_today())
    found = await session.execute(_by_provider(actor, *live).limit(MOST_ROWS))
    return [Row(id=provider_id, name=name, count=count) for provider_id, name, count in found]


def _by_provider(actor: Actor, *where: ColumnElement[bool]) -> Select[uuid.UUID, str, int]:
    return (
        planned_matches(actor)
        .join(Match.intake)
        .join(Intake.service)
        .join(Provider, Provider.id == Service.provider_id)
        .join(_Answers, _Answers.id == func.coalesce(Provider.hosted_by_id, Provider.id))
        .where(*where)
        .with_only_columns(_Answers.id, _Answers.name, func.count(Match.id))
        .group_by(_Answers.id, _Answers.name)
        .order_by(func.lower(_Answers.name), _Answers.id)
    )


async def _bounced(session: AsyncSession, actor: Actor) -> list[Row]:
    """Families who are still to answer a message that never reached them."""
    came_back = or_(Message.delivery.in_(("bounced", "failed")), Message.state == "failed")
    found = await session.execute(
        readable_matches(actor)
        .join(Offer, Offer.match_id == Match.id)
        .join(Message, Message.subject_id == Offer.id)
        .where(Message.event == OFFER, came_back, Match.state == MatchState.AWAITING_FAMILY)
        .with_only_columns(Family.id, Family.ref, func.count(), func.max(Message.created_at))
        .group_by(Family.id, Family.ref)
        .order_by(Family.ref)
        .limit(MOST_ROWS)
    )
    return [Row(id=row[0], name=row[1], count=row[2], since=row[3]) for row in found]


async def _declined_twice(session: AsyncSession, actor: Actor) -> list[Row]:
    """Needs without help that providers, not the family, have said no to twice."""
    declined = (
        select(Match.need_id, func.count().label("times"), func.max(Match.waits_since).label("at"))
        .where(Match.state == MatchState.PROVIDER_DECLINED)
        .group_by(Match.need_id)
        .having(func.count() >= TWICE)
        .subquery()
    )
    found = await session.execute(
        readable_needs(actor)
        .join(declined, declined.c.need_id == Need.id)
        .where(Need.state == NeedState.PUBLISHED)
        .with_only_columns(Family.id, Family.ref, Need.code, declined.c.times, declined.c.at)
        .order_by(declined.c.times.desc(), Family.ref, Need.code)
        .limit(MOST_ROWS)
    )
    return [
        Row(id=row.id, name=row.ref, count=row.times, since=row.at, about=row.code) for row in found
    ]


async def _capacity_cut(session: AsyncSession, actor: Actor) -> list[Row]:
    """Intakes with fewer places than this council's plans have given away, held or not."""
    unheld = func.sum(Match.places).filter(
        Match.state.in_((MatchState.PROPOSED, MatchState.AGREED))
    )
    promised = Intake.held + Intake.used + func.coalesce(unheld, 0)
    found = await session.execute(
        planned_matches(actor)
        .join(Match.intake)
        .join(Intake.service)
        .join(Provider, Provider.id == Service.provider_id)
        .join(_Answers, _Answers.id == func.coalesce(Provider.hosted_by_id, Provider.id))
        .where(Match.state.in_(NOT_BEGUN), Intake.places.is_not(None))
        .with_only_columns(_Answers.id, _Answers.name, Service.name, Intake.places, promised)
        .group_by(_Answers.id, _Answers.name, Service.name, Intake.id)
        .having(promised > Intake.places)
        .order_by(func.lower(_Answers.name), Service.name)
        .limit(MOST_ROWS)
    )
    return [
        Row(id=row[0], name=row[1], about=row[2], count=row[3] or 0, promised=int(row[4]))
        for row in found
    ]
