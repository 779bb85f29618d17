"""A volunteer leaves: at once for everybody new, with care for whoever counts on her."""

import datetime as dt
import uuid

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider, Service
from directory.volunteers.asks import load_rules
from directory.volunteers.models import Absence, Paper, QuizTry, Volunteer
from marketplace.access import SYSTEM, Actor
from marketplace.db.volunteering import HostReminder, ReceivedText
from marketplace.services.matches.transitions import note_deed
from marketplace.services.volunteers.pairs import give_back_waiting, live_matches
from marketplace.services.volunteers.volunteers import own_volunteer

FORGOTTEN = "A volunteer who has left"


async def leave(session: AsyncSession, volunteer_id: uuid.UUID, *, actor: Actor) -> None:
    """End her part at once; families who count on her become the host's to look after."""
    volunteer = await own_volunteer(session, volunteer_id, actor=actor)
    if volunteer.left_at is not None:
        return
    volunteer.left_at = func.now()
    # The number is free for whoever has it next, and no text can go to it any more.
    volunteer.phone = volunteer.email = None
    await give_back_waiting(
        session, volunteer_id, actor=actor, code="volunteer_left", also_offered=True
    )
    await note_deed(session, ("volunteer", volunteer_id), "left", actor=actor)


async def forget_left(session: AsyncSession) -> int:
    """Take away who they were, once nobody counts on them; what they did stays, without a name."""
    limit = func.now() - dt.timedelta(days=load_rules().retention_days)
    gone = await session.scalars(
        select(Volunteer)
        .where(
            Volunteer.left_at <= limit,
            Volunteer.forgotten_at.is_(None),
            Volunteer.provider_id.not_in(live_matches().with_only_columns(Service.provider_id)),
        )
        .with_for_update(skip_locked=True)
    )
    ids = [volunteer.provider_id for volunteer in gone]
    for volunteer_id in ids:
        await _forget(session, volunteer_id)
    return len(ids)


async def _forget(session: AsyncSession, volunteer_id: uuid.UUID) -> None:
    provider = await session.get_one(Provider, volunteer_id)
    provider.name, provider.contact_phone, provider.contact_email = FORGOTTEN, None, None
    provider.check_kind = provider.check_seen_by = None
    provider.check_seen_on = provider.recheck_by = None
    for service in await session.scalars(select(Service).where(Service.provider_id == provider.id)):
        service.postcode = service.easting = service.northing = None
        service.latitude = service.longitude = None
    for table in (Paper, QuizTry, Absence, HostReminder, ReceivedText):
        await session.execute(delete(table).where(table.volunteer_id == volunteer_id))
    volunteer = await session.get_one(Volunteer, volunteer_id)
    volunteer.forgotten_at, volunteer.ready_until = func.now(), None
    await session.flush()
    await note_deed(session, ("volunteer", volunteer_id), "forgotten", actor=SYSTEM)
