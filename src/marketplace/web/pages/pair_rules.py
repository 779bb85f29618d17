"""Somebody decides on a pair, says why, and may first see what it costs everyone else."""

import uuid
from typing import Any

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from directory.models import Intake, Service
from marketplace.access import readable_matches, readable_needs
from marketplace.db.families import Need
from marketplace.db.plans import Match, PairRule
from marketplace.errors import BadFormError, NotFoundError, NotReadyError
from marketplace.services.plans import pair_rules
from marketplace.web import forms, words
from marketplace.web.form_reader import FormReader
from marketplace.web.forms import parse_id
from marketplace.web.rendering import PageNumber, Paging, WebRequest, as_errors, page

PATH = "/commissioner/rules"
KINDS = {"pin": "Always give it this help", "forbid": "Never give it this help"}
FIELDS = ("kind", "intake_id", "reason", "")


@get("/rules")
async def list_rules(
    request: WebRequest, session: NamedDependency[AsyncSession], number: PageNumber = 1
) -> Template:
    return await _list(request, session, number)


@post("/rules/{rule_id:str}/lift")
async def lift_rule(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    rule_id: FromPath[str],
    number: PageNumber = 1,
) -> Redirect | Template:
    reason = forms.text(await request.form(), "reason")
    try:
        await pair_rules.lift_rule(session, parse_id(rule_id), reason=reason, actor=request.user)
    except BadFormError as error:
        faults = {f"reason-{rule_id}": text for text in error.faults.values()}
        return await _list(request, session, number, faults=faults)
    return Redirect(f"{PATH}?page={number}", status_code=303)


@get("/matches/{match_id:str}/rule")
async def show_rule_form(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Template:
    match = await _own_match(session, request, match_id)
    typed = {"kind": "", "intake_id": str(match.intake_id), "reason": ""}
    return await _form(request, session, match, typed)


@post("/matches/{match_id:str}/rule")
async def make_rule(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Redirect | Template:
    """`ask`: only work out what it would cost."""
    match = await _own_match(session, request, match_id)
    form = await request.form()
    try:
        place = await _decide(session, request, match, form)
    except BadFormError as error:
        return await _form(request, session, match, _typed(form), faults=error.faults)
    except NotReadyError as error:
        faults = {"kind": str(error)}
        return await _form(request, session, match, _typed(form), faults=faults, status=409)
    return Redirect(place, status_code=303)


async def _decide(
    session: AsyncSession, request: WebRequest, match: Match, form: FormMultiDict
) -> str:
    reader = FormReader(form)
    kind = reader.choice("kind", KINDS, missing="Choose one")
    weighed = {str(intake_id) for intake_id in _weighed(match)}
    intake_id = reader.choice("intake_id", weighed, missing="Choose the help")
    asks = forms.text(form, "deed") == "ask"
    reason = "" if asks else reader.line("reason", missing="Say why", longest=500)
    reader.finish()
    chosen, actor = uuid.UUID(intake_id), request.user
    if asks:
        what_if = await pair_rules.ask_what_it_costs(
            session, match.plan_id, match.need_id, chosen, kind=kind, actor=actor
        )
        return f"/commissioner/plans/{what_if.id}/compare"
    make = pair_rules.pin_pair if kind == "pin" else pair_rules.forbid_pair
    await make(session, match.need_id, chosen, reason=reason, actor=actor)
    return PATH


async def _own_match(session: AsyncSession, request: WebRequest, match_id: str) -> Match:
    match = await session.scalar(
        readable_matches(request.user)
        .where(Match.id == parse_id(match_id))
        .options(contains_eager(Match.family), joinedload(Match.need), joinedload(Match.plan))
    )
    if match is None:
        raise NotFoundError
    return match


def _weighed(match: Match) -> list[uuid.UUID]:
    """What it was given, and what else came near: nothing else is known to suit."""
    others = [uuid.UUID(one["intake_id"]) for one in match.choices["next_best"]]
    return [match.intake_id, *others]


async def _form(
    request: WebRequest,
    session: AsyncSession,
    match: Match,
    typed: dict[str, str],
    *,
    faults: dict[str, str] | None = None,
    status: int = 422,
) -> Template:
    found = faults or {}
    supports = await _supports(session, _weighed(match))
    return page(
        request,
        "commissioner/pair_rule.html",
        status=status if found else 200,
        errors=as_errors(found, order=FIELDS),
        match={
            "id": match.id,
            "family_id": match.family_id,
            "pseudonym": match.family.ref,
            "need_text": words.need_text(match.need.code),
            "level": match.need.level,
            "plan_name": f"Plan {match.plan.number}",
        },
        typed=typed,
        kinds=[{"code": code, "text": text} for code, text in KINDS.items()],
        supports=[{"code": str(one), "text": supports[one]} for one in _weighed(match)],
    )


def _typed(form: FormMultiDict) -> dict[str, str]:
    return {field: forms.text(form, field) for field in ("kind", "intake_id", "reason")}


async def _supports(session: AsyncSession, intake_ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    found = await session.scalars(
        select(Intake)
        .where(Intake.id.in_(intake_ids))
        .options(joinedload(Intake.service).joinedload(Service.provider))
    )
    return {one.id: f"{one.service.name}, {one.service.provider.name}" for one in found}


async def _list(
    request: WebRequest,
    session: AsyncSession,
    number: int,
    *,
    faults: dict[str, str] | None = None,
) -> Template:
    actor = request.user
    paging = Paging(number, await pair_rules.count_rules(session, actor=actor), PATH, {})
    rules = await pair_rules.list_rules(
        session, actor=actor, offset=paging.offset, limit=paging.size
    )
    needs = await session.scalars(
        readable_needs(actor)
        .where(Need.id.in_([rule.need_id for rule in rules]))
        .options(contains_eager(Need.family))
    )
    by_id = {need.id: need for need in needs}
    supports = await _supports(session, [rule.intake_id for rule in rules])
    return page(
        request,
        "commissioner/pair_rules.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        rules=[_rule_view(rule, by_id[rule.need_id], supports[rule.intake_id]) for rule in rules],
        page=paging.as_context(),
    )


def _rule_view(rule: PairRule, need: Need, support: str) -> dict[str, Any]:
    return {
        "id": rule.id,
        "family_id": need.family_id,
        "pseudonym": need.family.ref,
        "need_text": words.need_text(need.code),
        "kind_text": "Always" if rule.kind == "pin" else "Never",
        "help_text": support,
        "reason": rule.reason,
        "made_by": rule.made_by,
        "made_at": rule.made_at,
    }


HANDLERS = [list_rules, lift_rule, show_rule_form, make_rule]
