"""“Do you hold a prediction about me?”: the page tells nothing; a person does, on a safe way."""

import datetime as dt
from typing import Any

from litestar import Response, Router, get, head, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.spreadsheets import cells
from directory.spreadsheets.places import area
from marketplace.db.people import Commissioner, LegalBasis
from marketplace.db.rights import RightsRequest
from marketplace.errors import BadFormError
from marketplace.messages.compose import council_of
from marketplace.services.rights import rights, rights_answers
from marketplace.services.rights.rights import Asking
from marketplace.web import ask_form, forms
from marketplace.web.form_reader import FormReader
from marketplace.web.rendering import WebRequest, as_errors, page

WAYS = {"email": "By e-mail", "phone": "Ring me"}
LINES = ("council", "name", "month", "year", "postcode", "way", "email", "phone")
ORDER = ("council", "name", "month", "postcode", "way", "email", "phone")


@get("/")
async def show_form(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    return await _form(request, session, dict.fromkeys(LINES, ""))


@post("/")
async def send(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    form = await request.form()
    try:
        council, asking = await _read(session, form)
    except BadFormError as error:
        typed = {name: forms.text(form, name, longest=200) for name in LINES}
        return await _form(request, session, typed, faults=error.faults)
    if not ask_form.is_machine(form):
        await rights.ask_what_is_held(session, asking, commissioner=council)
    # The same page for everybody, whatever is held, and whoever the address belongs to.
    return page(request, "family/your_data_sent.html", council=council_of(council))


def read_asking(form: FormMultiDict) -> Asking:
    """Also for a practitioner who writes down what is said on the telephone."""
    reader = FormReader(form)
    way = reader.choice("way", WAYS, missing="Say how we may answer")
    typed = {part: forms.text(form, part, longest=10) for part in ("month", "year")}
    born = None
    if any(typed.values()):
        born = ask_form.read_month(typed, dt.datetime.now(dt.UTC).date())
        if born is None:
            reader.faults["month"] = "Type a month and a year, such as 4 2019, or leave both empty"
    where = reader.optional("postcode", area, wrong="Type a postcode, such as IP1 2DE")
    asking = Asking(
        name=reader.line("name", missing="Type the name that the council knows", longest=100),
        child_born=born,
        postcode=where.code if where else None,
        email=reader.required("email", cells.email, wrong=ask_form.EMAIL, or_else="")
        if way == "email"
        else None,
        phone=reader.required("phone", cells.uk_telephone, wrong=ask_form.PHONE, or_else="")
        if way == "phone"
        else None,
    )
    reader.finish()
    return asking


async def _read(session: AsyncSession, form: FormMultiDict) -> tuple[Commissioner, Asking]:
    councils = {str(one.id): one for one in await _councils(session)}
    faults: dict[str, str] = {}
    chosen = councils.get(forms.text(form, "council"))
    if chosen is None:
        faults["council"] = "Choose your council"
    try:
        asking = read_asking(form)
    except BadFormError as error:
        raise BadFormError(faults | error.faults) from None
    if chosen is None:
        raise BadFormError(faults)
    return chosen, asking


async def _councils(session: AsyncSession) -> list[Commissioner]:
    """Who holds predictions at all: nobody does without having written down the law."""
    found = await session.scalars(
        select(Commissioner)
        .join(LegalBasis, LegalBasis.commissioner_id == Commissioner.id)
        .order_by(Commissioner.name)
    )
    return list(found)


async def _form(
    request: WebRequest,
    session: AsyncSession,
    typed: dict[str, str],
    *,
    faults: dict[str, str] | None = None,
) -> Template:
    councils = await _councils(session)
    if len(councils) == 1:
        typed["council"] = str(councils[0].id)
    return page(
        request,
        "public/your_data.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}, order=ORDER),
        typed=typed,
        trap=ask_form.TRAP,
        ways=[{"code": code, "text": text} for code, text in WAYS.items()],
        councils=[
            {"value": str(one.id), "text": one.name, "phone": one.hub_phone, "hours": one.hub_hours}
            for one in councils
        ],
    )


@get("/confirm/{token:str}")
async def show_proof(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    found = await rights.find_unproved(session, token)
    return _press(request, found, token, step="confirm")


@head("/confirm/{token:str}", media_type="text/html", sync_to_thread=False)
def head_proof(token: FromPath[str]) -> None:
    """A scanner's look changes nothing."""


@post("/confirm/{token:str}")
async def prove(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    found = await rights.prove_request(session, token)
    return _press(request, found, token, step="confirmed")


@get("/answer/{token:str}")
async def show_answer_button(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    found = await rights_answers.find_answer(session, token)
    return _press(request, found, token, step="answer")


@head("/answer/{token:str}", media_type="text/html", sync_to_thread=False)
def head_answer(token: FromPath[str]) -> None:
    """A scanner's look does not use the link up."""


@post("/answer/{token:str}")
async def show_answer(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    found = await rights_answers.open_answer(session, token)
    council = council_of(found.commissioner)
    return page(
        request, "family/your_data_answer.html", council=council, token=token, answer=found.answer
    )


@post("/answer/{token:str}/json")
async def download_answer(
    session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Response[Any]:
    found = await rights_answers.open_answer(session, token)
    headers = {"Content-Disposition": 'attachment; filename="answer.json"'}
    return Response(found.answer, media_type="application/json", headers=headers)


def _press(request: WebRequest, found: RightsRequest, token: str, *, step: str) -> Template:
    council = council_of(found.commissioner)
    return page(request, "family/your_data_press.html", council=council, token=token, step=step)


ROUTER = Router(
    "/your-data",
    route_handlers=[
        show_form,
        send,
        show_proof,
        head_proof,
        prove,
        show_answer_button,
        head_answer,
        show_answer,
        download_answer,
    ],
    opt={"audience": "public"},
    request_max_body_size=8_192,
)
