"""The law we act under: Amina writes it down, families may read it."""

from typing import Any

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.spreadsheets import cells
from marketplace.access import Actor
from marketplace.db.people import Commissioner, LegalBasis
from marketplace.errors import BadFormError, NotFoundError
from marketplace.messages.compose import council_of
from marketplace.services.needs import legal_basis
from marketplace.services.needs.legal_basis import Law
from marketplace.web import forms
from marketplace.web.form_reader import FormReader
from marketplace.web.forms import parse_id
from marketplace.web.rendering import WebRequest, as_errors, page
from marketplace.web.websites import website

LONGEST = 2_000
# In the order in which they stand on the page.
FIELDS = (
    "power",
    "lawful_basis",
    "special_category_basis",
    "impact_assessed_on",
    "privacy_notice_address",
    "complaint_route",
)
MISSING = {
    "power": "Say which power you use",
    "lawful_basis": "Say what lets you use the records",
    "special_category_basis": "Say what lets you use what is most private, or that you use none",
    "complaint_route": "Say how a family can complain",
}


@get("/law")
async def show_law(
    request: WebRequest, session: NamedDependency[AsyncSession], saved: FromQuery[int] = 0
) -> Template:
    actor: Actor = request.user
    written = await legal_basis.find_law(session, actor.commissioner_id)
    given = {field: str(getattr(written, field)) if written else "" for field in FIELDS}
    return _show(request, written, given, just_saved=bool(saved))


@post("/law")
async def write_law(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Redirect | Template:
    actor: Actor = request.user
    form = await request.form()
    try:
        today = (await session.execute(select(func.current_date()))).scalar_one()
        law = _read(form, today)
    except BadFormError as error:
        written = await legal_basis.find_law(session, actor.commissioner_id)
        given = {field: forms.text(form, field, longest=LONGEST * 2) for field in FIELDS}
        return _show(request, written, given, faults=error.faults)
    await legal_basis.write_law(session, law, actor=actor)
    return Redirect("/commissioner/law?saved=1", status_code=303)


@get("/how-we-decide/{commissioner_id:str}", opt={"audience": "public"})
async def how_we_decide(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    commissioner_id: FromPath[str],
) -> Template:
    """For anybody who has been written to, and whoever stands beside them."""
    commissioner = await session.get(Commissioner, parse_id(commissioner_id))
    law = await legal_basis.find_law(session, commissioner.id) if commissioner else None
    if commissioner is None or law is None:
        raise NotFoundError
    return page(
        request,
        "public/how_we_decide.html",
        council=council_of(commissioner),
        council_name=commissioner.name,
        law=law,
    )


def _read(form: FormMultiDict, today: Any) -> Law:
    reader = FormReader(form)
    texts = {field: reader.prose(field, longest=LONGEST) or "" for field in MISSING}
    for field, missing in MISSING.items():
        if not texts[field]:
            reader.faults.setdefault(field, missing)
    assessed = reader.required(
        "impact_assessed_on",
        cells.day_not_after(today),
        wrong="Give the day it was signed, such as 2026-03-31",
        or_else=today,
    )
    address = reader.required(
        "privacy_notice_address",
        website,
        wrong="Give a web address, such as www.example.org/privacy",
        or_else="",
    )
    reader.finish()
    return Law(**texts, impact_assessed_on=assessed, privacy_notice_address=address)


def _show(
    request: WebRequest,
    written: LegalBasis | None,
    given: dict[str, str],
    *,
    faults: dict[str, str] | None = None,
    just_saved: bool = False,
) -> Template:
    return page(
        request,
        "commissioner/law.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}, order=FIELDS),
        given=given,
        written={"by": written.written_by, "at": written.written_at} if written else None,
        public_href=f"/how-we-decide/{written.commissioner_id}" if written else None,
        just_saved=just_saved,
    )


HANDLERS = [show_law, write_law]
