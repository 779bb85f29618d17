"""An organisation asks to be let in: a form, a mailed link, a button."""

from typing import Any

from litestar import Router, get, head, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import locate_areas
from directory.spreadsheets import cells
from directory.spreadsheets.places import postcode
from directory.spreadsheets.services import charity_number
from marketplace.errors import BadFormError
from marketplace.services.providers import joining
from marketplace.services.providers.joining import Applicant
from marketplace.services.staff import limits
from marketplace.settings import Settings
from marketplace.web import forms
from marketplace.web.clients import client_of
from marketplace.web.form_reader import FormReader
from marketplace.web.rendering import WebRequest, as_errors, page

# Volunteers are signed up by their host, so they are no kind of their own here.
KINDS = {
    "charity": "A charity",
    "group": "A group or club",
    "universal": "A service open to everyone, such as a library",
    "digital": "Help online or by telephone only",
    "statutory": "Part of a council, a school or the NHS",
}
FIELDS = ("organisation", "kind", "charity_number", "postcode", "person", "email", "phone")
EMAIL = "Type your work e-mail address, such as name@example.org"
PHONE = "Type a UK telephone number with its first 0, such as 01632 960 001"


@get("/", sync_to_thread=False)
def show_form(request: WebRequest) -> Template:
    return _form(request, dict.fromkeys(FIELDS, ""))


@post("/")
async def ask_to_join(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    form = await request.form()
    try:
        applicant = await _read(session, form)
    except BadFormError as error:
        typed = {field: forms.text(form, field) for field in FIELDS}
        return _form(request, typed, faults=error.faults)
    await limits.take(session, limits.JOINS_FOR_A_CLIENT, client_of(request))
    await joining.ask_to_join(session, applicant)
    settings: Settings = request.app.state.settings
    return page(
        request, "public/join_check_email.html", email=applicant.email, is_demo=settings.demo
    )


@get("/{token:str}", sync_to_thread=False)
def confirm(request: WebRequest, token: FromPath[str]) -> Template:
    # Mail scanners open every link: only the button proves that somebody reads there.
    return page(request, "public/join_confirm.html", token=token)


@head("/{token:str}", media_type="text/html", sync_to_thread=False)
def head_confirm(token: FromPath[str]) -> None:
    """A scanner's look changes nothing."""


@post("/{token:str}")
async def prove_address(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    asked = await joining.prove_address(session, token)
    return page(request, "public/join_waiting.html", organisation=asked.organisation)


async def _read(session: AsyncSession, form: FormMultiDict) -> Applicant:
    reader = FormReader(form)
    kind = reader.choice("kind", KINDS, missing="Choose what you are")
    number = reader.optional(
        "charity_number",
        charity_number,
        wrong="Type the number as it is on the register, such as 1123456, SC012345 or NIC101234",
    )
    if kind == "charity" and number is None:
        reader.faults.setdefault("charity_number", "Type your charity’s number")
    where = reader.required(
        "postcode", postcode, wrong="Type a full postcode, such as IP1 2DE", or_else=""
    )
    if where and where not in await locate_areas(session, [where]):
        reader.faults["postcode"] = "We do not know this postcode. Check it, or use one near"
    applicant = Applicant(
        organisation=reader.line("organisation", missing="Type the name of your organisation"),
        kind=kind,
        charity_number=number,
        postcode=where,
        person=reader.line("person", missing="Type your name"),
        email=reader.required("email", cells.email, wrong=EMAIL, or_else=""),
        phone=reader.required("phone", cells.uk_telephone, wrong=PHONE, or_else=""),
    )
    reader.finish()
    return applicant


def _form(
    request: WebRequest, typed: dict[str, Any], *, faults: dict[str, str] | None = None
) -> Template:
    found = faults or {}
    return page(
        request,
        "public/join.html",
        status=422 if found else 200,
        errors=as_errors(found, order=FIELDS),
        typed=typed,
        kinds=[{"code": code, "text": text} for code, text in KINDS.items()],
    )


ROUTER = Router(
    "/join",
    route_handlers=[show_form, ask_to_join, confirm, head_confirm, prove_address],
    opt={"audience": "public"},
    # A stranger may post here: a small body is enough.
    request_max_body_size=16_384,
)
