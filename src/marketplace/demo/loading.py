"""Fills the demo's database through the importers that everybody uses."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Postcode, Provider, Service
from directory.postcodes import load_postcodes
from directory.towns import load_towns
from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.people import User
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.demo.household import LETTERS, STAFF, County, example_commissioner, example_law
from marketplace.services.needs import legal_basis, stops
from marketplace.services.staff import people, sign_in
from marketplace.services.upkeep import imports
from marketplace.states import MatchState

# The demo's own links are printed on a terminal and used by hand, so they last a working day.
PRINTED_LINK_MINUTES = 8 * 60


@dataclass(frozen=True)
class Loaded:
    postcodes: int
    providers: int
    intakes: int


async def load_directory(sessions: Sessions, county: County, *, today: dt.date) -> Loaded:
    """Postcodes, people, evidence and services; what is there already is left as it is."""
    async with transaction(sessions, EXCHANGE) as session:
        if not await _count(session, Postcode.code):
            await load_postcodes(session, letters=LETTERS)
            await load_towns(session)
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await people.add_commissioner(session, example_commissioner())
        for role, name, email in STAFF:
            await people.add_staff(
                session, commissioner_id=commissioner.id, role=role, name=name, email=email
            )
        actor = Actor(kind="commissioner", name="Amina Example", commissioner_id=commissioner.id)
        await legal_basis.write_law(session, example_law(today), actor=actor)
        # Nobody is to be left alone in an invented county; without a list nothing would leave.
        await stops.store_stops(session, [], actor=actor)
        if not await _count(session, Provider.id):
            await imports.take_evidence(session, county.evidence)
            taken = await imports.take_services(session, county.services, today=today)
            taken.report.raise_faults()
        return Loaded(
            postcodes=await _count(session, Postcode.code),
            providers=await _count(session, Provider.id),
            intakes=await _count(session, Intake.id),
        )


async def make_sign_in_path(sessions: Sessions, email: str) -> str:
    async with transaction(sessions, EXCHANGE) as session:
        user = (await session.scalars(select(User).where(User.email == email))).one()
        _link, token = await sign_in.make_link(session, user, minutes=PRINTED_LINK_MINUTES)
        return f"/sign-in/{token}"


async def emails_of_waited_for(sessions: Sessions) -> list[str]:
    """The addresses by which those providers sign in for whom somebody waits."""
    wanted = select(User.email).where(User.role == "provider", somebody_waits())
    async with transaction(sessions, EXCHANGE) as session:
        return list(await session.scalars(wanted.order_by(User.email)))


def somebody_waits() -> Exists:
    """Whether a family waits for a user's provider, or for a volunteer whom it hosts."""
    return (
        select(Match.id)
        .join(Match.intake)
        .join(Intake.service)
        .join(Service.provider)
        .where(
            or_(Provider.id == User.provider_id, Provider.hosted_by_id == User.provider_id),
            Match.state == MatchState.AWAITING_PROVIDER,
        )
        .exists()
    )


async def _count(session: AsyncSession, column: object) -> int:
    return await session.scalar(select(func.count(column))) or 0  # type: ignore[arg-type]  # any mapped column
