"""Priya answers “what do you hold about me?”: who asks, which family, what leaves, how it ended."""

import datetime as dt
import uuid
from typing import Any

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import readable_families
from marketplace.db.families import Family
from marketplace.db.rights import RightsRequest
from marketplace.errors import BadFormError, NotFoundError
from marketplace.services.rights import (
    erasure,
    legal_holds,
    objections,
    rights,
    rights_answers,
    rights_families,
)
from marketplace.services.rights.subject_access import Section, fingerprint_of, key_of, put_together
from marketplace.templating import uk_month
from marketplace.web import forms, words
from marketplace.web.forms import parse_id
from marketplace.web.pages.your_data import LINES, WAYS, read_asking
from marketplace.web.rendering import WebRequest, as_errors, page

PATH = "/practitioner/rights"
CHECKED = {
    "rang_back": "I rang a number that the council has for them",
    "saw_papers": "I saw their papers",
    "met_them": "I met them, and know them",
}
OUTCOMES = {
    "told": "They were told what we hold",
    "nothing_held": "We hold nothing, and told them",
    "corrected": "Something was put right",
    "objected": "They objected",
    "erased": "It was erased",
    "not_identified": "We could not make sure who it is",
    "withdrawn": "They no longer want an answer",
}
FITS = {
    "email": "the e-mail address",
    "phone": "the number",
    "born": "a child’s month",
    "area": "the place",
}


@get("/")
async def list_requests(
    request: WebRequest, session: NamedDependency[AsyncSession], family: FromQuery[str] = ""
) -> Template | Redirect:
    searched = family.strip()[:100]
    if searched and (
        found := await rights_families.find_by_ref(session, searched, actor=request.user)
    ):
        return Redirect(f"{PATH}/families/{found.id}", status_code=303)
    waiting = await session.scalars(rights.open_requests(request.user))
    closed = await rights.closed_requests(session, actor=request.user)
    return page(
        request,
        "practitioner/rights.html",
        requests=[_line(one) for one in waiting],
        closed=[{"text": OUTCOMES[outcome], "number": number} for outcome, number in closed],
        search=searched,
    )


@get("/new", sync_to_thread=False)
def telephone_form(request: WebRequest) -> Template:
    return _telephone(request, dict.fromkeys(LINES, ""))


