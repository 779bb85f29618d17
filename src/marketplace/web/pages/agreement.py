"""The agreement on families' data: read, accepted by a person, and taken back."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.providers import AGREEMENT_VERSION
from marketplace.services.providers import agreements
from marketplace.web import forms
from marketplace.web.rendering import WebRequest, as_errors, page


@get("/agreement")
async def show_agreement(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    return await _show(request, session)


@post("/agreement")
async def accept(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Redirect | Template:
    form = await request.form()
    if forms.text(form, "version") != AGREEMENT_VERSION:
        # A page from before the text changed: nobody accepts what they have not seen.
        faults = {"accept": "The agreement has changed since you opened it. Read it again"}
        return await _show(request, session, faults=faults)
    if forms.text(form, "accept") != "yes":
        faults = {"accept": "Tick the box if you have read this and can say yes to it"}
        return await _show(request, session, faults=faults)
    await agreements.accept_agreement(session, actor=request.user)
    return Redirect("/provider", status_code=303)


@post("/agreement/withdraw")
async def withdraw(request: WebRequest, session: NamedDependency[AsyncSession]) -> Redirect:
    await agreements.withdraw_agreement(session, actor=request.user)
    return Redirect("/provider", status_code=303)


async def _show(
    request: WebRequest, session: AsyncSession, *, faults: dict[str, str] | None = None
) -> Template:
    standing = await agreements.find_agreement(session, actor=request.user)
    return page(
        request,
        "provider/agreement.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        version=AGREEMENT_VERSION,
        accepted={"by": standing.accepted_by, "at": standing.accepted_at} if standing else None,
    )


HANDLERS = [show_agreement, accept, withdraw]
