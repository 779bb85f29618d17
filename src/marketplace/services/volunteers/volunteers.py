"""What a host does for its volunteers: sign up, correct, keep what is asked, breaks, leaving."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import Place, UnknownPlaceError, locate_area
from directory.models import Intake, Provider, Service
from directory.sealed import has_value, ring_of
from directory.volunteers.asks import (
    load_rules,
    needs_of,
)
from directory.volunteers.models import Absence, Paper, Volunteer
from directory.volunteers.readiness import Held, held_by, ready_until
from marketplace.access import Actor, readable_volunteers
from marketplace.db.acting import by_exchange
from marketplace.db.volunteering import ReceivedText
from marketplace.errors import BadFormError, NotFoundError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.providers.permissions import require_editor

# Volunteers are for what needs no training: the levels above go to people who have some.
LEVEL = 1
LONGEST_BREAK_DAYS = 366


@dataclass(frozen=True, kw_only=True)
class Details:
    """What a host and a volunteer write down together."""

    name: str
    roles: tuple[str, ...]
    places: int
    days: tuple[str, ...]
    travels: str
    reach_metres: int
    phone: str
    email: str | None
    postcode: str


@by_exchange
async def sign_up(session: AsyncSession, details: Details, *, actor: Actor) -> uuid.UUID:
    """Add a volunteer, whom nobody is matched with until all that is asked is there."""
    require_editor(actor)
    home = await _home(session, details.postcode)
    await _check_phone_is_free(session, details.phone, None)
    provider = Provider(
        id=uuid.uuid4(),
        ref=f"volunteer-{uuid.uuid4().hex}",
        name=details.name,
        kind="volunteer",
        hosted_by_id=actor.provider_id,
        # The host was let in and answers for her: that is all the letting in there is.
        approved_at=func.now(),
    )
    session.add(provider)
    await session.flush()
    service = Service(
        provider_id=provider.id,
        ref="S1",
        languages=["en"],
        access=["at-home"],
        takes_level=LEVEL,
        standing_yes=False,
        **_as_service(details, home),
    )
    session.add(service)
    await session.flush()
    session.add(
        Intake(
            service_id=service.id,
            places=details.places,
            held=0,
            used=0,
            price_pence=0,
            family_pays_pence=0,
            opening_cost_pence=0,
        )
    )
    await _keep(session, provider, details)
    await note_deed(session, ("volunteer", provider.id), "signed_up", actor=actor)
    return provider.id


@by_exchange
async def correct_details(
    session: AsyncSession, volunteer_id: uuid.UUID, details: Details, *, actor: Actor
) -> None:
    """Take what the host corrects; who came in a council's file is kept here from now on."""
    require_editor(actor)
    home = await _home(session, details.postcode)
    provider = await own_provider(session, volunteer_id, actor=actor)
    # Before the intake, as a STOP does: whoever locks them the other way round deadlocks.
    await session.get(Volunteer, volunteer_id, with_for_update=True, populate_existing=True)
    await _check_phone_is_free(session, details.phone, volunteer_id)
    service, intake = await _first_offer(session, volunteer_id)
    promised = intake.held + intake.used
    if details.places < promised:
        raise BadFormError({"places": f"{promised} are promised already, so there are no fewer"})
    provider.name, intake.places = details.name, details.places
    for name, value in _as_service(details, home).items():
        setattr(service, name, value)
    await _keep(session, provider, details)
    await note_deed(session, ("volunteer", volunteer_id), "corrected", actor=actor)


async def own_provider(session: AsyncSession, volunteer_id: uuid.UUID, *, actor: Actor) -> Provider:
    provider = await session.scalar(readable_volunteers(actor).where(Provider.id == volunteer_id))
    if provider is None:
        raise NotFoundError
    return provider


