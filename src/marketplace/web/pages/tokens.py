"""Tokens of programs: a list, one made and shown once, one taken back."""

from typing import Any

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.machines import ApiToken
from marketplace.errors import BadFormError
from marketplace.services.staff.api_tokens import (
    LONGEST_NAME,
    SCOPES,
    list_tokens,
    make_token,
    revoke_token,
)
from marketplace.web import forms
from marketplace.web.form_reader import FormReader
from marketplace.web.forms import parse_id
from marketplace.web.rendering import WebRequest, as_errors, page

DAYS = {"30": "30 days", "90": "90 days", "365": "A year"}
SCOPE_WORDS = {
    "needs:read": "Read needs",
    "needs:write": "Publish needs and take them back",
    "stops:read": "Read the stop list",
    "stops:write": "Bring the stop list",
    "contacts:read": "See which approved families lack contacts",
    "contacts:write": "Bring contacts",
    "plans:read": "Read plans",
    "plans:write": "Ask for plans",
    "plans:approve": "Approve plans",
    "funds:read": "Read funds",
    "figures:read": "Read figures by month",
    "families:read": "Read why a family was asked",
    "events:read": "Read who said yes, and whose help started and ended",
    "matches:read": "Read who waits, and how to reach families who said yes",
    "matches:write": "Claim, decline, and tell what was done",
    "intakes:read": "Read places",
    "intakes:write": "Set places",
}


@get("/tokens")
async def show_tokens(
    request: WebRequest, session: NamedDependency[AsyncSession], ended: FromQuery[str] = ""
) -> Template:
    return await _show(request, session, ended=ended)


@post("/tokens")
async def make(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    actor: Actor = request.user
    form = await request.form()
    reader = FormReader(form)
    typed = {"name": forms.text(form, "name"), "days": forms.text(form, "days")}
    scopes = reader.ticked("scopes", SCOPES[actor.kind])
    try:
        name = reader.line(
            "name", missing="Say which program the token is for", longest=LONGEST_NAME
        )
        days = reader.choice("days", DAYS, missing="Choose how long it works")
        if not scopes:
            reader.faults["scopes"] = "Choose what the program may do"
        reader.finish()
        words = await make_token(session, name=name, scopes=scopes, days=int(days), actor=actor)
    except BadFormError as error:
        return await _show(request, session, typed=typed, ticked=scopes, faults=error.faults)
    # Not a redirect: the words are kept nowhere, so this answer is the only one that shows them.
    return await _show(request, session, made=words)


@post("/tokens/{token_id:str}/revoke")
async def revoke(
    request: WebRequest, session: NamedDependency[AsyncSession], token_id: FromPath[str]
) -> Redirect:
    actor: Actor = request.user
    await revoke_token(session, parse_id(token_id), actor=actor)
    return Redirect(f"/{actor.kind}/tokens?ended={parse_id(token_id)}", status_code=303)


async def _show(
    request: WebRequest,
    session: AsyncSession,
    *,
    made: str | None = None,
    ended: str = "",
    typed: dict[str, str] | None = None,
    ticked: list[str] | None = None,
    faults: dict[str, str] | None = None,
) -> Template:
    actor: Actor = request.user
    now = (await session.execute(select(func.now()))).scalar_one()
    tokens = await list_tokens(session, actor=actor)
    return page(
        request,
        f"{actor.kind}/tokens.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}, order=("name", "scopes", "days")),
        tokens=[_view(token, now) for token in tokens],
        made=made,
        taken_back=next(
            (one.name for one in tokens if one.revoked_at and str(one.id) == ended), None
        ),
        scopes=[{"code": code, "text": SCOPE_WORDS[code]} for code in SCOPES[actor.kind]],
        lengths=[{"code": code, "text": text} for code, text in DAYS.items()],
        typed=typed or {"name": "", "days": "365"},
        ticked=ticked or [],
    )


def _view(token: ApiToken, now: Any) -> dict[str, Any]:
    state = "taken back" if token.revoked_at else "run out" if token.expires_at <= now else "works"
    return {
        "id": token.id,
        "name": token.name,
        "may": [SCOPE_WORDS[code] for code in token.scopes],
        "made_by": token.made_by,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "state": state,
    }


HANDLERS = [show_tokens, make, revoke]
COMMISSIONER_ROUTER = Router(
    "/commissioner", route_handlers=HANDLERS, opt={"audience": "commissioner"}
)
PROVIDER_ROUTER = Router("/provider", route_handlers=HANDLERS, opt={"audience": "provider"})
