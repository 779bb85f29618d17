"""A council of the small world that takes asks, and a form that is filled in well."""

import datetime as dt
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import small_world as world
from sqlalchemy import select

from directory.models import Service
from marketplace.db.acting import EXCHANGE
from marketplace.db.people import Commissioner, LegalBasis
from marketplace.db.session import Sessions, transaction
from marketplace.services.plans import plans
from marketplace.services.review import reviews
from marketplace.settings import Settings

ANSWERS = {
    "need": "meals",
    "month-1": "5",
    "year-1": "2019",
    "language": "en",
    "transport": "car",
    "name": "Kelly",
    "channel": "email",
    "email": "kelly.again@example.org",
    "safe": "yes",
    "consent": "yes",
}


async def open_up(sessions: Sessions) -> None:
    """The first council takes asks from Ipswich, under a law that is written down."""
    async with transaction(sessions, EXCHANGE) as session:
        first = select(Commissioner).where(Commissioner.name == "Example County Council")
        council = (await session.scalars(first)).one()
        council.covers = ["IP1"]
        await session.merge(
            LegalBasis(
                commissioner_id=council.id,
                power="Children Act 2004, section 10",
                lawful_basis="Public task",
                special_category_basis="Substantial public interest",
                impact_assessed_on=dt.date(2026, 9, 1),
                privacy_notice_address="https://council.example.org/privacy",
                complaint_route="write to the complaints team.",
                written_by="Amina Example",
            )
        )
        await session.flush()


async def service_called(sessions: Sessions, name: str) -> uuid.UUID:
    async with transaction(sessions, EXCHANGE) as session:
        return (await session.scalars(select(Service.id).where(Service.name == name))).one()


def letters(settings: Settings) -> list[Path]:
    return sorted(Path(urlsplit(settings.mail_url).path).glob("*.eml"))


async def plan_and_approve(sessions: Sessions) -> None:
    """By the real engine; the practitioner agrees to all of it, and nobody brings a contact."""
    async with transaction(sessions, EXCHANGE) as session:
        await plans.request_plan(session, actor=await world.actor_of(session, world.AMINA))
    await world.do_jobs(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        plan = await world.plan_of(session, world.AMINA)
        priya = await world.actor_of(session, world.PRIYA)
        for match_id in await world.match_ids(session):
            agree = reviews.Decision(verdict="agree")
            await reviews.decide_match(session, match_id, agree, actor=priya)
        await reviews.finish_review(session, plan.id, actor=priya)
        amina = await world.actor_of(session, world.AMINA)
        await plans.approve_plan(session, plan.id, actor=amina)
