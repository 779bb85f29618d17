"""Behind a family's link. GET and HEAD change nothing and tell nothing; no cookie is set."""

from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Router, get, head, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.offers import Offer
from marketplace.db.people import Commissioner
from marketplace.defaults import defaults
from marketplace.errors import BadFormError, NotFoundError
from marketplace.messages.compose import council_of
from marketplace.services import answers
from marketplace.services.legal_basis import find_law
from marketplace.services.working_days import add_working_days
from marketplace.states import MatchState
from marketplace.web import forms, words
from marketplace.web.rendering import WebRequest, as_errors, page

CALL_WITHIN_WORKING_DAYS = 2
EARLIEST_YEAR = 1990
WAY_TEXTS = {"phone": "ring you", "sms": "text you", "email": "e-mail you"}


@get("/{token:str}")
async def show_question(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    council = await _council(session, await answers.open_offer(session, token))
    return _show_question(request, token, council)


@head("/{token:str}", media_type="text/html", sync_to_thread=False)
def head_question(token: FromPath[str]) -> None:
    """A scanner's look changes nothing."""


@post("/{token:str}")
async def answer_question(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    offer = await answers.open_offer(session, token)
    council = await _council(session, offer)
    form = await request.form()
    typed = {"month": forms.text(form, "month"), "year": forms.text(form, "year")}
    try:
        born = _read_birth(form)
        proof = await answers.answer_question(session, offer, born=born)
        if proof:
            return await _show_standing(request, session, offer, token=token, proof=proof)
        if await answers.tries_left(session, offer) == 0:
            return page(request, "family/closed.html", status=429, reason="locked", council=council)
        faults = {"month": "That is not what we have. Check the month and the year"}
    except BadFormError as error:
        faults = error.faults
    return _show_question(request, token, council, faults=faults, **typed)


@post("/{token:str}/answer")
async def take_answer(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    offer = await answers.open_offer(session, token)
    form = await request.form()
    proof, answer = forms.text(form, "proof"), forms.text(form, "answer")
    if not answers.is_proved(session, offer, proof=proof):
        council = await _council(session, offer)
        faults = {"month": "It has been a while. Please answer this again"}
        return _show_question(request, token, council, faults=faults)
    contact_way = forms.text(form, "contact_way")
    if faults := _check_answer(offer, answer, contact_way):
        standing = await answers.standing_of(session, offer)
        if standing == "open":
            return await _show_offer(
                request, session, offer, token=token, proof=proof, faults=faults
            )
    else:
        await answers.answer_offer(session, offer, answer=answer, contact_way=contact_way)
        offer = await answers.open_offer(session, token)
    return await _show_standing(request, session, offer, token=token, proof=proof)


@post("/{token:str}/call-me")
async def call_me(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    offer = await answers.open_offer(session, token)
    await answers.ask_for_call(session, offer)
    call_by = add_working_days(datetime.now(UTC).date(), CALL_WITHIN_WORKING_DAYS)
    council = await _council(session, offer)
    return page(request, "family/call_me.html", call_by=call_by, council=council)


def _show_question(
    request: WebRequest,
    token: str,
    council: dict[str, str],
    *,
    faults: dict[str, str] | None = None,
    month: str = "",
    year: str = "",
) -> Template:
    return page(
        request,
        "family/question.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        token=token,
        council=council,
        month=month,
        year=year,
    )


async def _show_standing(
    request: WebRequest, session: AsyncSession, offer: Offer, *, token: str, proof: str
) -> Template:
    standing = await answers.standing_of(session, offer)
    council = await _council(session, offer)
    if standing == "open":
        return await _show_offer(request, session, offer, token=token, proof=proof, faults={})
    if standing == "closed":
        reason = "paused" if offer.match.state == MatchState.ON_HOLD else "expired"
        return page(request, "family/closed.html", reason=reason, council=council)
    context: dict[str, Any] = {"answer": "stopped" if standing == "stop" else standing}
    if standing == "yes":
        context |= _after_yes(offer)
    return page(request, "family/answered.html", council=council, **context)


def _after_yes(offer: Offer) -> dict[str, Any]:
    answered_at = offer.answered_at or datetime.now(UTC)
    shown_for = timedelta(days=defaults()["family_days"]["status_only_after_yes"])
    is_old = datetime.now(UTC) - answered_at > shown_for
    return {
        "provider_name": answers.name_told_to_families(offer),
        "call_by": add_working_days(answered_at.date(), CALL_WITHIN_WORKING_DAYS),
        "contact_way_text": WAY_TEXTS.get(offer.contact_way or "", "get in touch"),
        "status_text": "You said yes. If nobody has been in touch, ring us." if is_old else "",
    }


async def _show_offer(
    request: WebRequest,
    session: AsyncSession,
    offer: Offer,
    *,
    token: str,
    proof: str,
    faults: dict[str, str],
    contact_way: str = "",
) -> Template:
    service, need = offer.match.intake.service, offer.match.need
    pays = offer.match.intake.family_pays_pence
    outward = (service.postcode or "").partition(" ")[0]
    choice = {
        "id": str(offer.match.intake_id),
        "help_kind": words.help_kind(service, need.code),
        "provider_name": answers.name_told_to_families(offer),
        "area": f"{outward} area" if outward else "By telephone or online",
        "when": words.days_text(service.days),
        "cost_text": "Free for you" if pays == 0 else f"You pay £{pays / 100:.2f}",
    }
    return page(
        request,
        "family/offer.html",
        status=422 if faults else 200,
        errors=as_errors(faults),
        token=token,
        proof=proof,
        choices=[choice],
        choice=choice["id"],
        contact_ways=answers.contact_ways(offer),
        contact_way=contact_way,
        reasons=words.family_reasons(need.reasons),
        why_asked=words.told_source("self" if need.asked_on else need.source),
        expires_on=offer.expires_at.date(),
        council=await _council(session, offer),
    )


def _check_answer(offer: Offer, answer: str, contact_way: str) -> dict[str, str]:
    if answer not in answers.ANSWERS:
        return {"answer": "Choose one of the answers"}
    if answer == "yes" and contact_way not in answers.contact_ways(offer):
        return {"contact_way": "Choose how they may reach you"}
    return {}


def _read_birth(form: Any) -> str:
    month = forms.whole_number(form, "month", low=1, high=12, what="Type a month from 1 to 12")
    this_year = datetime.now(UTC).year
    year = forms.whole_number(
        form,
        "year",
        low=EARLIEST_YEAR,
        high=this_year + 1,
        what=f"Type a year with four digits, such as {this_year - 4}",
    )
    return f"{year}-{month:02}"


async def _council(session: AsyncSession, offer: Offer) -> dict[str, str]:
    commissioner = await session.get(Commissioner, offer.family.commissioner_id)
    if commissioner is None:
        raise NotFoundError
    return council_of(commissioner) | await _rights(session, commissioner)


async def _rights(session: AsyncSession, commissioner: Commissioner) -> dict[str, str]:
    """By what right we write, and where to complain: on every page behind a link."""
    law = await find_law(session, commissioner.id)
    return {
        "how_href": f"/how-we-decide/{commissioner.id}" if law else "",
        "privacy_href": law.privacy_notice_address if law else "",
        "complaint_route": law.complaint_route if law else "",
    }


ROUTER = Router(
    "/o",
    route_handlers=[show_question, head_question, answer_question, take_answer, call_me],
    opt={"audience": "family"},
    # A stranger may post here: a small body is enough for every form of these pages.
    request_max_body_size=4096,
)
