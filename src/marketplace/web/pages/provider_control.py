"""Amina sees how each provider stands, and pauses one with one press."""

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider, Service
from directory.visibility import is_let_in
from marketplace.access import Actor, answered_matches, has_agreed, readable_matches
from marketplace.db.families import Family
from marketplace.db.plans import Match
from marketplace.services.matches import holds
from marketplace.services.matches.holds import CAN_WAIT
from marketplace.services.providers import joining, providers
from marketplace.states import MatchState
from marketplace.web import forms, words
from marketplace.web.deeds import history_view
from marketplace.web.forms import parse_id
from marketplace.web.pages import join_requests
from marketplace.web.pages.join import KINDS
from marketplace.web.rendering import PageNumber, Paging, WebRequest, page

LIVE = (*CAN_WAIT, MatchState.UNDER_WAY, MatchState.ON_HOLD)
MOST_FAMILIES = 100


@get("/providers")
async def list_providers(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    page_number: PageNumber = 1,
    name: FromQuery[str] = "",
) -> Template:
    wanted = select(Provider).where(Provider.kind != "volunteer")
    if name.strip():
        wanted = wanted.where(func.lower(Provider.name).contains(name.strip().lower()[:100]))
    rows = await session.scalar(select(func.count()).select_from(wanted.subquery()))
    paging = Paging(page_number, rows or 0, "/commissioner/providers", {"name": name})
    found = await session.execute(
        wanted.with_only_columns(Provider, is_let_in().label("listed"), _agreed().label("agreed"))
        .order_by(func.lower(Provider.name), Provider.id)
        .offset(paging.offset)
        .limit(paging.size)
    )
    requests = await joining.waiting_requests(session)
    return page(
        request,
        "commissioner/providers.html",
        requests=[join_requests.request_line(one) for one in requests],
        providers=[
            {
                "id": provider.id,
                "name": provider.name,
                "kind_text": KINDS.get(provider.kind, provider.kind),
                "state": state_of(provider, is_listed=listed),
                "agreed": agreed,
            }
            for provider, listed, agreed in found
        ],
        page=paging.as_context(),
        search=name,
    )


@get("/providers/{provider_id:str}")
async def show_provider(
    request: WebRequest, session: NamedDependency[AsyncSession], provider_id: FromPath[str]
) -> Template:
    actor: Actor = request.user
    provider = await providers.get_provider(session, parse_id(provider_id))
    listed = await session.scalar(
        select(is_let_in()).select_from(Provider).where(Provider.id == provider.id)
    )
    agreed = await session.scalar(select(has_agreed(provider.id)))
    services = select(func.count()).where(
        Service.provider_id == provider.id, Service.stopped_at.is_(None)
    )
    families, others = await _families(session, provider, actor=actor)
    return page(
        request,
        "commissioner/provider.html",
        provider={
            "id": provider.id,
            "name": provider.name,
            "kind_text": KINDS.get(provider.kind, provider.kind),
            "state": state_of(provider, is_listed=bool(listed)),
            "charity_number": provider.charity_number,
            "email": provider.contact_email,
            "phone": words.local_phone(provider.contact_phone or ""),
            "confirmed_at": provider.confirmed_at,
            "agreed": agreed,
            "services": await session.scalar(services),
        },
        families=families,
        families_of_others=others,
        on_hold=sum(one["is_on_hold"] for one in families),
        history=history_view(await providers.history_of(session, provider.id)),
    )


@post("/providers/{provider_id:str}/approve")
async def approve_provider(
    request: WebRequest, session: NamedDependency[AsyncSession], provider_id: FromPath[str]
) -> Redirect:
    await providers.approve_provider(session, parse_id(provider_id), actor=request.user)
    return Redirect(f"/commissioner/providers/{provider_id}", status_code=303)


@post("/providers/{provider_id:str}/pause")
async def pause(
    request: WebRequest, session: NamedDependency[AsyncSession], provider_id: FromPath[str]
) -> Redirect:
    reason = forms.text(await request.form(), "reason")
    await providers.pause_provider(
        session, parse_id(provider_id), reason=reason, actor=request.user
    )
    return Redirect(f"/commissioner/providers/{provider_id}", status_code=303)


@post("/providers/{provider_id:str}/resume")
async def resume(
    request: WebRequest, session: NamedDependency[AsyncSession], provider_id: FromPath[str]
) -> Redirect:
    await providers.resume_provider(session, parse_id(provider_id), actor=request.user)
    return Redirect(f"/commissioner/providers/{provider_id}", status_code=303)


@post("/providers/{provider_id:str}/ask-others")
async def ask_others(
    request: WebRequest, session: NamedDependency[AsyncSession], provider_id: FromPath[str]
) -> Redirect:
    await providers.ask_others(session, parse_id(provider_id), actor=request.user)
    return Redirect(f"/commissioner/providers/{provider_id}", status_code=303)


def state_of(provider: Provider, *, is_listed: bool) -> str:
    """`left`, `paused`, `waiting`, `hidden` (nobody confirmed it for a year) or `listed`."""
    if provider.left_at is not None:
        return "left"
    if provider.paused_at is not None:
        return "paused"
    if provider.approved_at is None:
        return "waiting"
    return "listed" if is_listed else "hidden"


def _agreed() -> ColumnElement[bool]:
    return has_agreed(Provider.id)


async def _families(
    session: AsyncSession, provider: Provider, *, actor: Actor
) -> tuple[list[dict[str, Any]], int]:
    """Pseudonyms of the commissioner's own, and how many live matches there are of others."""
    every = answered_matches(Actor(kind="provider", provider_id=provider.id)).where(
        Match.state.in_(LIVE)
    )
    of_provider = every.with_only_columns(Match.id)
    rows = await session.execute(
        readable_matches(actor)
        .where(Match.id.in_(of_provider))
        .with_only_columns(Family.ref, Match.state)
        .order_by(Family.ref, Match.id)
        .limit(MOST_FAMILIES)
    )
    own = [
        {
            "pseudonym": ref,
            "state_text": words.MATCH_STATES[state],
            "is_on_hold": state == MatchState.ON_HOLD,
        }
        for ref, state in rows
    ]
    mine = readable_matches(actor).where(Match.id.in_(of_provider)).subquery()
    own_count = await session.scalar(select(func.count()).select_from(mine))
    by_state = await holds.count_by_state(session, provider.id)
    everybody = sum(count for state, count in by_state.items() if state in LIVE)
    return own, everybody - (own_count or 0)


HANDLERS = [
    list_providers,
    *join_requests.HANDLERS,
    show_provider,
    approve_provider,
    pause,
    resume,
    ask_others,
]
