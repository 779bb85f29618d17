"""Amina looks at who asks to be let in: as new, as somebody known, or not at all."""

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.providers import JoinRequest
from marketplace.errors import BadFormError
from marketplace.services.providers import joining, resemblances
from marketplace.web import forms, words
from marketplace.web.forms import parse_id
from marketplace.web.pages.join import KINDS
from marketplace.web.rendering import WebRequest, as_errors, page

WHY_ALIKE = {
    "charity_number": "the same charity number",
    "email": "the same e-mail address",
    "domain": "the same e-mail domain",
    "name": "a like name nearby",
}


@get("/providers/requests/{request_id:str}")
async def show_request(
    request: WebRequest, session: NamedDependency[AsyncSession], request_id: FromPath[str]
) -> Template:
    return await _show_request(request, session, request_id)


@post("/providers/requests/{request_id:str}/approve")
async def approve(
    request: WebRequest, session: NamedDependency[AsyncSession], request_id: FromPath[str]
) -> Redirect | Template:
    try:
        provider = await joining.approve_request(session, parse_id(request_id), actor=request.user)
    except BadFormError as error:
        return await _show_request(request, session, request_id, faults=error.faults)
    return Redirect(f"/commissioner/providers/{provider.id}", status_code=303)


@post("/providers/requests/{request_id:str}/join")
async def join_existing(
    request: WebRequest, session: NamedDependency[AsyncSession], request_id: FromPath[str]
) -> Redirect | Template:
    chosen = forms.text(await request.form(), "provider")
    if not chosen:
        faults = {"provider": "Choose the organisation that it is"}
        return await _show_request(request, session, request_id, faults=faults)
    try:
        provider = await joining.join_request_to(
            session, parse_id(request_id), parse_id(chosen), actor=request.user
        )
    except BadFormError as error:
        return await _show_request(request, session, request_id, faults=error.faults)
    return Redirect(f"/commissioner/providers/{provider.id}", status_code=303)


@post("/providers/requests/{request_id:str}/turn-away")
async def turn_away(
    request: WebRequest, session: NamedDependency[AsyncSession], request_id: FromPath[str]
) -> Redirect | Template:
    reason = forms.text(await request.form(), "reason")
    try:
        await joining.turn_away(session, parse_id(request_id), reason=reason, actor=request.user)
    except BadFormError as error:
        return await _show_request(request, session, request_id, faults=error.faults)
    return Redirect("/commissioner/providers", status_code=303)


def request_line(one: JoinRequest) -> dict[str, Any]:
    return {
        "id": one.id,
        "organisation": one.organisation,
        "person": one.person,
        "proved_at": one.proved_at,
    }


async def _show_request(
    request: WebRequest,
    session: AsyncSession,
    request_id: str,
    *,
    faults: dict[str, str] | None = None,
) -> Template:
    one = await joining.get_request(session, parse_id(request_id))
    alike = await resemblances.resembling(session, one)
    return page(
        request,
        "commissioner/join_request.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        asked={
            **request_line(one),
            "kind_text": KINDS.get(one.kind, one.kind),
            "charity_number": one.charity_number,
            "postcode": one.postcode,
            "email": one.email,
            "phone": words.local_phone(one.phone),
            "decision": one.decision,
        },
        alike=[
            {
                "id": found.provider.id,
                "name": found.provider.name,
                "why": " and ".join(WHY_ALIKE[why] for why in found.why),
            }
            for found in alike
        ],
    )


HANDLERS = [show_request, approve, join_existing, turn_away]
