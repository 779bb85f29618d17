"""The week's question to a volunteer, and her OK, SKIP or STOP, by text or by a press on a page."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from directory.models import Provider, Service
from directory.visibility import is_let_in
from directory.volunteers.models import Absence, Volunteer
from directory.volunteers.weeks import Week, next_week
from marketplace.access import Actor
from marketplace.db.acting import Acting, act_as, as_exchange, by_exchange
from marketplace.db.plans import Match
from marketplace.db.volunteering import WeeklyQuestion
from marketplace.errors import BadFormError, NotFoundError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.sending.outbox import (
    VOLUNTEER_NEWS,
    VOLUNTEER_QUESTION,
    queue_messages,
    queue_once,
)
from marketplace.services.volunteers.pairs import PROMISED, give_back_waiting, live_matches
from marketplace.settings import settings_of
from marketplace.tokens import derive_token, hash_token, key_id

LINK = "volunteer"
LONDON = ZoneInfo("Europe/London")
# Nobody is texted at breakfast or in the evening.
DECENT_HOURS = range(10, 18)
MOBILE = "+447"
ANSWERS = ("ok", "skip", "stop")


async def ask_volunteers(session: AsyncSession) -> int:
    """Ask everyone whose first day of the week is tomorrow, once; how many were asked."""
    now = (await session.execute(select(func.now()))).scalar_one().astimezone(LONDON)
    if now.hour not in DECENT_HOURS:
        return 0
    tomorrow = now.date() + dt.timedelta(days=1)
    asked = []
    for volunteer_id, days in await _askable(session, tomorrow):
        week = next_week(days, after=now.date())
        if week is not None and week.day == tomorrow:
            asked.append((await _add_question(session, volunteer_id, week)).id)
    await queue_messages(session, VOLUNTEER_QUESTION, asked)
    return len(asked)


async def _askable(session: AsyncSession, day: dt.date) -> Sequence[tuple[uuid.UUID, list[str]]]:
    """Who can read a text, may help, is there on that day, and was not asked about it."""
    was_asked = exists().where(
        WeeklyQuestion.volunteer_id == Volunteer.provider_id, WeeklyQuestion.day == day
    )
    is_away = exists().where(
        Absence.volunteer_id == Volunteer.provider_id,
        Absence.starts_on <= day,
        Absence.ends_on >= day,
    )
    found = await session.execute(
        select(Volunteer, Service.days)
        .join(Volunteer.provider)
        .join(Service, Service.provider_id == Provider.id)
        .where(
            is_let_in(),
            Volunteer.ready_until >= day,
            Volunteer.stopped_at.is_(None),
            ~was_asked,
            # Only that day counts: who skips until today may come tomorrow.
            ~is_away,
        )
        .order_by(Volunteer.provider_id, Service.ref)
    )
    days: dict[uuid.UUID, list[str]] = {}
    for volunteer, own_days in found:
        # Sealed: no query knows which numbers are of mobiles.
        if volunteer.phone and volunteer.phone.startswith(MOBILE):
            days.setdefault(volunteer.provider_id, []).extend(own_days)
    return list(days.items())


async def _add_question(
    session: AsyncSession, volunteer_id: uuid.UUID, week: Week
) -> WeeklyQuestion:
    keys = settings_of(session).secret_keys
    question_id, made_with = uuid.uuid4(), key_id(keys[0])
    token = derive_token(keys, LINK, question_id, made_with=made_with)
    question = WeeklyQuestion(
        id=question_id,
        volunteer_id=volunteer_id,
        day=week.day,
        ends_on=week.ends_on,
        key_id=made_with,
        token_hash=hash_token(token),
    )
    session.add(question)
    await session.flush()
    return question


async def open_question(session: AsyncSession, token: str) -> WeeklyQuestion:
    """The question behind a link; an unknown link and one of who has left look the same.

    From here on the transaction sees what belongs to her host, and nothing else.
    """
    async with as_exchange(session):
        question = await _find_question(session, token)
    if question is None:
        raise NotFoundError("This link does not work. Copy the whole of it from the message.")
    host_id = question.volunteer.provider.hosted_by_id
    await act_as(session, Acting(kind="volunteer", provider_id=host_id))
    return question


async def _find_question(session: AsyncSession, token: str) -> WeeklyQuestion | None:
    question: WeeklyQuestion | None = await session.scalar(
        select(WeeklyQuestion)
        .join(WeeklyQuestion.volunteer)
        .where(WeeklyQuestion.token_hash == hash_token(token), Volunteer.left_at.is_(None))
        .options(
            joinedload(WeeklyQuestion.volunteer)
            .joinedload(Volunteer.provider)
            .joinedload(Provider.host)
        )
        .execution_options(populate_existing=True)
    )
    return question


@by_exchange
async def is_open(session: AsyncSession, question: WeeklyQuestion) -> bool:
    """Until the week is over she may change her mind."""
    return question.ends_on >= await _today(session)


@by_exchange
async def answer_question(session: AsyncSession, question: WeeklyQuestion, answer: str) -> None:
    """A press on the page. STOP counts always; the others while the week is not over."""
    if answer not in ANSWERS:
        raise BadFormError({"answer": "Choose one of the answers"})
    if answer == "stop" or await is_open(session, question):
        await answer_week(session, question.volunteer_id, answer, question=question)


@by_exchange
async def answer_week(
    session: AsyncSession,
    volunteer_id: uuid.UUID,
    answer: str,
    *,
    question: WeeklyQuestion | None = None,
) -> None:
    """Do what she says, whatever she said before; `question` None: the one that is open or next."""
    volunteer = await session.get_one(
        Volunteer, volunteer_id, with_for_update=True, populate_existing=True
    )
    actor = Actor(kind="volunteer", id=volunteer_id)
    if answer == "stop":
        await _stop(session, volunteer, actor=actor)
    elif volunteer.stopped_at is not None:
        # She asked us to stop, so her host talks with her before anything goes on.
        await queue_once(session, VOLUNTEER_NEWS, volunteer_id)
        return
    question = question or await _current_question(session, volunteer_id)
    if question is None:
        return
    if answer == "skip":
        await _skip(session, question)
    elif answer == "ok":
        await _come(session, question)
    question.answer, question.answered_at = answer, func.now()
    await session.flush()
    await session.refresh(question, ["answered_at"])
    await note_deed(session, ("volunteer", volunteer_id), f"said_{answer}", actor=actor)


async def _stop(session: AsyncSession, volunteer: Volunteer, *, actor: Actor) -> None:
    if volunteer.stopped_at is None:
        volunteer.stopped_at = func.now()
        await session.flush()
    await give_back_waiting(session, volunteer.provider_id, actor=actor, code="volunteer_stopped")
    await queue_once(session, VOLUNTEER_NEWS, volunteer.provider_id)


async def _skip(session: AsyncSession, question: WeeklyQuestion) -> None:
    """Nobody new until the week is over. Places stay as they are: they belong to families, not
    to weeks, so a family that is left out this week loses none, and nobody else gets it.
    """
    await _end_skip(session, question)
    session.add(
        Absence(
            volunteer_id=question.volunteer_id,
            kind="skip",
            starts_on=min(await _today(session), question.day),
            ends_on=question.ends_on,
        )
    )
    await session.flush()
    if await helps_somebody(session, question.volunteer_id):
        await queue_once(session, VOLUNTEER_NEWS, question.volunteer_id)


async def _come(session: AsyncSession, question: WeeklyQuestion) -> None:
    """Her OK also says that all of it is still true."""
    await _end_skip(session, question)
    provider = await session.get_one(Provider, question.volunteer_id)
    provider.confirmed_at = func.now()


async def _end_skip(session: AsyncSession, question: WeeklyQuestion) -> None:
    await session.execute(
        delete(Absence).where(
            Absence.volunteer_id == question.volunteer_id,
            Absence.kind == "skip",
            Absence.ends_on == question.ends_on,
        )
    )


async def helps_somebody(session: AsyncSession, volunteer_id: uuid.UUID) -> bool:
    """Whether a family counts on her."""
    found = await session.scalar(
        live_matches()
        .where(Service.provider_id == volunteer_id, Match.state.in_(PROMISED))
        .with_only_columns(Match.id)
        .limit(1)
    )
    return found is not None


async def _current_question(
    session: AsyncSession, volunteer_id: uuid.UUID
) -> WeeklyQuestion | None:
    """The one that is open, else one about her next week, as if she had been asked."""
    today = await _today(session)
    asked = await session.scalar(
        select(WeeklyQuestion)
        .where(WeeklyQuestion.volunteer_id == volunteer_id, WeeklyQuestion.ends_on >= today)
        .order_by(WeeklyQuestion.day)
        .limit(1)
    )
    if asked is not None:
        return asked
    days = await session.scalars(select(Service.days).where(Service.provider_id == volunteer_id))
    week = next_week(_joined(days), after=today)
    return await _add_question(session, volunteer_id, week) if week else None


def _joined(days: Iterable[list[str]]) -> list[str]:
    return [day for one in days for day in one]


async def _today(session: AsyncSession) -> dt.date:
    """The day where the volunteer lives."""
    now = (await session.execute(select(func.now()))).scalar_one()
    today: dt.date = now.astimezone(LONDON).date()
    return today
