"""What goes to volunteers by text and to their hosts by mail, as things stand when it leaves."""

import datetime as dt
import uuid

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from directory.models import Provider
from directory.volunteers.asks import load_rules
from directory.volunteers.models import Absence, Volunteer
from marketplace.db.people import Commissioner
from marketplace.db.volunteering import ReceivedText, WeeklyQuestion
from marketplace.messages.compose import Mail, Text, compose_mail, compose_text
from marketplace.services.sending.outbox import (
    VOLUNTEER_NEWS,
    VOLUNTEER_PAPERS,
    VOLUNTEER_QUESTION,
    VOLUNTEER_REPLY,
    Composer,
    Refusal,
)
from marketplace.services.volunteers.volunteer_reminders import RunsOut, what_runs_out_for
from marketplace.services.volunteers.volunteer_weeks import LINK, helps_somebody
from marketplace.services.volunteers.volunteer_words import first_name, say_week, what_she_does
from marketplace.services.volunteers.volunteers import total_places, unseen_words
from marketplace.settings import settings_of
from marketplace.templating import shared_environment
from marketplace.tokens import derive_token

STOPPED = Refusal("messages are stopped", state="stopped")


async def _question_text(session: AsyncSession, question_id: uuid.UUID) -> Text | Refusal:
    question = await session.get_one(WeeklyQuestion, question_id)
    volunteer = await _load(session, question.volunteer_id)
    today = (await session.execute(select(func.current_date()))).scalar_one()
    if question.answer is not None or question.day < today:
        return Refusal("the question no longer stands")
    if volunteer.stopped_at is not None or volunteer.phone is None:
        return Refusal("she asked us to stop, or has left")
    if await _are_stopped(session):
        return STOPPED
    settings = settings_of(session)
    token = derive_token(settings.secret_keys, LINK, question.id, made_with=question.key_id)
    return compose_text(
        shared_environment(),
        VOLUNTEER_QUESTION,
        to=volunteer.phone,
        first_name=first_name(volunteer.provider.name),
        host_name=_host_of(volunteer).name,
        doing=what_she_does(volunteer.roles, await total_places(session, volunteer.provider_id)),
        when=say_week(question.day, question.ends_on),
        link=f"{settings.base_url}/v/{token}",
    )


async def _reply_text(session: AsyncSession, text_id: uuid.UUID) -> Text | Refusal:
    received = await session.get(ReceivedText, text_id)
    if received is None or received.volunteer_id is None:
        return Refusal("it came from nobody we know")
    volunteer = await _load(session, received.volunteer_id)
    if volunteer.phone is None:
        return Refusal("she has left")
    if await _are_stopped(session):
        return STOPPED
    host = _host_of(volunteer)
    return compose_text(
        shared_environment(),
        VOLUNTEER_REPLY,
        to=volunteer.phone,
        first_name=first_name(volunteer.provider.name),
        host_name=host.name,
        host_phone=host.contact_phone,
        meaning="stop" if volunteer.stopped_at is not None else received.meaning,
    )


async def _news_mail(session: AsyncSession, volunteer_id: uuid.UUID) -> Mail | Refusal:
    """That she stopped, skips a week on which a family counts, or wrote what a person must read."""
    volunteer = await _load(session, volunteer_id)
    host = _host_of(volunteer)
    wrote = (await session.scalars(unseen_words(volunteer_id))).first() is not None
    stopped = volunteer.stopped_at is not None and volunteer.left_at is None
    skips_on = await _skips_on(session, volunteer_id)
    if not (wrote or stopped or skips_on):
        return Refusal("there is nothing to tell any more")
    if await _are_stopped(session):
        return STOPPED
    if not host.contact_email:
        return Refusal("the host has no e-mail address")
    return compose_mail(
        shared_environment(),
        VOLUNTEER_NEWS,
        to=host.contact_email,
        first_name=first_name(volunteer.provider.name),
        stopped=stopped,
        wrote=wrote,
        skips_on=skips_on,
        helps_somebody=await helps_somebody(session, volunteer_id),
        link=f"{settings_of(session).base_url}/provider/volunteers/{volunteer_id}",
    )


async def _papers_mail(session: AsyncSession, host_id: uuid.UUID) -> Mail | Refusal:
    host = await session.get_one(Provider, host_id)
    today = (await session.execute(select(func.current_date()))).scalar_one()
    running_out = await what_runs_out_for(session, host_id, today=today)
    if not running_out:
        return Refusal("everything was renewed")
    if await _are_stopped(session):
        return STOPPED
    if not host.contact_email:
        return Refusal("the host has no e-mail address")
    return compose_mail(
        shared_environment(),
        VOLUNTEER_PAPERS,
        to=host.contact_email,
        lapsed=[_line(one) for one in running_out if one.step == "lapsed"],
        soon=[_line(one) for one in running_out if one.step == "soon"],
        link=f"{settings_of(session).base_url}/provider/volunteers",
    )


def _line(one: RunsOut) -> dict[str, object]:
    what = load_rules().asks[one.ask].label
    return {"name": first_name(one.name), "what": what, "valid_until": one.valid_until}


async def _skips_on(session: AsyncSession, volunteer_id: uuid.UUID) -> dt.date | None:
    """The last day of a skipped week on which somebody counts."""
    if not await helps_somebody(session, volunteer_id):
        return None
    return await session.scalar(
        select(func.max(Absence.ends_on)).where(
            Absence.volunteer_id == volunteer_id,
            Absence.kind == "skip",
            Absence.ends_on >= func.current_date(),
        )
    )


async def _load(session: AsyncSession, volunteer_id: uuid.UUID) -> Volunteer:
    return (
        await session.scalars(
            select(Volunteer)
            .where(Volunteer.provider_id == volunteer_id)
            .options(joinedload(Volunteer.provider).joinedload(Provider.host))
            .execution_options(populate_existing=True)
        )
    ).one()


def _host_of(volunteer: Volunteer) -> Provider:
    host = volunteer.provider.host
    if host is None:
        raise LookupError("every volunteer has a host")
    return host


async def _are_stopped(session: AsyncSession) -> bool:
    """A volunteer belongs to no council, so where any has stopped its messages none is texted."""
    stopped = await session.scalar(
        select(Commissioner.id).where(Commissioner.messages_stopped_at.is_not(None)).limit(1)
    )
    return stopped is not None


VOLUNTEER_COMPOSERS: dict[str, Composer] = {
    VOLUNTEER_QUESTION: _question_text,
    VOLUNTEER_REPLY: _reply_text,
    VOLUNTEER_NEWS: _news_mail,
    VOLUNTEER_PAPERS: _papers_mail,
}
