"""Places on a telephone: one more, one less, full, not before a date, and the last step undone."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider
from marketplace.access import Actor, readable_intakes
from marketplace.db.acting import by_exchange
from marketplace.db.history import Event
from marketplace.errors import BadFormError, NotFoundError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.providers.permissions import lock_own_provider

DEED = "places_set"
CHANGES = ("plus", "minus", "full", "resume")
MOST_PAUSE_DAYS = 366


async def change_places(
    session: AsyncSession, intake_id: uuid.UUID, *, change: str, actor: Actor
) -> None:
    """`plus`, `minus`, `full` or `resume`; never fewer places than are promised already."""
    intake = await lock_own_intake(session, intake_id, actor=actor)
    if change not in CHANGES or (intake.places is None and change != "resume"):
        raise BadFormError({"places": "Choose one of the buttons"})
    before = _standing(intake)
    promised, places = intake.held + intake.used, intake.places
    if places is not None:
        wanted = {"plus": places + 1, "minus": places - 1, "full": promised}.get(change, places)
        check_promised(intake, wanted)
        intake.places = wanted
    intake.paused_at = intake.paused_until = None
    await _note(session, intake, before, actor=actor, code=change)


async def set_places(
    session: AsyncSession, intake_id: uuid.UUID, *, places: int, actor: Actor
) -> Intake:
    """To a number; as with any change of places, what was paused is open again."""
    intake = await lock_own_intake(session, intake_id, actor=actor)
    before = _standing(intake)
    check_promised(intake, places)
    intake.places, intake.paused_at, intake.paused_until = places, None, None
    await _note(session, intake, before, actor=actor, code="set")
    return intake


async def pause_until(
    session: AsyncSession, intake_id: uuid.UUID, *, day: dt.date, actor: Actor
) -> None:
    """No new family before this day; it opens again by itself."""
    intake = await lock_own_intake(session, intake_id, actor=actor)
    today = (await session.execute(select(func.current_date()))).scalar_one()
    if not today < day <= today + dt.timedelta(days=MOST_PAUSE_DAYS):
        raise BadFormError({"until": "Choose a day after today, and within a year"})
    before = _standing(intake)
    intake.paused_at, intake.paused_until = None, day
    await _note(session, intake, before, actor=actor, code="pause")


@by_exchange
async def undo_change(
    session: AsyncSession, intake_id: uuid.UUID, *, change_id: int, actor: Actor
) -> None:
    """Take back a change, as long as nobody has made another one since."""
    intake = await lock_own_intake(session, intake_id, actor=actor)
    last = await last_change(session, intake_id)
    if last is None or last.id != change_id or last.detail["after"] != _standing(intake):
        raise BadFormError({"places": "It has changed since, so there is nothing to take back"})
    before, wanted = _standing(intake), last.detail["before"]
    if wanted["places"] is not None:
        check_promised(intake, wanted["places"])
    intake.places = wanted["places"]
    until, paused_at = wanted["paused_until"], wanted["paused_at"]
    intake.paused_until = dt.date.fromisoformat(until) if until else None
    intake.paused_at = dt.datetime.fromisoformat(paused_at) if paused_at else None
    await _note(session, intake, before, actor=actor, code="undo")


@by_exchange
async def last_change(session: AsyncSession, intake_id: uuid.UUID) -> Event | None:
    return await session.scalar(
        select(Event)
        .where(Event.subject_kind == "intake", Event.subject_id == intake_id, Event.target == DEED)
        .order_by(Event.id.desc())
        .limit(1)
    )


def check_promised(intake: Intake, wanted: int) -> None:
    promised = intake.held + intake.used
    if wanted < promised:
        raise BadFormError({"places": f"{promised} are promised already, so there are no fewer"})


async def lock_own_intake(session: AsyncSession, intake_id: uuid.UUID, *, actor: Actor) -> Intake:
    """For an editor. The provider first, as everywhere, since a change confirms its listing."""
    await lock_own_provider(session, actor=actor)
    own = readable_intakes(actor).where(Intake.id == intake_id).with_only_columns(Intake.id)
    intake = await session.scalar(
        select(Intake)
        .where(Intake.id.in_(own))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if intake is None:
        raise NotFoundError
    return intake


async def confirm_listing(session: AsyncSession, *, actor: Actor) -> None:
    """Whoever changes a listing has looked at it."""
    provider = await session.get_one(Provider, actor.provider_id)
    provider.confirmed_at = func.now()
    await session.flush()


def _standing(intake: Intake) -> dict[str, Any]:
    paused_at, until = intake.paused_at, intake.paused_until
    return {
        "places": intake.places,
        "paused_at": paused_at.isoformat() if paused_at else None,
        "paused_until": until.isoformat() if until else None,
    }


async def _note(
    session: AsyncSession, intake: Intake, before: dict[str, Any], *, actor: Actor, code: str
) -> None:
    await session.flush()
    detail = {"before": before, "after": _standing(intake), "places": intake.places}
    await note_deed(session, ("intake", intake.id), DEED, actor=actor, code=code, detail=detail)
    await confirm_listing(session, actor=actor)
