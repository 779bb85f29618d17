"""Behind the link in a volunteer's text: three buttons. GET and HEAD change nothing."""

from typing import Any

from litestar import Router, get, head, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from directory.models import Service
from marketplace.db.families import Family
from marketplace.db.plans import Match
from marketplace.db.volunteering import Introduction, WeeklyQuestion
from marketplace.errors import BadFormError
from marketplace.services.volunteers import volunteer_weeks
from marketplace.services.volunteers.pairs import live_matches
from marketplace.services.volunteers.volunteer_words import first_name, say_week, what_she_does
from marketplace.services.volunteers.volunteers import total_places
from marketplace.states import MatchState
from marketplace.web import forms, words
from marketplace.web.rendering import WebRequest, as_errors, page

MILE_METRES = 1609.344
# From when the host has been asked until help ends.
SEEN = (
    MatchState.AWAITING_PROVIDER,
    MatchState.AWAITING_FAMILY,
    MatchState.ACCEPTED,
    MatchState.UNDER_WAY,
)


@get("/{token:str}")
async def show_week(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    return await _show(request, session, token)


@head("/{token:str}", media_type="text/html", sync_to_thread=False)
def head_week(token: FromPath[str]) -> None:
    """A scanner's look changes nothing."""


@post("/{token:str}")
async def answer_week(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    question = await volunteer_weeks.open_question(session, token)
    try:
        answer = forms.text(await request.form(), "answer")
        await volunteer_weeks.answer_question(session, question, answer)
    except BadFormError as error:
        return await _show(request, session, token, faults=error.faults)
    return await _show(request, session, token)


async def _show(
    request: WebRequest,
    session: AsyncSession,
    token: str,
    *,
    faults: dict[str, str] | None = None,
) -> Template:
    question = await volunteer_weeks.open_question(session, token)
    volunteer, provider = question.volunteer, question.volunteer.provider
    host = provider.host
    is_open = await volunteer_weeks.is_open(session, question)
    return page(
        request,
        "volunteer/week.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        token=token,
        first_name=first_name(provider.name),
        host_name=host.name if host else "",
        host_phone=words.local_phone(host.contact_phone) if host and host.contact_phone else None,
        doing=what_she_does(volunteer.roles, await total_places(session, provider.id)),
        when=say_week(question.day, question.ends_on),
        ends_on=question.ends_on,
        state="stopped" if volunteer.stopped_at else "open" if is_open else "over",
        answer=question.answer,
        # Once the week is over, a link that lies about in a telephone tells nothing of anybody.
        families=await _families(session, question) if is_open and not faults else [],
    )


async def _families(session: AsyncSession, question: WeeklyQuestion) -> list[dict[str, Any]]:
    """Before the introduction how far it is, and after it the first name and the diet."""
    found = await session.execute(
        live_matches()
        .outerjoin(Introduction, Introduction.match_id == Match.id)
        .where(Service.provider_id == question.volunteer_id, Match.state.in_(SEEN))
        .order_by(Match.waits_since, Match.id)
        .options(joinedload(Match.family).joinedload(Family.contact))
        .with_only_columns(Match, Introduction)
    )
    return [_family_view(match, introduced) for match, introduced in found.unique()]


def _family_view(match: Match, introduced: Introduction | None) -> dict[str, Any]:
    metres, contact = match.travel_metres, match.family.contact
    is_near = metres is not None and metres < MILE_METRES
    is_known = introduced is not None and contact is not None
    return {
        "distance_text": "under a mile" if is_near else "over a mile",
        "places": match.places,
        "first_name": first_name(contact.name) if is_known and contact else None,
        "diet": introduced.diet if introduced and is_known else None,
    }


ROUTER = Router(
    "/v",
    route_handlers=[show_week, head_week, answer_week],
    opt={"audience": "volunteer"},
    # A stranger may post here: a small body is enough.
    request_max_body_size=4096,
)
