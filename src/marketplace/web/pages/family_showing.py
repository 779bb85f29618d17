"""The pages behind a family's link, each drawn in one way wherever it is come to."""

from collections.abc import Mapping
from typing import Any

from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.offers import Offer
from marketplace.services.offers import answers
from marketplace.web.pages import family_views as views
from marketplace.web.rendering import WebRequest, as_errors, page


def show_question(
    request: WebRequest,
    offer: Offer,
    *,
    token: str,
    faults: dict[str, str] | None = None,
    month: str = "",
    year: str = "",
) -> Template:
    typed = {"month": month, "year": year}
    return _form(request, "question.html", offer, token=token, faults=faults, **typed)


def show_whose(
    request: WebRequest, offer: Offer, *, token: str, faults: dict[str, str] | None = None
) -> Template:
    return _form(request, "not_me_sure.html", offer, token=token, faults=faults)


async def show_standing(
    request: WebRequest,
    session: AsyncSession,
    offer: Offer,
    *,
    token: str,
    proof: str,
    faults: dict[str, str] | None = None,
    just_full: bool = False,
    typed: Mapping[str, Any] | None = None,
) -> Template:
    """The page of how things stand: the offer, the answer, or why neither."""
    standing = answers.standing_of(session, offer)
    if standing == "closed":
        reason = views.why_closed(offer)
        return show_closed(request, offer, token=token, reason=reason)
    if standing == "not_me":
        council = views.council_view(offer)
        return page(request, "family/not_me.html", council=council)
    is_open = standing == "open"
    if is_open:
        view = await views.offer_view(session, offer, typed=typed or {})
        view["just_full"] = just_full
    else:
        view = views.answered_view(offer, standing)
    wrong = (faults or {}) if is_open or "helped" in (faults or {}) else {}
    template = "offer.html" if is_open else "answered.html"
    return _form(request, template, offer, token=token, faults=wrong, proof=proof, **view)


def show_closed(request: WebRequest, offer: Offer, *, token: str, reason: str) -> Template:
    return page(
        request,
        "family/closed.html",
        status=429 if reason == "locked" else 200,
        reason=reason,
        token=token,
        council=views.council_view(offer),
    )


def _form(
    request: WebRequest,
    template: str,
    offer: Offer,
    *,
    token: str,
    faults: Mapping[str, str] | None,
    **shown: Any,
) -> Template:
    return page(
        request,
        f"family/{template}",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        token=token,
        council=views.council_view(offer),
        **shown,
    )
