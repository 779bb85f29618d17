"""Behind a family's link. GET and HEAD change nothing and tell nothing; no cookie is set."""

import uuid
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from litestar import Router, get, head, post
from litestar.datastructures import FormMultiDict, State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.acting import now_of
from marketplace.db.offers import Offer
from marketplace.db.session import transaction
from marketplace.errors import BadFormError
from marketplace.services.matches.waiting import wait_for_place
from marketplace.services.offers import answers, opening, questions, second_thoughts
from marketplace.services.offers.feedback import FEEDBACK, give_feedback
from marketplace.services.rights import objections
from marketplace.services.staff.working_days import add_working_days
from marketplace.web import forms
from marketplace.web.pages import family_showing as showing
from marketplace.web.pages import family_views as views
from marketplace.web.rendering import WebRequest, page

EARLIEST_YEAR = 1990
TOO_LATE = {"month": "It has been a while. Please answer this again"}


@dataclass(frozen=True)
class Proved:
    """The offer behind an answered question, and the form that brought the proof."""

    offer: Offer
    form: FormMultiDict
    proof: str


class QuestionAgainError(Exception):
    """The proof has run out, or is none: the page of the question comes again."""

    def __init__(self, offer: Offer) -> None:
        super().__init__("the question is asked again")
        self.offer = offer


