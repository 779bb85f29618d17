"""What families are sent, as it will read: every message, by every channel, with example data."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.defaults import defaults
from marketplace.messages.compose import compose_mail, compose_text, council_of
from marketplace.messages.letters import Letter, compose_letter
from marketplace.messages.senders import sendable_channels
from marketplace.services.offers.offer_messages import code_page
from marketplace.services.sending import controls
from marketplace.settings import Settings
from marketplace.templating import plural, shared_environment
from marketplace.web.rendering import WebRequest, page

EXAMPLE_NAME = "Kelly Example"
EXAMPLE_ADDRESS = [EXAMPLE_NAME, "1 Example Street", "Ipswich", "IP1 2DE"]
EXAMPLE_EMAIL, EXAMPLE_PHONE = "kelly@example.org", "07700 900000"
EXAMPLE_TOKEN, EXAMPLE_CODE = "example" * 4 + "only", "CDFGH34679"
ONE_TEXT, OTHER_PARTS = 160, 153


@get("/messages")
async def show_messages(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    told, settings = await _example(request, session)
    link = _link(settings)
    return page(
        request,
        "commissioner/messages.html",
        sent_by=sendable_channels(settings.mail_url),
        messages=[_both(told, settings, link, is_reminder=again) for again in (False, True)],
    )


@get("/messages/letter.pdf")
async def show_letter(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    told, settings = await _example(request, session)
    return Response(
        _letter(told, settings, is_reminder=False).pdf,
        media_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="letter-example.pdf"'},
    )


def _both(
    told: dict[str, Any], settings: Settings, link: str, *, is_reminder: bool
) -> dict[str, Any]:
    environment = shared_environment()
    mail = compose_mail(
        environment, "offer", to=EXAMPLE_EMAIL, link=link, is_reminder=is_reminder, **told
    )
    text = compose_text(
        environment, "offer", to=EXAMPLE_PHONE, link=link, is_reminder=is_reminder, **told
    )
    return {
        "is_reminder": is_reminder,
        "subject": mail.subject,
        "mail": mail.text,
        "text": text.words,
        "text_length": f"{plural(len(text.words), 'character')}: {_parts(text.words)}",
        "letter": _letter(told, settings, is_reminder=is_reminder).words,
    }


def _letter(told: dict[str, Any], settings: Settings, *, is_reminder: bool) -> Letter:
    return compose_letter(
        shared_environment(),
        "offer",
        address=EXAMPLE_ADDRESS,
        link=_link(settings),
        code=EXAMPLE_CODE,
        code_page=code_page(settings),
        written_on=_today(),
        is_reminder=is_reminder,
        **told,
    )


async def _example(request: WebRequest, session: AsyncSession) -> tuple[dict[str, Any], Settings]:
    council = council_of(await controls.get_commissioner(session, actor=request.user))
    held = timedelta(days=defaults()["family_days"]["place_held"])
    return {"council": council, "expires_on": _today() + held}, request.app.state.settings


def _link(settings: Settings) -> str:
    return f"{settings.base_url}/o/{EXAMPLE_TOKEN}"


def _parts(words: str) -> str:
    """A carrier counts, and asks money for, parts."""
    parts = 1 if len(words) <= ONE_TEXT else -(-len(words) // OTHER_PARTS)
    return plural(parts, "text")


def _today() -> date:
    return datetime.now(UTC).date()


HANDLERS = [show_messages, show_letter]
