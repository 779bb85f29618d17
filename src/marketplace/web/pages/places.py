"""Places left, on a telephone, in a minute; every change can be taken back at once."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from directory.models import Intake, Provider, Service
from directory.spreadsheets import cells
from marketplace.access import readable_intakes
from marketplace.errors import BadFormError
from marketplace.services.providers import places
from marketplace.web import forms
from marketplace.web.form_reader import FormReader
from marketplace.web.forms import parse_id
from marketplace.web.pages import provider_views
from marketplace.web.rendering import WebRequest, as_errors, page

LONGEST_ID = 18  # figures: what the database can count
DAY = "Type a day to come, such as 30/11/2026"


@get("/places")
async def show_places(
    request: WebRequest, session: NamedDependency[AsyncSession], saved: FromQuery[str] = ""
) -> Template:
    return await _show(request, session, saved=saved)


@post("/places/{intake_id:str}")
async def change_places(
    request: WebRequest, session: NamedDependency[AsyncSession], intake_id: FromPath[str]
) -> Redirect | Template:
    form = await request.form()
    change = forms.text(form, "change")
    try:
        if change == "pause":
            reader = FormReader(form)
            day = reader.required("until", cells.day, wrong=DAY, or_else=dt.date.min)
            reader.finish()
            await places.pause_until(session, parse_id(intake_id), day=day, actor=request.user)
        else:
            await places.change_places(
                session, parse_id(intake_id), change=change, actor=request.user
            )
    except BadFormError as error:
        return await _refuse(request, session, intake_id, error)
    return _saved(intake_id)


@post("/places/{intake_id:str}/undo")
async def undo_change(
    request: WebRequest, session: NamedDependency[AsyncSession], intake_id: FromPath[str]
) -> Redirect | Template:
    event = forms.text(await request.form(), "event")
    # What is no number is no change of anybody's.
    change_id = int(event) if event.isascii() and event.isdigit() and len(event) < LONGEST_ID else 0
    try:
        await places.undo_change(
            session, parse_id(intake_id), change_id=change_id, actor=request.user
        )
    except BadFormError as error:
        return await _refuse(request, session, intake_id, error)
    return _saved(intake_id)


def _saved(intake_id: str) -> Redirect:
    return Redirect(f"/provider/places?saved={intake_id}#intake-{intake_id}", status_code=303)


async def _refuse(
    request: WebRequest, session: AsyncSession, intake_id: str, error: BadFormError
) -> Template:
    """Beside the intake it is about, whichever of its fields it was."""
    field = f"until-{intake_id}" if "until" in error.faults else f"intake-{intake_id}"
    return await _show(request, session, faults={field: str(error)})


async def _show(
    request: WebRequest,
    session: AsyncSession,
    *,
    saved: str = "",
    faults: dict[str, str] | None = None,
) -> Template:
    found = await session.scalars(
        readable_intakes(request.user)
        .where(Service.stopped_at.is_(None), Provider.left_at.is_(None))
        .order_by(Service.name, Intake.starts_on, Intake.id)
        .options(joinedload(Intake.service).joinedload(Service.provider))
    )
    intakes = found.all()
    saved_id = parse_id(saved) if saved else None
    return page(
        request,
        "provider/places.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        intakes=[provider_views.intake_view(intake) for intake in intakes],
        saved=await _just_saved(session, intakes, saved_id),
    )


async def _just_saved(
    session: AsyncSession, intakes: Sequence[Intake], saved_id: uuid.UUID | None
) -> dict[str, Any] | None:
    if saved_id is None or saved_id not in {intake.id for intake in intakes}:
        return None
    last = await places.last_change(session, saved_id)
    # What was taken back is not offered to be taken back again: plus and minus do that.
    can_undo = last is not None and last.code != "undo"
    return {"intake_id": saved_id, "event_id": last.id if last and can_undo else None}


HANDLERS = [show_places, change_places, undo_change]
