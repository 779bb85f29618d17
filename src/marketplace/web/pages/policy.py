"""A council's published values: what a need is worth, what a place may cost, how fast it writes."""

from typing import Any

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.spreadsheets import cells
from marketplace.defaults import defaults
from marketplace.errors import BadFormError
from marketplace.services.plans import policy
from marketplace.services.plans.policy import ITS_OWN, LEVELS, SOURCE
from marketplace.web import forms
from marketplace.web.form_reader import FormReader
from marketplace.web.rendering import WebRequest, as_errors, page

TABLES = {
    "value_pence": "What meeting a need is worth",
    "price_ceiling_pence": "What a place may cost at most",
    "waves": "How many families are written to",
}
HINTS = {
    "value_pence": "In pounds, the same for each family. Only the proportions decide.",
    "price_ceiling_pence": "In pounds. A dearer place is never planned for a need of that level.",
    "waves": "As many as your hub can answer calls about.",
}
LABELS = {level: f"Level {level[-1]}" for level in LEVELS} | {
    "first": "In the first wave",
    "daily": "On each day after that",
}
FAMILIES = cells.whole_number(low=1, high=10_000)


@get("/policy")
async def show_policy(
    request: WebRequest, session: NamedDependency[AsyncSession], saved: FromQuery[str] = ""
) -> Template:
    values = await policy.policy_in_force(session, actor=request.user)
    typed = {f"{table}.{name}": _typed(table, values[table][name]) for table, name in ITS_OWN}
    typed |= {f"{table}.{SOURCE}": values[table][SOURCE] for table in TABLES}
    return _form(request, typed, saved=bool(saved))


@post("/policy")
async def save_policy(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Redirect | Template:
    form = await request.form()
    try:
        reader = FormReader(form)
        values = {(table, name): _read(reader, table, name) for table, name in ITS_OWN}
        reader.finish()
        sources = {table: forms.text(form, f"{table}.{SOURCE}") for table in TABLES}
        await policy.publish_policy(session, values, sources=sources, actor=request.user)
    except BadFormError as error:
        return _form(request, _as_typed(form), faults=error.faults)
    return Redirect("/commissioner/policy?saved=yes", status_code=303)


def in_whole_pounds(pence: int) -> str:
    return f"{pence // 100:,}" if pence % 100 == 0 else f"{pence / 100:,.2f}"


def _read(reader: FormReader, table: str, name: str) -> int:
    field = f"{table}.{name}"
    if table == "waves":
        return reader.required(field, FAMILIES, wrong=_wrong(table, name), or_else=0)
    return reader.required(field, cells.pence, wrong=_wrong(table, name), or_else=0)


def _wrong(table: str, name: str) -> str:
    unit = "Give a whole number" if table == "waves" else "Give pounds, like 2,500"
    return f"{LABELS[name]}: {unit[0].lower()}{unit[1:]}"


def _typed(table: str, value: int) -> str:
    return str(value) if table == "waves" else in_whole_pounds(value)


def _as_typed(form: FormMultiDict) -> dict[str, str]:
    names = [f"{table}.{name}" for table, name in ITS_OWN]
    names += [f"{table}.{SOURCE}" for table in TABLES]
    return {name: forms.text(form, name) for name in names}


def _form(
    request: WebRequest,
    typed: dict[str, str],
    *,
    faults: dict[str, str] | None = None,
    saved: bool = False,
) -> Template:
    found = faults or {}
    return page(
        request,
        "commissioner/policy.html",
        status=422 if found else 200,
        errors=as_errors(found, order=list(typed)),
        saved=saved,
        tables=[_table_view(table, typed) for table in TABLES],
    )


def _table_view(table: str, typed: dict[str, str]) -> dict[str, Any]:
    names = [name for its, name in ITS_OWN if its == table]
    return {
        "name": table,
        "heading": TABLES[table],
        "hint": HINTS[table],
        "fields": [
            {
                "name": f"{table}.{name}",
                "label": LABELS[name],
                "value": typed[f"{table}.{name}"],
                "hint": f"Otherwise {_typed(table, defaults()[table][name])}",
            }
            for name in names
        ],
        "source": {"name": f"{table}.{SOURCE}", "value": typed[f"{table}.{SOURCE}"]},
    }


HANDLERS = [show_policy, save_policy]