@post("/new")
async def take_call(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Template | Redirect:
    form = await request.form()
    try:
        asking = read_asking(form)
    except BadFormError as error:
        typed = {name: forms.text(form, name, longest=200) for name in LINES}
        return _telephone(request, typed, faults=error.faults)
    request_id = await rights.take_by_telephone(session, asking, actor=request.user)
    return _back(request_id)


@get("/{rights_id:str}")
async def show_request(
    request: WebRequest, session: NamedDependency[AsyncSession], rights_id: FromPath[str]
) -> Template:
    return await _show(request, session, parse_id(rights_id))


@post("/{rights_id:str}/identity")
async def note_identity(
    request: WebRequest, session: NamedDependency[AsyncSession], rights_id: FromPath[str]
) -> Template | Redirect:
    how, found = forms.text(await request.form(), "how"), parse_id(rights_id)
    try:
        await rights.note_identity(session, found, how=how, actor=request.user)
    except BadFormError as error:
        return await _show(request, session, found, faults=error.faults)
    return _back(found)


@post("/{rights_id:str}/family")
async def choose_family(
    request: WebRequest, session: NamedDependency[AsyncSession], rights_id: FromPath[str]
) -> Template | Redirect:
    form, found = await request.form(), parse_id(rights_id)
    chosen, typed = forms.text(form, "family"), forms.text(form, "pseudonym")
    try:
        family_id = await _chosen(request, session, chosen, typed)
        await rights_families.choose_family(session, found, family_id, actor=request.user)
    except BadFormError as error:
        return await _show(request, session, found, faults=error.faults)
    return _back(found)


async def _chosen(
    request: WebRequest, session: AsyncSession, chosen: str, typed: str
) -> uuid.UUID | None:
    if typed:
        family = await rights_families.find_by_ref(session, typed, actor=request.user)
        if family is None:
            raise BadFormError({"pseudonym": "There is no family with this pseudonym"})
        return family.id
    if not chosen:
        raise BadFormError({"family": "Choose the family, or that there is none"})
    return None if chosen == "none" else parse_id(chosen)


@get("/{rights_id:str}/answer")
async def show_answer(
    request: WebRequest, session: NamedDependency[AsyncSession], rights_id: FromPath[str]
) -> Template:
    found = await rights.get_request(session, parse_id(rights_id), actor=request.user)
    if found.chosen_at is None:
        raise NotFoundError
    sections = (
        await put_together(session, found.family_id, actor=request.user) if found.family_id else []
    )
    return page(
        request,
        "practitioner/rights_answer.html",
        asked=_line(found),
        sections=_sections(sections),
        seen=fingerprint_of(sections),
    )


@post("/{rights_id:str}/release")
async def release(
    request: WebRequest, session: NamedDependency[AsyncSession], rights_id: FromPath[str]
) -> Redirect:
    found, form = parse_id(rights_id), await request.form()
    seen, left_out = forms.text(form, "seen"), [str(one) for one in form.getall("leave_out", [])]
    await rights_answers.release(session, found, seen=seen, left_out=left_out, actor=request.user)
    return _back(found)


@post("/{rights_id:str}/object")
async def object_by_request(
    request: WebRequest, session: NamedDependency[AsyncSession], rights_id: FromPath[str]
) -> Redirect:
    await rights_answers.object_by_request(session, parse_id(rights_id), actor=request.user)
    return Redirect(PATH, status_code=303)


@post("/{rights_id:str}/close")
async def close(
    request: WebRequest, session: NamedDependency[AsyncSession], rights_id: FromPath[str]
) -> Template | Redirect:
    outcome, found = forms.text(await request.form(), "outcome"), parse_id(rights_id)
    try:
        await rights_answers.close_request(session, found, outcome=outcome, actor=request.user)
    except BadFormError as error:
        return await _show(request, session, found, faults=error.faults)
    return Redirect(PATH, status_code=303)


@get("/families/{family_id:str}")
async def show_family(
    request: WebRequest, session: NamedDependency[AsyncSession], family_id: FromPath[str]
) -> Template:
    return await _show_family(request, session, parse_id(family_id))


@post("/families/{family_id:str}/object")
async def object_for(
    request: WebRequest, session: NamedDependency[AsyncSession], family_id: FromPath[str]
) -> Redirect:
    await objections.object_for(session, parse_id(family_id), actor=request.user)
    return _to_family(family_id)


@post("/families/{family_id:str}/take-back")
async def take_back(
    request: WebRequest, session: NamedDependency[AsyncSession], family_id: FromPath[str]
) -> Redirect:
    await objections.take_back(session, parse_id(family_id), actor=request.user)
    return _to_family(family_id)


@post("/families/{family_id:str}/erase")
async def erase(
    request: WebRequest, session: NamedDependency[AsyncSession], family_id: FromPath[str]
) -> Redirect:
    await erasure.erase_family(session, parse_id(family_id), actor=request.user)
    return _to_family(family_id)


@post("/families/{family_id:str}/hold")
async def hold(
    request: WebRequest, session: NamedDependency[AsyncSession], family_id: FromPath[str]
) -> Template | Redirect:
    form, found = await request.form(), parse_id(family_id)
    reason = forms.text(form, "reason", longest=legal_holds.LONGEST_REASON)
    try:
        await legal_holds.hold(session, found, reason=reason, actor=request.user)
    except BadFormError as error:
        return await _show_family(request, session, found, faults=error.faults)
    return _to_family(family_id)


@post("/families/{family_id:str}/lift-hold")
async def lift_hold(
    request: WebRequest, session: NamedDependency[AsyncSession], family_id: FromPath[str]
) -> Redirect:
    await legal_holds.lift_hold(session, parse_id(family_id), actor=request.user)
    return _to_family(family_id)


def _back(request_id: uuid.UUID) -> Redirect:
    return Redirect(f"{PATH}/{request_id}", status_code=303)


def _to_family(family_id: str) -> Redirect:
    return Redirect(f"{PATH}/families/{parse_id(family_id)}", status_code=303)


def _telephone(
    request: WebRequest, typed: dict[str, str], *, faults: dict[str, str] | None = None
) -> Template:
    return page(
        request,
        "practitioner/rights_new.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}, order=LINES),
        typed=typed,
        ways=[{"code": code, "text": text} for code, text in WAYS.items()],
    )


async def _show(
    request: WebRequest,
    session: AsyncSession,
    request_id: uuid.UUID,
    *,
    faults: dict[str, str] | None = None,
) -> Template:
    found = await rights.get_request(session, request_id, actor=request.user)
    suggested = await rights_families.suggest_families(session, found, actor=request.user)
    chosen = await session.get(Family, found.family_id) if found.family_id else None
    return page(
        request,
        "practitioner/rights_request.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        asked=_line(found) | {"pseudonym": chosen.ref if chosen else None},
        suggested=[
            {
                "id": str(one.family.id),
                "pseudonym": one.family.ref,
                "why": ", ".join(FITS[name] for name in one.fits),
            }
            for one in suggested
        ],
        checks=[{"code": code, "text": text} for code, text in CHECKED.items()],
        outcomes=[{"code": code, "text": text} for code, text in OUTCOMES.items()],
    )


async def _show_family(
    request: WebRequest,
    session: AsyncSession,
    family_id: uuid.UUID,
    *,
    faults: dict[str, str] | None = None,
) -> Template:
    own = readable_families(request.user).where(Family.id == family_id)
    family = await session.scalar(own.execution_options(populate_existing=True))
    if family is None:
        raise NotFoundError
    return page(
        request,
        "practitioner/rights_family.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        family={
            "id": family.id,
            "pseudonym": family.ref,
            "objected_at": family.objected_at,
            "erased_at": family.erased_at,
        },
        outlook=await erasure.look_ahead(session, family_id, actor=request.user),
        hold=await legal_holds.find_hold(session, family_id),
    )


