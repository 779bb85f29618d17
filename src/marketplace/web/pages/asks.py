"""Asking: a postcode, a short form, a link that proves it, and a page that says how it stands."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar import Router, get, head, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.plain_words import LANGUAGES
from directory.service_page import ServicePage, find_service
from directory.taxonomy import load_taxonomy
from marketplace.db.asks import Ask
from marketplace.errors import BadFormError, NotFoundError
from marketplace.messages.compose import council_of
from marketplace.services.asks import ask_ends, ask_safety, asks
from marketplace.services.asks.asking_areas import AskedCouncil, find_council, work_domains
from marketplace.settings import Settings
from marketplace.web import ask_form, forms, words
from marketplace.web.rendering import WebRequest, as_errors, page
from marketplace.web.websites import safe_link

ALONE, WITH_A_FAMILY = "/ask", "/ask/with-a-family"


@dataclass(frozen=True)
class Wanted:
    """What is asked for, as far as the address or the form names it."""

    action: str
    service: ServicePage | None
    need: str
    where: str

    @property
    def needs(self) -> Sequence[str]:
        return [term.code for term in self.service.terms] if self.service else list(load_taxonomy())

    @property
    def is_worker(self) -> bool:
        return self.action == WITH_A_FAMILY

    @property
    def is_sensitive(self) -> bool:
        chosen = [self.need] if self.need else self.needs if self.service else []
        return any(load_taxonomy()[code].sensitive for code in chosen)


@get("/")
async def ask(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    return await _begin(request, session, ALONE)


@get("/with-a-family")
async def ask_with_a_family(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Template:
    return await _begin(request, session, WITH_A_FAMILY)


@post("/")
async def send(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    return await _send(request, session, ALONE)


@post("/with-a-family")
async def send_with_a_family(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Template:
    return await _send(request, session, WITH_A_FAMILY)


async def _begin(request: WebRequest, session: AsyncSession, action: str) -> Template:
    wanted = await _wanted(session, request.query_params, action)
    if not wanted.where:
        return _ask_where(request, wanted)
    try:
        council = await find_council(session, wanted.where)
    except BadFormError as error:
        return _ask_where(request, wanted, faults=error.faults)
    if council is None:
        return _no_council(request, wanted)
    return _form(request, wanted, council, ask_form.empty_values(wanted.need))


async def _send(request: WebRequest, session: AsyncSession, action: str) -> Template:
    form = await request.form()
    wanted = await _wanted(session, form, action)
    try:
        council = await find_council(session, wanted.where)
    except BadFormError as error:
        return _ask_where(request, wanted, faults=error.faults)
    if council is None:
        return _no_council(request, wanted)
    try:
        written = _read(form, wanted, council)
    except BadFormError as error:
        typed = ask_form.typed_values(form)
        return _form(request, wanted, council, typed, faults=error.faults)
    about = _about(council)
    if written.asked is None:
        return page(request, "family/ask_not_safe.html", council=about)
    # A machine is told the same as a person: it learns nothing from the answer.
    if not ask_form.is_machine(form):
        await asks.ask_for_help(session, written.asked, commissioner=council.commissioner)
    settings: Settings = request.app.state.settings
    return page(
        request,
        "family/ask_sent.html",
        council=about,
        email=written.asked.proved_by,
        is_demo=settings.demo,
    )


def _read(form: FormMultiDict, wanted: Wanted, council: AskedCouncil) -> ask_form.Written:
    return ask_form.read_ask(
        form,
        council,
        needs=wanted.needs,
        service_id=wanted.service.service_id if wanted.service else None,
        is_worker=wanted.is_worker,
        today=dt.datetime.now(dt.UTC).date(),
    )


async def _wanted(session: AsyncSession, given: Any, action: str) -> Wanted:
    def text(name: str) -> str:
        value = given.get(name, "")
        return value[:100].strip() if isinstance(value, str) else ""

    service = None
    if text("service"):
        service = await find_service(session, forms.parse_id(text("service")))
        if service is None:
            raise NotFoundError
    need = text("need") if text("need") in load_taxonomy() else ""
    if service and need not in {term.code for term in service.terms}:
        need = service.terms[0].code if len(service.terms) == 1 else ""
    return Wanted(action, service, need, text("where"))


def _ask_where(
    request: WebRequest, wanted: Wanted, *, faults: dict[str, str] | None = None
) -> Template:
    return page(
        request,
        "public/ask_where.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        wanted=_wanted_view(wanted),
    )


def _no_council(request: WebRequest, wanted: Wanted) -> Template:
    service = wanted.service
    return page(
        request,
        "public/ask_no_council.html",
        wanted=_wanted_view(wanted),
        phone=words.local_phone(service.phone) if service and service.phone else None,
        email=service.email if service else None,
        website=safe_link(service.website) if service else None,
    )


def _form(
    request: WebRequest,
    wanted: Wanted,
    council: AskedCouncil,
    typed: dict[str, Any],
    *,
    faults: dict[str, str] | None = None,
) -> Template:
    address = council.law.privacy_notice_address
    return page(
        request,
        "family/ask.html",
        status=422 if faults else 200,
        back=_back(wanted),
        errors=as_errors(faults or {}, order=ask_form.ORDER),
        wanted=_wanted_view(wanted),
        council=_about(council),
        privacy={"text": address, "href": safe_link(address)},
        complaint_route=council.law.complaint_route,
        domains=list(work_domains(council.commissioner)),
        typed=typed,
        trap=ask_form.TRAP,
        choices=_choices(wanted),
    )


def _back(wanted: Wanted) -> str:
    given = {"service": wanted.service.service_id if wanted.service else "", "need": wanted.need}
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{wanted.action}?{query}" if query else wanted.action


def _choices(wanted: Wanted) -> dict[str, list[dict[str, str]]]:
    needs = {code: words.need_text(code) for code in wanted.needs}
    named = {
        "need": needs,
        "day": words.DAY_NAMES,
        "transport": ask_form.TRANSPORT_TEXTS,
        "channel": ask_form.CHANNELS,
        "safe": ask_form.SAFE,
        "language": LANGUAGES,
    }
    return {
        name: [{"code": code, "value": code, "text": text} for code, text in items.items()]
        for name, items in named.items()
    }


def _wanted_view(wanted: Wanted) -> dict[str, Any]:
    service = wanted.service
    return {
        "action": wanted.action,
        "service_id": str(service.service_id) if service else "",
        "service_name": service.name if service else "",
        "provider_name": service.provider_name if service else "",
        "need": wanted.need,
        "where": wanted.where,
        "is_worker": wanted.is_worker,
        "is_sensitive": wanted.is_sensitive,
    }


def _about(council: AskedCouncil) -> dict[str, str]:
    return council_of(council.commissioner) | {"authority": council.commissioner.name}


@get("/confirm/{token:str}")
async def show_proof(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    # Mail scanners open every link: only the button proves that somebody reads there.
    asked = await asks.find_unproved(session, token)
    council = council_of(asked.commissioner)
    return page(request, "family/ask_confirm.html", token=token, council=council)


@head("/confirm/{token:str}", media_type="text/html", sync_to_thread=False)
def head_proof(token: FromPath[str]) -> None:
    """A scanner's look changes nothing."""


