"""A council's budgets: what each has, has promised, has spent and may still give."""

import uuid
from typing import Any

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.spreadsheets import cells
from directory.taxonomy import load_taxonomy
from marketplace.errors import BadFormError, NotFoundError
from marketplace.services.plans import funds
from marketplace.services.plans.funds import FundLine
from marketplace.templating import pounds
from marketplace.web import forms, service_words
from marketplace.web.charts import share_widths
from marketplace.web.form_reader import FormReader
from marketplace.web.forms import parse_id
from marketplace.web.pages.join import KINDS
from marketplace.web.pages.policy import in_whole_pounds
from marketplace.web.rendering import WebRequest, as_errors, page

FIELDS = ("name", "budget_pence", "needs", "kinds")
PAID_KINDS = {**KINDS, "volunteer": "Volunteers", "trusted-adult": "A trusted adult"}
WRONG_BUDGET = "Give the budget in pounds, like 25,000"


@get("/funds")
async def show_funds(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    lines = await funds.fund_lines(session, actor=request.user)
    return page(
        request,
        "commissioner/funds.html",
        funds=[_line_view(line) for line in lines if line.fund.closed_at is None],
        closed=[_line_view(line) for line in lines if line.fund.closed_at],
    )


@get("/funds/new")
async def show_new_fund(request: WebRequest) -> Template:
    return _form(request, None, {"name": "", "budget_pence": "", "needs": [], "kinds": []})


@post("/funds/new")
async def add_fund(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Redirect | Template:
    form = await request.form()
    try:
        await funds.add_fund(session, **_read(form), actor=request.user)
    except BadFormError as error:
        return _form(request, None, _typed(form), faults=error.faults)
    return Redirect("/commissioner/funds", status_code=303)


@get("/funds/{fund_id:str}/edit")
async def show_fund(
    request: WebRequest, session: NamedDependency[AsyncSession], fund_id: FromPath[str]
) -> Template:
    line = await _own_line(session, request, parse_id(fund_id))
    fund = line.fund
    typed = {
        "name": fund.name,
        "budget_pence": in_whole_pounds(fund.budget_pence),
        "needs": fund.needs,
        "kinds": fund.kinds,
    }
    return _form(request, line, typed)


@post("/funds/{fund_id:str}/edit")
async def change_fund(
    request: WebRequest, session: NamedDependency[AsyncSession], fund_id: FromPath[str]
) -> Redirect | Template:
    line = await _own_line(session, request, parse_id(fund_id))
    form = await request.form()
    try:
        await funds.change_fund(session, line.fund.id, **_read(form), actor=request.user)
    except BadFormError as error:
        return _form(request, line, _typed(form), faults=error.faults)
    return Redirect("/commissioner/funds", status_code=303)


@post("/funds/{fund_id:str}/close")
async def close_fund(
    request: WebRequest, session: NamedDependency[AsyncSession], fund_id: FromPath[str]
) -> Redirect:
    await funds.close_fund(session, parse_id(fund_id), actor=request.user)
    return Redirect("/commissioner/funds", status_code=303)


async def _own_line(session: AsyncSession, request: WebRequest, fund_id: uuid.UUID) -> FundLine:
    lines = await funds.fund_lines(session, actor=request.user)
    found = next((line for line in lines if line.fund.id == fund_id), None)
    if found is None:
        raise NotFoundError
    return found


def _line_view(line: FundLine) -> dict[str, Any]:
    fund = line.fund
    parts = share_widths((line.spent_pence, line.committed_pence), whole=fund.budget_pence)
    return {
        "id": fund.id,
        "name": fund.name,
        "pays_text": _pays(fund.needs, fund.kinds),
        "budget_text": pounds(fund.budget_pence),
        "committed_text": pounds(line.committed_pence),
        "spent_text": pounds(line.spent_pence),
        "left_text": pounds(line.left_pence),
        "spent_width": parts[0],
        "committed_width": parts[1],
    }


def _pays(needs: list[str], kinds: list[str]) -> str:
    what = ", ".join(service_words.need_labels(needs)) or "Any need"
    whom = ", ".join(PAID_KINDS.get(kind, kind) for kind in kinds)
    return f"{what}; {whom}" if whom else what


def _read(form: FormMultiDict) -> dict[str, Any]:
    reader = FormReader(form)
    values = {
        "name": reader.line("name", missing="Give the fund a name", longest=100),
        "budget_pence": reader.required("budget_pence", cells.pence, wrong=WRONG_BUDGET, or_else=0),
        "needs": reader.ticked("needs", load_taxonomy()),
        "kinds": reader.ticked("kinds", PAID_KINDS),
    }
    reader.finish()
    return values


def _typed(form: FormMultiDict) -> dict[str, Any]:
    return {
        "name": forms.text(form, "name"),
        "budget_pence": forms.text(form, "budget_pence"),
        "needs": form.getall("needs", []),
        "kinds": form.getall("kinds", []),
    }


def _form(
    request: WebRequest,
    line: FundLine | None,
    typed: dict[str, Any],
    *,
    faults: dict[str, str] | None = None,
) -> Template:
    found = faults or {}
    return page(
        request,
        "commissioner/fund_form.html",
        status=422 if found else 200,
        errors=as_errors(found, order=FIELDS),
        fund={"id": line.fund.id, "name": line.fund.name, "is_open": line.fund.closed_at is None}
        if line
        else None,
        typed=typed,
        need_groups=service_words.need_choices(),
        kinds=service_words.choices(PAID_KINDS),
    )


HANDLERS = [show_funds, show_new_fund, add_fund, show_fund, change_fund, close_fund]
