"""Volunteers kept by a host, for the small world and the tests of one rule at a time."""

import datetime as dt
import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider, Service
from directory.volunteers.asks import asked_of
from directory.volunteers.models import Absence, QuizTry, Volunteer
from directory.volunteers.quiz import load_bank
from directory.volunteers.weeks import next_week
from marketplace.access import Actor
from marketplace.db.volunteering import WeeklyQuestion
from marketplace.services.volunteers import (
    volunteer_papers,
    volunteer_quiz,
    volunteer_weeks,
    volunteers,
)
from marketplace.services.volunteers.volunteers import Details
from marketplace.settings import Settings
from marketplace.tokens import derive_token

NELL = Details(
    name="Nell Vesper",
    roles=("cook",),
    places=2,
    days=("tue-eve",),
    travels="foot",
    reach_metres=2000,
    phone="+447700900311",
    email="nell.vesper@example.org",
    postcode="IP30 9HW",
)
# Of hers that nobody but her host may ever see.
CANARIES = ("Nell", "Vesper", "900311", "nell.vesper", "IP30 9HW", "IP309HW")


async def sign_up(session: AsyncSession, details: Details, actor: Actor) -> uuid.UUID:
    """Without papers, so nobody is matched; with a quiz begun, a break ahead, a week asked."""
    volunteer_id = await volunteers.sign_up(session, details, actor=actor)
    await volunteer_quiz.begin_try(session, volunteer_id, actor=actor)
    today = await volunteers.today_of(session)
    await volunteers.take_break(
        session,
        volunteer_id,
        starts_on=today + dt.timedelta(days=200),
        ends_on=today + dt.timedelta(days=210),
        actor=actor,
    )
    await ask(session, volunteer_id)
    return volunteer_id


async def ask(session: AsyncSession, volunteer_id: uuid.UUID) -> WeeklyQuestion:
    days = await session.scalar(select(Service.days).where(Service.provider_id == volunteer_id))
    week = next_week(days, after=await volunteers.today_of(session))
    assert week is not None
    return await volunteer_weeks._add_question(session, volunteer_id, week)


async def make_ready(
    session: AsyncSession,
    volunteer_id: uuid.UUID,
    actor: Actor,
    *,
    kind: str = "basic",
    days_left: int = 300,
) -> None:
    """All that is asked, the check until `days_left` days from now."""
    today = await volunteers.today_of(session)
    await volunteer_papers.record_check(
        session,
        volunteer_id,
        kind=kind,
        seen_on=today - dt.timedelta(days=30),
        seen_by="Tom Example",
        recheck_by=today + dt.timedelta(days=days_left),
        actor=actor,
    )
    volunteer = await session.get_one(Volunteer, volunteer_id)
    for one in asked_of(volunteer.roles):
        if one in {"agreement", "safeguarding"}:
            await volunteer_papers.record_paper(
                session, volunteer_id, one, done_on=today, actor=actor
            )
        elif one == "hygiene":
            await pass_quiz(session, volunteer_id, actor)


async def pass_quiz(
    session: AsyncSession, volunteer_id: uuid.UUID, actor: Actor, *, wrong: int = 0
) -> QuizTry:
    begun = await volunteer_quiz.begin_try(session, volunteer_id, actor=actor)
    right = [load_bank().questions[id_].right for id_ in begun.questions]
    answers = [str(one % 3 + 1 if n < wrong else one) for n, one in enumerate(right)]
    return await volunteer_quiz.answer_try(session, volunteer_id, begun.id, answers, actor=actor)


async def volunteer_link(session: AsyncSession, settings: Settings, volunteer_id: uuid.UUID) -> str:
    question = (
        await session.scalars(
            select(WeeklyQuestion).where(WeeklyQuestion.volunteer_id == volunteer_id)
        )
    ).first()
    token = derive_token(
        settings.secret_keys, volunteer_weeks.LINK, question.id, made_with=question.key_id
    )
    return f"/v/{token}"


async def id_of(session: AsyncSession, name: str) -> uuid.UUID:
    return (await session.scalars(select(Provider.id).where(Provider.name == name))).one()


async def path_parts(session: AsyncSession, settings: Settings, path: str) -> dict[str, str]:
    """What of Nell's stands in an address."""
    nell = await id_of(session, NELL.name)
    begun = await session.scalar(select(QuizTry.id).where(QuizTry.volunteer_id == nell))
    absence = await session.scalar(select(Absence.id).where(Absence.volunteer_id == nell))
    parts = {
        "{volunteer_id:str}": str(nell),
        "{try_id:str}": str(begun),
        "{absence_id:str}": str(absence),
    }
    if path.startswith("/v/"):
        link = await volunteer_link(session, settings, nell)
        parts["{token:str}"] = link.removeprefix("/v/")
    return parts
