"""Amina says from where families may ask, and whose work addresses are known."""

from typing import Any

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.errors import BadFormError
from marketplace.services.asks import asking_areas
from marketplace.services.sending import controls
from marketplace.web import forms
from marketplace.web.rendering import WebRequest, as_errors, page

ASKING = "/commissioner/asking"
LONGEST = 4_000


@get("/")
async def show(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    commissioner = await controls.get_commissioner(session, actor=request.user)
    typed = {
        "covers": "\n".join(commissioner.covers),
        "domains": "\n".join(asking_areas.work_domains(commissioner)),
    }
    return await _show(request, session, typed)


@post("/")
async def save(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template | Redirect:
    form = await request.form()
    typed = {name: forms.text(form, name, longest=LONGEST) for name in ("covers", "domains")}
    try:
        await asking_areas.choose_areas(
            session,
            covers=typed["covers"].replace(",", " ").split(),
            domains=typed["domains"].replace(",", " ").split(),
            actor=request.user,
        )
    except BadFormError as error:
        return await _show(request, session, typed, faults=error.faults)
    return Redirect(ASKING, status_code=303)


async def _show(
    request: WebRequest,
    session: AsyncSession,
    typed: dict[str, Any],
    *,
    faults: dict[str, str] | None = None,
) -> Template:
    commissioner = await controls.get_commissioner(session, actor=request.user)
    return page(
        request,
        "commissioner/asking.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}, order=("covers", "domains")),
        typed=typed,
        is_open=await asking_areas.takes_asks(session, commissioner),
        has_areas=bool(commissioner.covers),
    )


ROUTER = Router(
    ASKING,
    route_handlers=[show, save],
    opt={"audience": "commissioner"},
    request_max_body_size=16_384,
)
