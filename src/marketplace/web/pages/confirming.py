"""A provider says by one press that its listing is still true; the link needs no password."""

from typing import Any

from litestar import Router, get, head, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Service
from marketplace.db.listings import ListingCheck
from marketplace.services.upkeep import freshness
from marketplace.web import words
from marketplace.web.rendering import WebRequest, page


@get("/{token:str}")
async def show_listing(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    check = await freshness.find_check(session, token)
    return await _listing(request, session, check, token)


@head("/{token:str}", media_type="text/html", sync_to_thread=False)
def head_listing(token: FromPath[str]) -> None:
    """A scanner's look changes nothing."""


@post("/{token:str}")
async def confirm_listing(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    check = await freshness.confirm_listing(session, token)
    return await _listing(request, session, check, token)


async def _listing(
    request: WebRequest, session: AsyncSession, check: ListingCheck, token: str
) -> Template:
    """What the public may read anyway, since whoever holds the mail holds the link."""
    services = await session.scalars(
        select(Service).where(Service.provider_id == check.provider_id).order_by(Service.name)
    )
    provider = check.provider
    return page(
        request,
        "public/confirm_listing.html",
        token=token,
        provider_name=provider.name,
        phone=provider.contact_phone and words.local_phone(provider.contact_phone),
        email=provider.contact_email,
        confirmed_on=provider.confirmed_at.date(),
        is_done=check.answered_at is not None,
        services=[_service_view(service) for service in services],
    )


def _service_view(service: Service) -> dict[str, Any]:
    return {
        "name": service.name,
        "helps_with": ", ".join(words.need_text(code) for code in service.needs),
        "when": words.days_text(service.days),
        "where": service.postcode.split()[0] if service.postcode else None,
    }


ROUTER = Router(
    "/confirm",
    route_handlers=[show_listing, head_listing, confirm_listing],
    opt={"audience": "public"},
)
