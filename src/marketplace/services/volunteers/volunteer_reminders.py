"""Tells hosts what runs out or has run out for their volunteers: one mail a day, once a step."""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from directory.models import Provider
from directory.volunteers.asks import load_rules
from directory.volunteers.models import Volunteer
from directory.volunteers.readiness import valid_until
from marketplace.db.acting import by_exchange
from marketplace.db.volunteering import HostReminder
from marketplace.services.sending.outbox import VOLUNTEER_PAPERS, queue_once
from marketplace.services.volunteers.volunteers import read_held

LONDON = ZoneInfo("Europe/London")
# A mail that can wait is read in the morning.
FROM_HOUR = 7


@dataclass(frozen=True)
class RunsOut:
    """`step`: `soon`, or `lapsed` once `valid_until` has gone by."""

    volunteer_id: uuid.UUID
    name: str
    ask: str
    step: str
    valid_until: dt.date


async def remind_hosts(session: AsyncSession) -> int:
    """Queue one mail for each host that has something new to hear; how many hosts."""
    now = (await session.execute(select(func.now()))).scalar_one().astimezone(LONDON)
    if now.hour < FROM_HOUR:
        return 0
    hosts = set()
    for volunteer in await _kept(session):
        running_out = await what_runs_out(session, volunteer, today=now.date())
        if await _note_new(session, running_out):
            hosts.add(volunteer.provider.hosted_by_id)
    for host_id in hosts:
        if host_id is not None:
            await queue_once(session, VOLUNTEER_PAPERS, host_id)
    return len(hosts)


@by_exchange
async def what_runs_out_for(
    session: AsyncSession, host_id: uuid.UUID, *, today: dt.date
) -> list[RunsOut]:
    """All of it for one host, the earliest first."""
    found = [
        one
        for volunteer in await _kept(session, host_id=host_id)
        for one in await what_runs_out(session, volunteer, today=today)
    ]
    return sorted(found, key=lambda one: (one.valid_until, one.name))


@by_exchange
async def what_runs_out(
    session: AsyncSession, volunteer: Volunteer, *, today: dt.date
) -> list[RunsOut]:
    held = await read_held(session, volunteer)
    return [
        RunsOut(volunteer.provider_id, volunteer.provider.name, ask, step, until)
        for ask, until in valid_until(held)
        if until is not None
        for step in _step_of(ask, until, today)
    ]


def _step_of(ask: str, until: dt.date, today: dt.date) -> Iterator[str]:
    if until < today:
        yield "lapsed"
    elif until <= today + dt.timedelta(days=load_rules().asks[ask].reminder_days):
        yield "soon"


async def _kept(session: AsyncSession, *, host_id: uuid.UUID | None = None) -> Sequence[Volunteer]:
    wanted = (
        select(Volunteer)
        .join(Volunteer.provider)
        .where(Volunteer.left_at.is_(None))
        .order_by(Provider.name, Provider.id)
        .options(joinedload(Volunteer.provider))
    )
    if host_id is not None:
        wanted = wanted.where(Provider.hosted_by_id == host_id)
    return (await session.scalars(wanted)).all()


async def _note_new(session: AsyncSession, running_out: Sequence[RunsOut]) -> bool:
    """Whether any of it was not told before."""
    if not running_out:
        return False
    rows = [
        {
            "volunteer_id": one.volunteer_id,
            "ask": one.ask,
            "step": one.step,
            "valid_until": one.valid_until,
        }
        for one in running_out
    ]
    added = await session.execute(
        insert(HostReminder).on_conflict_do_nothing().returning(HostReminder.ask), rows
    )
    return added.first() is not None