async def open_proved(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Proved:
    offer, form = await opening.open_offer(session, token), await request.form()
    proof = forms.text(form, "proof")
    if not questions.is_proved(session, offer, proof=proof):
        raise QuestionAgainError(offer)
    return Proved(offer, form, proof)


def ask_again(request: WebRequest, error: QuestionAgainError) -> Template:
    token = request.path_params["token"]
    return showing.show_question(request, error.offer, token=token, faults=TOO_LATE)


@get("/{token:str}")
async def show_question(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    offer = await opening.find_offer(session, token)
    return showing.show_question(request, offer, token=token)


@head("/{token:str}", media_type="text/html", sync_to_thread=False)
def head_question(token: FromPath[str]) -> None:
    """A scanner's look changes nothing."""


@post("/{token:str}")
async def answer_question(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    offer = await opening.open_offer(session, token)
    form = await request.form()
    typed = {"month": forms.text(form, "month"), "year": forms.text(form, "year")}
    try:
        born = _read_birth(form)
        proof = await questions.answer_question(session, offer, born=born)
        if proof:
            return await showing.show_standing(request, session, offer, token=token, proof=proof)
        if await questions.tries_left(session, offer) == 0:
            return showing.show_closed(request, offer, token=token, reason="locked")
        faults = {"month": "That is not what we have. Check the month and the year"}
    except BadFormError as error:
        faults = error.faults
    return showing.show_question(request, offer, token=token, faults=faults, **typed)


@post("/{token:str}/answer")
async def take_answer(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    proved: NamedDependency[Proved],
    token: FromPath[str],
) -> Template:
    offer, form, answer = proved.offer, proved.form, forms.text(proved.form, "answer")
    typed: dict[str, Any] = {
        "choice": forms.text(form, "choice"),
        "contact_way": forms.text(form, "contact_way"),
        "easier": [str(one) for one in form.getall("easier", [])],
    }
    shown: dict[str, Any] = {"token": token, "proof": proved.proof}
    if faults := _check_answer(offer, answer, typed):
        return await showing.show_standing(
            request, session, offer, **shown, faults=faults, typed=typed
        )
    standing = await answers.answer_offer(
        session,
        offer,
        answer=answer,
        contact_way=typed["contact_way"],
        easier=typed["easier"],
        choice=_chosen(typed["choice"]),
    )
    if offer.answered_at != now_of(session):
        # Somebody was quicker, for this offer or for the place: only the database knows.
        offer = await opening.open_offer(session, token)
    return await showing.show_standing(
        request, session, offer, **shown, just_full=standing == "full", typed=typed
    )


@post("/{token:str}/wait")
async def wait(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    proved: NamedDependency[Proved],
    token: FromPath[str],
) -> Template:
    offer, choice = proved.offer, _chosen(forms.text(proved.form, "choice"))
    if choice and answers.standing_of(session, offer) == "open":
        await wait_for_place(session, offer, choice)
    return await showing.show_standing(request, session, offer, token=token, proof=proved.proof)


@post("/{token:str}/change")
async def change_mind(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    proved: NamedDependency[Proved],
    token: FromPath[str],
) -> Template:
    await second_thoughts.change_mind(session, proved.offer)
    offer = await opening.open_offer(session, token)
    return await showing.show_standing(request, session, offer, token=token, proof=proved.proof)


@post("/{token:str}/object")
async def object_to_guesses(
    request: WebRequest, session: NamedDependency[AsyncSession], proved: NamedDependency[Proved]
) -> Template:
    """Behind the question: who can object for a family could take its help away."""
    family_id = proved.offer.family_id
    await objections.stop_guessing(session, family_id, actor=Actor(kind="family", id=family_id))
    return page(request, "family/objected.html", council=views.council_view(proved.offer))


@post("/{token:str}/feedback")
async def take_feedback(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    proved: NamedDependency[Proved],
    token: FromPath[str],
) -> Template:
    helped = forms.text(proved.form, "helped")
    shown: dict[str, Any] = {"token": token, "proof": proved.proof}
    if helped not in FEEDBACK:
        faults = {"helped": "Choose one"}
        return await showing.show_standing(request, session, proved.offer, **shown, faults=faults)
    await give_feedback(session, proved.offer, helped)
    offer = await opening.open_offer(session, token)
    return await showing.show_standing(request, session, offer, **shown)


@get("/{token:str}/not-me")
async def ask_not_me(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    offer = await opening.open_offer(session, token)
    return showing.show_whose(request, offer, token=token)


@post("/{token:str}/not-me")
async def say_not_me(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template | Redirect:
    """Without the question: who got it by mistake cannot know the answer."""
    offer = await opening.open_offer(session, token)
    whose = forms.text(await request.form(), "whose")
    if whose in {"mine", "unsure"}:
        return Redirect(f"/o/{token}", status_code=303)
    if whose != "not_mine":
        faults = {"whose": "Choose one"}
        return showing.show_whose(request, offer, token=token, faults=faults)
    await answers.answer_offer(session, offer, answer="not_me")
    council = views.council_view(offer)
    # The same words whatever stood before: they tell nobody that somebody said yes.
    return page(request, "family/not_me.html", council=council)


@post("/{token:str}/call-me")
async def call_me(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    offer = await opening.open_offer(session, token)
    await answers.ask_for_call(session, offer)
    call_by = add_working_days(datetime.now(UTC).date(), views.CALL_WITHIN_WORKING_DAYS)
    council = views.council_view(offer)
    return page(request, "family/call_me.html", call_by=call_by, council=council)


def _check_answer(offer: Offer, answer: str, typed: Mapping[str, Any]) -> dict[str, str]:
    if answer not in answers.ANSWERS:
        return {"answer": "Choose one of the answers"}
    if answer != "yes":
        return {}
    known = {str(offer.match.intake_id), *offer.choices.get("intakes", ()), ""}
    if typed["choice"] not in known:
        return {"choice": "Choose the one you would like"}
    return views.check_yes(offer, typed["contact_way"], typed["easier"])


def _chosen(choice: str) -> uuid.UUID | None:
    return forms.parse_id(choice) if choice else None


def _read_birth(form: FormMultiDict) -> str:
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


async def provide_session(state: State) -> AsyncGenerator[AsyncSession]:
    """Sees nothing until the link has been opened, and then what is its family's."""
    async with transaction(state.sessions, None) as session:
        yield session


ROUTER = Router(
    "/o",
    route_handlers=[
        show_question,
        head_question,
        answer_question,
        take_answer,
        wait,
        change_mind,
        object_to_guesses,
        take_feedback,
        ask_not_me,
        say_not_me,
        call_me,
    ],
    opt={"audience": "family"},
    dependencies={"session": Provide(provide_session), "proved": Provide(open_proved)},
    exception_handlers={QuestionAgainError: ask_again},
    # A stranger may post here: a small body is enough for every form of these pages.
    request_max_body_size=4096,
)
