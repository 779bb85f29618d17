"""Families who said yes: reach them, tap what happened, end it or hand it back."""

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from directory.taxonomy import FOOD
from marketplace.access import readable_matches
from marketplace.db.offers import Offer
from marketplace.db.outcomes import Outcome
from marketplace.db.plans import Match
from marketplace.errors import BadFormError
from marketplace.services.matches import claims, outcomes
from marketplace.services.matches.outcome_notes import outcomes_of
from marketplace.services.volunteers.pairs import PROMISED
from marketplace.states import MatchState
from marketplace.web import forms, words
from marketplace.web.forms import parse_id
from marketplace.web.pages import provider_views
from marketplace.web.rendering import PageNumber, Paging, WebRequest, as_errors, page

BEFORE = (MatchState.ACCEPTED,)
DURING = (MatchState.UNDER_WAY,)


@get("/accepted")
async def accepted(
    request: WebRequest, session: NamedDependency[AsyncSession], number: PageNumber = 1
) -> Template:
    provider = await session.get_one(Provider, request.user.provider_id)
    wanted = readable_matches(request.user).where(Match.state.in_(PROMISED))
    rows = await session.scalar(select(func.count()).select_from(wanted.subquery()))
    paging = Paging(wanted=number, rows=rows or 0, path="/provider/accepted", query={})
    # Whoever still waits for a first word stands first.
    by_turn = wanted.order_by(Match.state == MatchState.UNDER_WAY, Match.waits_since, Match.id)
    found = await provider_views.read_matches(session, by_turn, paging=paging)
    offers = await provider_views.offers_of(session, found)
    notes = await outcomes_of(session, [match.id for match in found])
    return page(
        request,
        "provider/accepted.html",
        door=await provider_views.door_of(session, provider),
        families=[_family(match, offers[match.id], notes.get(match.id)) for match in found],
        page=paging.as_context(),
    )


def _family(match: Match, offer: Offer, noted: Outcome | None) -> dict[str, Any]:
    return provider_views.accepted_view(match, offer) | {
        "easier": [words.EASIER[code].lower() for code in offer.easier],
        "is_food": match.need.code in FOOD,
        "contacted_on": noted.first_contact_on if noted else None,
        "times_attended": noted.times_attended if noted else 0,
    }


@post("/matches/{match_id:str}/contacted")
async def contacted(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Redirect:
    is_made = forms.text(await request.form(), "change") != "undo"
    await outcomes.note_contact(session, parse_id(match_id), is_made=is_made, actor=request.user)
    return _back_to(match_id)


@post("/matches/{match_id:str}/attended")
async def attended(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Redirect:
    change = -1 if forms.text(await request.form(), "change") == "undo" else 1
    await outcomes.note_attended(session, parse_id(match_id), change=change, actor=request.user)
    return _back_to(match_id)


@get("/matches/{match_id:str}/started")
async def start_form(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Template:
    return await _show_step(request, session, match_id, step="start")


@post("/matches/{match_id:str}/started")
async def started(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Redirect | Template:
    asked = forms.text(await request.form(), "diet") == "yes"
    try:
        await claims.start_help(
            session, parse_id(match_id), diet_confirmed=asked, actor=request.user
        )
    except BadFormError as error:
        return await _show_step(request, session, match_id, step="start", faults=error.faults)
    return _back_to(match_id)


@get("/matches/{match_id:str}/ended")
async def end_form(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Template:
    return await _show_step(request, session, match_id, step="end")


@post("/matches/{match_id:str}/ended")
async def ended(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Redirect | Template:
    form = await request.form()
    how, helped = forms.text(form, "how"), forms.text(form, "helped")
    try:
        await outcomes.end_help(
            session, parse_id(match_id), how=how, helped=helped, actor=request.user
        )
    except BadFormError as error:
        typed = {"how": how, "helped": helped}
        return await _show_step(
            request, session, match_id, step="end", faults=error.faults, typed=typed
        )
    return Redirect("/provider/accepted", status_code=303)


@get("/matches/{match_id:str}/not-started")
async def not_started_form(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Template:
    return await _show_step(request, session, match_id, step="not_started")


@post("/matches/{match_id:str}/not-started")
async def not_started(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Redirect:
    await outcomes.end_before_start(session, parse_id(match_id), actor=request.user)
    return Redirect("/provider/accepted", status_code=303)


@get("/matches/{match_id:str}/hand-back")
async def hand_back_form(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Template:
    return await _show_step(request, session, match_id, step="hand_back")


@post("/matches/{match_id:str}/hand-back")
async def hand_back(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Redirect:
    await outcomes.hand_back(session, parse_id(match_id), actor=request.user)
    return Redirect("/provider/accepted", status_code=303)


# What is asked before a tap that no table of states lets anybody take back.
STEPS = {"start": BEFORE, "end": DURING, "not_started": BEFORE, "hand_back": PROMISED}


async def _show_step(
    request: WebRequest,
    session: AsyncSession,
    match_id: str,
    *,
    step: str,
    faults: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> Template:
    match = await provider_views.one_match(
        session, request.user, parse_id(match_id), states=STEPS[step]
    )
    offers = await provider_views.offers_of(session, [match])
    family = provider_views.accepted_view(match, offers[match.id])
    return page(
        request,
        f"provider/family_{step}.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}, order=("diet", "how", "helped")),
        family={
            "id": match.id,
            "name": family["name"],
            "help_text": family["help_text"],
            "is_food": match.need.code in FOOD,
        },
        typed=typed or {"how": "", "helped": ""},
    )


def _back_to(match_id: str) -> Redirect:
    return Redirect(f"/provider/accepted#family-{parse_id(match_id)}", status_code=303)


HANDLERS = [
    accepted,
    contacted,
    attended,
    start_form,
    started,
    end_form,
    ended,
    not_started_form,
    not_started,
    hand_back_form,
    hand_back,
]
