"""What is said once more, and only once: to a family, to a provider, and a question afterwards."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider, Service
from marketplace.access import Actor, readable_matches
from marketplace.db.offers import Message, Offer
from marketplace.db.plans import Match
from marketplace.defaults import defaults
from marketplace.services.outbox import (
    OFFER,
    OFFER_FEEDBACK,
    OFFER_REMINDER,
    PROVIDER_REMINDER,
    queue_messages,
)
from marketplace.services.working_days import add_working_days
from marketplace.states import MatchState

ASKED_AFTER_DAYS = 7
MOST_AT_ONCE = 5_000


@dataclass(frozen=True, kw_only=True)
class LateProvider:
    """Told on to the commissioner: `since`, the day on which its longest wait began."""

    provider_id: uuid.UUID
    name: str
    waiting: int
    since: dt.date


async def remind_families(session: AsyncSession) -> int:
    """On the third day after a message had left; whether it still may is asked when it leaves."""
    after = dt.timedelta(days=defaults()["family_days"]["reminded_after"])
    told = exists().where(
        Message.event == OFFER,
        Message.subject_id == Offer.id,
        Message.state == "sent",
        Message.sent_at <= func.now() - after,
    )
    due = (
        select(Offer.id)
        .join(Offer.match)
        .where(
            Offer.answer.is_(None),
            Offer.reminded_at.is_(None),
            Offer.expires_at > func.now(),
            Match.state == MatchState.AWAITING_FAMILY,
            told,
        )
        .order_by(Offer.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(of=Offer, skip_locked=True)
    )
    ids = (await session.scalars(due)).all()
    await session.execute(
        update(Offer).where(Offer.id.in_(ids)).values(reminded_at=func.now()),
        execution_options={"synchronize_session": False},
    )
    await queue_messages(session, OFFER_REMINDER, ids)
    return len(ids)


async def ask_how_it_goes(session: AsyncSession) -> int:
    """One question a week after help started; nobody is asked twice, or reminded of it."""
    asked = exists().where(Message.event == OFFER_FEEDBACK, Message.subject_id == Offer.id)
    due = await session.scalars(
        select(Offer.id)
        .join(Offer.match)
        .where(
            Match.state == MatchState.UNDER_WAY,
            Match.waits_since <= func.now() - dt.timedelta(days=ASKED_AFTER_DAYS),
            Offer.answer == "yes",
            Offer.channel.in_(("email", "sms")),
            Offer.feedback.is_(None),
            ~asked,
        )
        .order_by(Offer.id)
        .limit(MOST_AT_ONCE)
    )
    ids = due.all()
    await queue_messages(session, OFFER_FEEDBACK, ids)
    return len(ids)


async def remind_providers(session: AsyncSession) -> int:
    """One message about all that waits, once something has waited three days unmentioned."""
    days = defaults()["provider_days"]["reminded_after"]
    today = (await session.execute(select(func.current_date()))).scalar_one()
    reminded = exists().where(
        Message.event == PROVIDER_REMINDER,
        Message.subject_id == _answerable(),
        Message.created_at > Match.waits_since,
    )
    rows = await session.execute(
        _waiting()
        .where(~reminded)
        .with_only_columns(_answerable().label("provider_id"), Match.waits_since)
    )
    late = {
        row.provider_id for row in rows if add_working_days(row.waits_since.date(), days) <= today
    }
    await queue_messages(session, PROVIDER_REMINDER, sorted(late))
    return len(late)


async def late_providers(session: AsyncSession, *, actor: Actor) -> Sequence[LateProvider]:
    """Whom a commissioner's families have waited for longer than six working days."""
    days = defaults()["provider_days"]["told_after"]
    today = (await session.execute(select(func.current_date()))).scalar_one()
    own = readable_matches(actor).with_only_columns(Match.id)
    rows = await session.execute(
        _waiting()
        .where(Match.id.in_(own))
        .with_only_columns(
            _answerable().label("provider_id"),
            func.count().label("waiting"),
            func.min(Match.waits_since).label("since"),
        )
        .group_by(_answerable())
        .order_by(func.min(Match.waits_since))
    )
    late = [row for row in rows if add_working_days(row.since.date(), days) <= today]
    names = await _names(session, [row.provider_id for row in late])
    return [
        LateProvider(
            provider_id=row.provider_id,
            name=names[row.provider_id],
            waiting=row.waiting,
            since=row.since.date(),
        )
        for row in late
    ]


async def _names(session: AsyncSession, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    found = await session.execute(select(Provider.id, Provider.name).where(Provider.id.in_(ids)))
    return {row.id: row.name for row in found}


def _waiting() -> Select[Match]:
    return (
        select(Match)
        .join(Match.intake)
        .join(Intake.service)
        .join(Service.provider)
        .where(Match.state == MatchState.AWAITING_PROVIDER)
    )


def _answerable() -> ColumnElement[uuid.UUID]:
    return func.coalesce(Provider.hosted_by_id, Provider.id)
