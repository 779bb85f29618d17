"""One family, one screen: look, decide, next."""

import uuid
from collections.abc import Sequence
from typing import Any

from litestar import get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from marketplace.access import Actor, readable_families
from marketplace.db.families import Family, Need
from marketplace.db.plans import Match
from marketplace.errors import LookedAtError, MarketplaceError, NotFoundError
from marketplace.reasons import reasons_of
from marketplace.services.review import looks
from marketplace.web import forms
from marketplace.web.forms import parse_id
from marketplace.web.pages import family_past
from marketplace.web.pages.review_form import Faults, find_undecided, read_decisions
from marketplace.web.pages.review_views import family_view, supports_of, unmet_of
from marketplace.web.rendering import WebRequest, page

QUEUE = "/practitioner/queue"


@get("/queue")
async def show_queue(
    request: WebRequest, session: NamedDependency[AsyncSession], done: FromQuery[str] = ""
) -> Template:
    actor: Actor = request.user
    held = await looks.held_family(session, actor=actor)
    return page(
        request,
        "practitioner/queue.html",
        waiting=await looks.count_waiting(session, actor=actor),
        held={"id": held.id, "pseudonym": held.ref} if held else None,
        done=await _done_view(session, done, actor=actor),
    )


@post("/queue/next")
async def next_family(request: WebRequest, session: NamedDependency[AsyncSession]) -> Redirect:
    return await _go_on(session, request.user)


@get("/queue/{family_id:str}")
async def show_family(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    family_id: FromPath[str],
    done: FromQuery[str] = "",
    quicker: FromQuery[str] = "",
    closed: FromQuery[int] = 0,
) -> Template:
    actor: Actor = request.user
    told = {
        "done": await _done_view(session, done, actor=actor),
        "quicker": bool(quicker),
        "closed": closed,
    }
    return await _show(request, session, parse_id(family_id), told=told)


@post("/queue/{family_id:str}")
async def decide(
    request: WebRequest, session: NamedDependency[AsyncSession], family_id: FromPath[str]
) -> Redirect | Template:
    actor: Actor = request.user
    family = await _family(session, parse_id(family_id), actor=actor)
    matches = await _waiting(session, family.id, actor=actor)
    form = await request.form()
    if not matches:
        return Redirect(f"{QUEUE}/{family.id}?quicker=yes", status_code=303)
    seconds = await looks.measure_look(session, family.id, actor=actor)
    decisions, faults = read_decisions(form, matches, seconds=seconds)
    faults += find_undecided(form, matches)
    if faults:
        return await _show(request, session, family.id, form=form, faults=faults)
    try:
        async with session.begin_nested():
            visiting = forms.text(form, "visiting")
            await looks.decide_family(session, family.id, decisions, visiting=visiting, actor=actor)
    except LookedAtError:
        return Redirect(f"{QUEUE}/{family.id}?quicker=yes", status_code=303)
    except MarketplaceError as error:
        faults = [{"field": f"decision-{matches[0].id}", "text": str(error)}]
        return await _show(request, session, family.id, form=form, faults=faults)
    return await _go_on(session, actor, done=family.id)


@post("/queue/{family_id:str}/skip")
async def skip(
    request: WebRequest, session: NamedDependency[AsyncSession], family_id: FromPath[str]
) -> Redirect:
    await looks.skip_family(session, parse_id(family_id), actor=request.user)
    return await _go_on(session, request.user)


@post("/queue/{family_id:str}/undo")
async def undo(
    request: WebRequest, session: NamedDependency[AsyncSession], family_id: FromPath[str]
) -> Redirect:
    left = await looks.undo_look(session, parse_id(family_id), actor=request.user)
    closed = f"?closed={left}" if left else ""
    return Redirect(f"{QUEUE}/{parse_id(family_id)}{closed}", status_code=303)


async def _go_on(session: AsyncSession, actor: Actor, *, done: uuid.UUID | None = None) -> Redirect:
    following = await looks.take_next(session, actor=actor)
    path = f"{QUEUE}/{following}" if following else QUEUE
    return Redirect(path + (f"?done={done}" if done else ""), status_code=303)


async def _family(session: AsyncSession, family_id: uuid.UUID, *, actor: Actor) -> Family:
    family = await session.scalar(
        readable_families(actor).where(Family.id == family_id).options(joinedload(Family.contact))
    )
    if family is None:
        raise NotFoundError
    return family


async def _waiting(session: AsyncSession, family_id: uuid.UUID, *, actor: Actor) -> Sequence[Match]:
    found = await session.scalars(
        looks.waiting_matches(actor)
        .join(Match.family)
        .where(Match.family_id == family_id)
        .order_by(Match.stake_pence.desc(), Match.id)
        .options(
            contains_eager(Match.family), joinedload(Match.need).joinedload(Need.wished_service)
        )
    )
    return found.all()


async def _show(
    request: WebRequest,
    session: AsyncSession,
    family_id: uuid.UUID,
    *,
    form: FormMultiDict | None = None,
    faults: Faults | None = None,
    told: dict[str, Any] | None = None,
) -> Template:
    actor: Actor = request.user
    family = await _family(session, family_id, actor=actor)
    matches = await _waiting(session, family_id, actor=actor)
    today = (await session.execute(select(func.current_date()))).scalar_one()
    unmet = await unmet_of(session, {match.plan_id for match in matches}, {family_id})
    supports = await supports_of(session, matches)
    view = (
        family_view(matches, unmet.get(family_id, []), supports, form, today) if matches else None
    )
    typed = forms.text(form, "visiting") if form is not None else ""
    return page(
        request,
        "practitioner/family.html",
        status=422 if faults else 200,
        errors=faults or [],
        pseudonym=family.ref,
        family_id=family.id,
        family=view,
        visiting=typed or family.visiting,
        named_worker=family.named_worker,
        notices=await family_past.notices(session, family, today=today),
        past=await family_past.past_of(session, family_id, shown={one.id for one in matches}),
        set_aside_codes=[
            {"code": one.code, "text": one.label} for one in reasons_of("practitioner")
        ],
        held_by=await looks.who_holds(session, family_id, actor=actor),
        waiting=await looks.count_waiting(session, actor=actor),
        **(told or {"done": None, "quicker": False, "closed": 0}),
    )


async def _done_view(
    session: AsyncSession, family_id: str, *, actor: Actor
) -> dict[str, Any] | None:
    if not family_id:
        return None
    family = await _family(session, parse_id(family_id), actor=actor)
    return {"id": family.id, "pseudonym": family.ref}


HANDLERS = [show_queue, next_family, show_family, decide, skip, undo]
