"""What goes into a plan: needs, values, ceilings, funds and limits, as Amina chooses them."""

from collections.abc import Iterable
from typing import Any

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.spreadsheets import cells
from directory.taxonomy import load_taxonomy
from marketplace.errors import BadFormError, NotReadyError
from marketplace.services.plans import funds, plans, policy
from marketplace.services.plans.funds import FundLine
from marketplace.services.plans.policy import LEVELS
from marketplace.templating import pounds
from marketplace.web import forms, service_words, words
from marketplace.web.form_reader import FormReader
from marketplace.web.pages.policy import in_whole_pounds
from marketplace.web.rendering import WebRequest, as_errors, page

OVERLAID = ("value_pence", "price_ceiling_pence")
LINES = ("areas", "most_families", "most_cash_pence")
TICKS = ("codes", "levels", "sources", "fund_ids")
AMOUNTS = tuple(f"{table}.{level}" for table in OVERLAID for level in LEVELS)
LEVEL_CHOICES = {"1": "Level 1", "2": "Level 2", "3": "Level 3"}
POUNDS = "Give pounds, like 2,500"
MOST_FAMILIES = 1_000_000


@get("/plans/new")
async def show_plan_form(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    return await _form(request, session, FormMultiDict({}))


@post("/plans/new")
async def make_chosen_plan(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Redirect | Template:
    form = await request.form()
    try:
        options = _read(form)
        plan = await plans.request_plan(session, actor=request.user, options=options)
    except BadFormError as error:
        return await _form(request, session, form, faults=error.faults)
    except NotReadyError as error:
        return await _form(request, session, form, faults={"": str(error)}, status=409)
    return Redirect(f"/commissioner/plans/{plan.id}", status_code=303)


def _read(form: FormMultiDict) -> dict[str, Any]:
    """Only what was chosen: a plan without choices is one of everything."""
    reader = FormReader(form)
    whole = cells.whole_number(low=1, high=MOST_FAMILIES)
    families = reader.optional("most_families", whole, wrong="Give a whole number of families")
    options: dict[str, Any] = {
        "codes": reader.ticked("codes", load_taxonomy()),
        "levels": [int(one) for one in reader.ticked("levels", LEVEL_CHOICES)],
        "areas": forms.text(form, "areas").replace(",", " ").upper().split(),
        "sources": reader.ticked("sources", words.SOURCES),
        "fund_ids": form.getall("fund_ids", []),
        "most_families": families,
        "most_cash_pence": reader.optional("most_cash_pence", cells.pence, wrong=POUNDS),
    }
    for table in OVERLAID:
        given = {
            level: reader.optional(f"{table}.{level}", cells.pence, wrong=POUNDS)
            for level in LEVELS
        }
        options[table] = {level: pence for level, pence in given.items() if pence is not None}
    reader.finish()
    return {key: value for key, value in options.items() if value not in (None, [], {})}


async def _form(
    request: WebRequest,
    session: AsyncSession,
    form: FormMultiDict,
    *,
    faults: dict[str, str] | None = None,
    status: int = 422,
) -> Template:
    found = faults or {}
    lines = await funds.fund_lines(session, actor=request.user)
    published = await policy.policy_in_force(session, actor=request.user)
    return page(
        request,
        "commissioner/plan_form.html",
        status=status if found else 200,
        errors=as_errors(found, order=(*TICKS, *LINES, *AMOUNTS)),
        typed={name: forms.text(form, name) for name in LINES},
        ticked={name: form.getall(name, []) for name in TICKS},
        need_groups=service_words.need_choices(),
        levels=service_words.choices(LEVEL_CHOICES),
        sources=service_words.choices(words.SOURCES),
        funds=fund_choices(lines),
        values=_amounts(form, published, "value_pence"),
        ceilings=_amounts(form, published, "price_ceiling_pence"),
    )


def fund_choices(lines: Iterable[FundLine]) -> list[dict[str, str]]:
    """Those that are open."""
    return [
        {"code": str(line.fund.id), "text": f"{line.fund.name}, {pounds(line.left_pence)} left"}
        for line in lines
        if line.fund.closed_at is None
    ]


def _amounts(
    form: FormMultiDict, published: dict[str, dict[str, Any]], table: str
) -> list[dict[str, str]]:
    return [
        {
            "name": f"{table}.{level}",
            "label": f"Level {level[-1]}",
            "value": forms.text(form, f"{table}.{level}"),
            "hint": f"Published: {in_whole_pounds(published[table][level])}",
        }
        for level in LEVELS
    ]


HANDLERS = [show_plan_form, make_chosen_plan]