async def own_volunteer(
    session: AsyncSession, volunteer_id: uuid.UUID, *, actor: Actor
) -> Volunteer:
    """One that is kept here, locked: whoever answers or changes at once waits."""
    require_editor(actor)
    own = readable_volunteers(actor).where(Provider.id == volunteer_id)
    volunteer = await session.scalar(
        select(Volunteer)
        .where(Volunteer.provider_id.in_(own.with_only_columns(Provider.id)))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if volunteer is None:
        raise NotFoundError
    return volunteer


async def take_break(
    session: AsyncSession,
    volunteer_id: uuid.UUID,
    *,
    starts_on: dt.date,
    ends_on: dt.date,
    actor: Actor,
) -> None:
    """Let nobody new come to her meanwhile; whom she helps already, the host covers."""
    await own_volunteer(session, volunteer_id, actor=actor)
    if ends_on < max(starts_on, await today_of(session)):
        raise BadFormError({"ends_on": "The last day is before the first, or has gone by"})
    if (ends_on - starts_on).days > LONGEST_BREAK_DAYS:
        raise BadFormError({"ends_on": "For more than a year, let them leave and sign up again"})
    session.add(
        Absence(volunteer_id=volunteer_id, kind="break", starts_on=starts_on, ends_on=ends_on)
    )
    await note_deed(session, ("volunteer", volunteer_id), "break_taken", actor=actor)


async def end_absence(
    session: AsyncSession, volunteer_id: uuid.UUID, absence_id: uuid.UUID, *, actor: Actor
) -> None:
    await own_volunteer(session, volunteer_id, actor=actor)
    ended = await session.execute(
        delete(Absence)
        .where(Absence.id == absence_id, Absence.volunteer_id == volunteer_id)
        .returning(Absence.id)
    )
    if ended.first() is None:
        raise NotFoundError
    await note_deed(session, ("volunteer", volunteer_id), "absence_ended", actor=actor)


async def resume(session: AsyncSession, volunteer_id: uuid.UUID, *, actor: Actor) -> None:
    """The host has talked with her after a STOP, and she goes on."""
    volunteer = await own_volunteer(session, volunteer_id, actor=actor)
    if volunteer.left_at is not None:
        raise NotFoundError
    volunteer.stopped_at = None
    await note_deed(session, ("volunteer", volunteer_id), "resumed", actor=actor)


async def mark_words_seen(session: AsyncSession, volunteer_id: uuid.UUID, *, actor: Actor) -> None:
    await own_volunteer(session, volunteer_id, actor=actor)
    unseen = await session.scalars(unseen_words(volunteer_id))
    for text in unseen:
        text.seen_at = func.now()
    await session.flush()


def unseen_words(volunteer_id: uuid.UUID) -> Select[ReceivedText]:
    """What she wrote that we could not read, until her host has."""
    return (
        select(ReceivedText)
        .where(
            ReceivedText.volunteer_id == volunteer_id,
            ReceivedText.words_sealed.is_not(None),
            ReceivedText.seen_at.is_(None),
        )
        .order_by(ReceivedText.received_at)
    )


async def refresh_readiness(
    session: AsyncSession, volunteer_ids: Iterable[uuid.UUID] | None = None
) -> None:
    """Write down until when all that is asked holds; of everybody where none is named.

    A file may bring another check, and the rules may change: so a job does it every day too.
    """
    await session.flush()
    wanted = select(Volunteer).where(Volunteer.left_at.is_(None))
    if volunteer_ids is not None:
        wanted = wanted.where(Volunteer.provider_id.in_(list(volunteer_ids)))
    for volunteer in await session.scalars(wanted):
        volunteer.ready_until = ready_until(await read_held(session, volunteer))
    await session.flush()


async def read_held(session: AsyncSession, volunteer: Volunteer) -> Held:
    provider = await session.get_one(Provider, volunteer.provider_id)
    papers = await session.scalars(select(Paper).where(Paper.volunteer_id == volunteer.provider_id))
    return held_by(volunteer, provider, papers.all())


async def total_places(session: AsyncSession, volunteer_id: uuid.UUID) -> int:
    """How many portions or visits somebody offers in a week, whoever has them."""
    found = await session.scalar(
        select(func.sum(Intake.places))
        .join(Intake.service)
        .where(Service.provider_id == volunteer_id)
    )
    return int(found or 0)


async def today_of(session: AsyncSession) -> dt.date:
    today: dt.date = (await session.execute(select(func.current_date()))).scalar_one()
    return today


async def _keep(session: AsyncSession, provider: Provider, details: Details) -> None:
    volunteer = await session.get(Volunteer, provider.id)
    if volunteer is None:
        volunteer = Volunteer(provider_id=provider.id)
        session.add(volunteer)
    elif volunteer.left_at is not None:
        raise NotFoundError
    volunteer.roles, volunteer.travels = list(details.roles), details.travels
    volunteer.phone, volunteer.email = details.phone, details.email
    # Told to nobody but her host: the provider's own columns are for organisations.
    provider.contact_phone = provider.contact_email = None
    await refresh_readiness(session, [provider.id])


async def _check_phone_is_free(
    session: AsyncSession, phone: str, volunteer_id: uuid.UUID | None
) -> None:
    """A text is known by its number alone, so a number belongs to one volunteer."""
    has_it = has_value(ring_of(session), Volunteer.phone_hash, phone)
    owner = await session.scalar(select(Volunteer.provider_id).where(has_it))
    if owner not in {None, volunteer_id}:
        raise BadFormError(
            {"phone": "Another volunteer has this number. Each needs a number of their own"}
        )


async def _home(session: AsyncSession, postcode: str) -> Place:
    try:
        home = await locate_area(session, postcode)
    except UnknownPlaceError as error:
        raise BadFormError({"postcode": str(error)}) from error
    if home is None:
        raise BadFormError({"postcode": "Give a whole postcode, such as IP1 2DE"})
    return home


def _as_service(details: Details, home: Place) -> dict[str, object]:
    roles = load_rules().roles
    return {
        "name": "; ".join(dict.fromkeys(roles[role].offers for role in details.roles)),
        "needs": needs_of(details.roles),
        "days": list(details.days),
        "reach_metres": details.reach_metres,
        "postcode": details.postcode,
        "easting": home.easting,
        "northing": home.northing,
        "latitude": home.latitude,
        "longitude": home.longitude,
    }


async def _first_offer(session: AsyncSession, volunteer_id: uuid.UUID) -> tuple[Service, Intake]:
    """What she offers, its intake locked. A file may have brought more: those stay as they are."""
    first = (
        select(Intake.id, Intake.service_id)
        .join(Intake.service)
        .where(Service.provider_id == volunteer_id)
        .order_by(Service.ref, Intake.starts_on.nulls_first(), Intake.id)
        .limit(1)
    )
    found = (await session.execute(first)).one_or_none()
    if found is None:
        raise NotFoundError
    intake = await session.get_one(Intake, found.id, with_for_update=True, populate_existing=True)
    return await session.get_one(Service, found.service_id), intake