def _line(found: RightsRequest) -> dict[str, Any]:
    given, today = found.given or {}, dt.datetime.now(dt.UTC).date()
    return {
        "id": found.id,
        "name": given.get("name") or "Forgotten",
        "born": _born(given.get("child_born")),
        "postcode": given.get("postcode"),
        "email": given.get("email"),
        "phone": words.local_phone(given["phone"]) if given.get("phone") else None,
        "came_by": {"page": "The page", "telephone": "A call"}[found.came_by],
        "came_at": found.created_at,
        "due_on": rights.due_on(found),
        "warns": None if found.closed_at else rights.warns(found, today=today),
        "checked": CHECKED.get(found.identity_checked_how or ""),
        "family_id": found.family_id,
        "is_chosen": found.chosen_at is not None,
        "released_at": found.released_at,
        "opened_at": found.opened_at,
        "outcome": OUTCOMES.get(found.outcome or ""),
    }


def _born(month: str | None) -> str | None:
    return uk_month(dt.date.fromisoformat(f"{month}-01")) if month else None


def _sections(sections: list[Section]) -> list[dict[str, Any]]:
    return [
        {
            "title": section.title,
            "facts": [
                {
                    "key": key_of(number, place),
                    "what": fact.what,
                    "says": fact.says,
                    "others": fact.others,
                }
                for place, fact in enumerate(section.facts)
            ],
        }
        for number, section in enumerate(sections)
    ]


ROUTER = Router(
    PATH,
    route_handlers=[
        list_requests,
        telephone_form,
        take_call,
        show_request,
        note_identity,
        choose_family,
        show_answer,
        release,
        object_by_request,
        close,
        show_family,
        object_for,
        take_back,
        erase,
        hold,
        lift_hold,
    ],
    opt={"audience": "practitioner"},
)