@post("/confirm/{token:str}")
async def prove(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template | Redirect:
    asked = await asks.prove_ask(session, token)
    if asked.source == "professional":
        # From here on it is the family's: who helped to write it learns no more.
        council = council_of(asked.commissioner)
        return page(request, "family/ask_received.html", council=council)
    return Redirect(f"/ask/{asks.status_token(session, asked)}", status_code=303)


@get("/{token:str}")
async def show_status(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    asked = await ask_ends.find_ask(session, token)
    return await _status(request, session, asked, token)


@head("/{token:str}", media_type="text/html", sync_to_thread=False)
def head_status(token: FromPath[str]) -> None:
    """A scanner's look changes nothing."""


@post("/{token:str}/withdraw")
async def withdraw(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    await ask_ends.withdraw_ask(session, token)
    return await _status(request, session, await ask_ends.find_ask(session, token), token)


@post("/{token:str}/still-safe")
async def still_safe(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    await ask_safety.confirm_safety(session, token)
    asked = await ask_ends.find_ask(session, token)
    return await _status(request, session, asked, token, is_safe=True)


async def _status(
    request: WebRequest, session: AsyncSession, asked: Ask, token: str, *, is_safe: bool = False
) -> Template:
    """Never what was asked for: whoever opens the link may not be who asked."""
    return page(
        request,
        "family/ask_status.html",
        token=token,
        council=council_of(asked.commissioner),
        standing=await ask_ends.standing_of(session, asked),
        asks_safety=await ask_safety.is_due(session, asked),
        is_safe=is_safe,
    )


ROUTER = Router(
    "/ask",
    route_handlers=[
        ask,
        ask_with_a_family,
        send,
        send_with_a_family,
        show_proof,
        head_proof,
        prove,
        show_status,
        head_status,
        withdraw,
        still_safe,
    ],
    opt={"audience": "public"},
    # A stranger may post here: a small body is enough.
    request_max_body_size=16_384,
)
