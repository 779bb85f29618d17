"""Amina's look at the directory: what is stale, hidden, doubled, unchecked, empty or missing."""

import uuid
from typing import Any

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider, Service
from directory.visibility import is_listed
from marketplace.access import Actor
from marketplace.errors import NotFoundError
from marketplace.services.upkeep import merging, quality
from marketplace.web import forms, words
from marketplace.web.forms import parse_id
from marketplace.web.pages.quality_views import VIEWS, WHY_ALIKE
from marketplace.web.rendering import PageNumber, Paging, WebRequest, as_errors, page

PATH = "/commissioner/directory"
DOUBLES = "Providers that may stand here twice"


@get("/")
async def overview(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    """The two that compare everything with everything are counted on pages of their own."""
    lists = [
        {
            "href": f"{PATH}/{kind}",
            "title": view.title,
            "count": await quality.count(session, kind) if kind in quality.LISTS else None,
        }
        for kind, view in VIEWS.items()
    ]
    lists.append({"href": f"{PATH}/doubles", "title": DOUBLES, "count": None})
    listed = await session.scalar(select(func.count()).select_from(Provider).where(is_listed()))
    return page(request, "commissioner/directory.html", lists=lists, listed=listed)


@get("/doubles")
async def doubles(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    number: PageNumber = 1,
    merged: FromQuery[str] = "",
) -> Template:
    pairs = await merging.find_doubles(session)
    paging = Paging(number, len(pairs), f"{PATH}/doubles", {})
    rows = pairs[paging.offset : paging.offset + paging.size]
    dropped = await session.get(Provider, parse_id(merged)) if merged else None
    return page(
        request,
        "commissioner/directory_doubles.html",
        rows=[
            {
                "first": row.first_name,
                "second": row.second_name,
                "why": ", ".join(WHY_ALIKE[one] for one in sorted(row.why)),
                "href": f"{PATH}/doubles/{row.first_id}/{row.second_id}",
            }
            for row in rows
        ],
        merged={"id": dropped.id, "name": dropped.name}
        if dropped is not None and dropped.merged_into_id
        else None,
        page=paging.as_context(),
    )


@get("/doubles/{first_id:str}/{second_id:str}")
async def compare(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    first_id: FromPath[str],
    second_id: FromPath[str],
) -> Template:
    return await _compare(request, session, first_id, second_id)


@post("/doubles/{first_id:str}/{second_id:str}")
async def decide(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    first_id: FromPath[str],
    second_id: FromPath[str],
) -> Redirect | Template:
    first, second, actor = parse_id(first_id), parse_id(second_id), request.user
    decision = forms.text(await request.form(), "decision")
    if decision == "apart":
        await merging.tell_apart(session, first, second, actor=actor)
        return Redirect(f"{PATH}/doubles", status_code=303)
    if decision not in {"first", "second"}:
        fault = {"decision": "Choose which one stays, or that these are two"}
        return await _compare(request, session, first_id, second_id, faults=fault)
    keep, drop = (first, second) if decision == "first" else (second, first)
    await merging.merge_providers(session, keep_id=keep, drop_id=drop, actor=actor)
    return Redirect(f"{PATH}/doubles?merged={drop}", status_code=303)


@post("/merges/{drop_id:str}/undo")
async def undo_merge(
    request: WebRequest, session: NamedDependency[AsyncSession], drop_id: FromPath[str]
) -> Redirect:
    await merging.part_providers(session, drop_id=parse_id(drop_id), actor=request.user)
    return Redirect(f"{PATH}/doubles", status_code=303)


async def _compare(
    request: WebRequest,
    session: AsyncSession,
    first_id: str,
    second_id: str,
    *,
    faults: dict[str, str] | None = None,
) -> Template:
    sides = [await _side(session, parse_id(one)) for one in (first_id, second_id)]
    return page(
        request,
        "commissioner/directory_compare.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        first=sides[0],
        second=sides[1],
        action=f"{PATH}/doubles/{first_id}/{second_id}",
    )


async def _side(session: AsyncSession, provider_id: uuid.UUID) -> dict[str, Any]:
    provider = await session.get(Provider, provider_id)
    if provider is None or provider.kind == "volunteer" or provider.merged_into_id:
        raise NotFoundError
    services = await session.scalars(
        select(Service.name).where(Service.provider_id == provider_id).order_by(Service.name)
    )
    hosted = await session.scalar(
        select(func.count()).select_from(Provider).where(Provider.hosted_by_id == provider_id)
    )
    return {
        "name": provider.name,
        "ref": provider.ref,
        "charity_number": provider.charity_number,
        "email": provider.contact_email,
        "phone": provider.contact_phone and words.local_phone(provider.contact_phone),
        "confirmed_on": provider.confirmed_at.date(),
        "services": services.all(),
        "volunteers": hosted,
    }


@get("/{kind:str}")
async def one_list(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    kind: FromPath[str],
    number: PageNumber = 1,
) -> Template:
    if kind not in VIEWS:
        raise NotFoundError
    view = VIEWS[kind]
    paging = Paging(number, await _count(session, kind, request.user), f"{PATH}/{kind}", {})
    if kind == "missing":
        council = request.user.commissioner_id
        rows = await quality.find_missing(session, council, offset=paging.offset, limit=paging.size)
    else:
        rows = await quality.read_list(session, kind, offset=paging.offset, limit=paging.size)
    return page(
        request,
        "commissioner/directory_list.html",
        view=view,
        rows=[view.cells(row) for row in rows],
        page=paging.as_context(),
    )


async def _count(session: AsyncSession, kind: str, actor: Actor) -> int:
    if kind == "missing":
        return await quality.count_missing(session, actor.commissioner_id)
    return await quality.count(session, kind)


ROUTER = Router(
    PATH,
    route_handlers=[overview, doubles, compare, decide, undo_merge, one_list],
    opt={"audience": "commissioner"},
)
