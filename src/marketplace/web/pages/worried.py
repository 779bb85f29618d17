"""Worried about a child? Whom to ring, first of all; and a number to be rung back on."""

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from directory.models import Intake
from directory.spreadsheets import cells
from marketplace.access import Actor, readable_matches
from marketplace.db.families import Family
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match
from marketplace.errors import BadFormError
from marketplace.services.review import concerns
from marketplace.states import MatchState
from marketplace.web import words
from marketplace.web.form_reader import FormReader
from marketplace.web.forms import parse_id
from marketplace.web.rendering import WebRequest, as_errors, page

WORRIED = "/provider/worried"
PHONE = "Type a UK telephone number with its first 0, such as 01632 960 001"
KNOWN_BY_NAME = (MatchState.ACCEPTED, MatchState.UNDER_WAY)


@get("/worried")
async def whom_to_ring(
    request: WebRequest, session: NamedDependency[AsyncSession], sent: FromQuery[str] = ""
) -> Template:
    actor: Actor = request.user
    known = readable_matches(actor).where(Match.state.in_(KNOWN_BY_NAME))
    families = await session.scalars(
        known.order_by(Match.waits_since, Match.id).options(
            joinedload(Match.need),
            joinedload(Match.family).joinedload(Family.contact),
            joinedload(Match.intake).joinedload(Intake.service),
        )
    )
    held = await concerns.list_held(session, actor=actor)
    return page(
        request,
        "provider/worried.html",
        councils=[_council_view(one) for one in await concerns.councils_of(session, actor=actor)],
        families=[_family_view(match) for match in families],
        held=[{"id": one.id, "support": one.intake.service.name} for one in held],
        is_sent=bool(sent),
    )


@get("/matches/{match_id:str}/worried")
async def ask_for_number(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Template:
    return await _form(request, session, match_id)


# A viewer changes nothing, but whoever is worried about a child is heard.
@post("/matches/{match_id:str}/worried", opt={"viewers_may_post": True})
async def raise_concern(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Redirect | Template:
    reader = FormReader(await request.form())
    number = reader.required("ring_back", cells.uk_telephone, wrong=PHONE, or_else="")
    try:
        reader.finish()
    except BadFormError as error:
        return await _form(request, session, match_id, faults=error.faults)
    await concerns.raise_concern(session, parse_id(match_id), ring_back=number, actor=request.user)
    return Redirect(f"{WORRIED}?sent=yes", status_code=303)


async def _form(
    request: WebRequest,
    session: AsyncSession,
    match_id: str,
    *,
    faults: dict[str, str] | None = None,
) -> Template:
    actor: Actor = request.user
    match = await concerns.find_match(session, parse_id(match_id), actor=actor)
    council = await session.get_one(Commissioner, match.family.commissioner_id)
    typed = (await request.form()).get("ring_back", "") if faults else ""
    return page(
        request,
        "provider/worried_about.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        match_id=match.id,
        support=match.intake.service.name,
        council=_council_view(council),
        typed=str(typed),
    )


def _council_view(council: Commissioner) -> dict[str, Any]:
    return {
        "name": council.name,
        "phone": council.hub_phone,
        "phone_href": f"tel:{council.hub_phone.replace(' ', '')}",
        "hours": council.hub_hours,
        "person": council.hub_person,
    }


def _family_view(match: Match) -> dict[str, Any]:
    contact = match.family.contact
    return {
        "match_id": match.id,
        "name": contact.name if contact else "A family",
        "help_text": words.help_kind(match.intake.service, match.need.code),
    }


HANDLERS = [whom_to_ring, ask_for_number, raise_concern]
