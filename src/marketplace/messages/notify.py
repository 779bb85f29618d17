"""E-mails, texts and letters through GOV.UK Notify, by its own client.

`notify://KEY@api.notifications.service.gov.uk?email=TEMPLATE&sms=TEMPLATE&letters=yes`: the
templates let our words through, `((subject))` and `((body))`; a letter is our own PDF. What is
left out of the address is not sent. An address on this machine is spoken to without TLS.
"""

import asyncio
import threading
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

import structlog
from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from marketplace.errors import BadSettingsError
from marketplace.messages.carriers import AnyMessage, CarrierBusyError, RefusedByCarrierError
from marketplace.messages.compose import Mail, Text

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
ANSWER_SECONDS = 20
SHORTEST_KEY = 73  # two ids and the line between them, after the key's name
# A place waits a week for a family: second class may take most of it.
POSTAGE = "first"
BAD_REQUEST, FORBIDDEN, NOT_FOUND, TOO_MANY = 400, 403, 404, 429
RATE_WAIT_SECONDS, DAY_LIMIT_WAIT_SECONDS, KEY_WAIT_SECONDS = 60.0, 3600.0, 300.0

# How Notify says it → what it means here; what is not listed is still under way.
DELIVERIES = {
    "delivered": "delivered",
    "received": "delivered",  # a letter was printed and posted
    "permanent-failure": "bounced",
    "temporary-failure": "failed",
    "technical-failure": "failed",
    "validation-failed": "failed",
    "virus-scan-failed": "failed",
    "cancelled": "failed",
}

log = structlog.get_logger("marketplace.notify")


class NotifySender:
    can_be_asked = True

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        self.key = unquote(parts.username or "")
        if len(self.key) < SHORTEST_KEY or not parts.hostname:
            raise BadSettingsError("MARKETPLACE_MAIL_URL is notify://API-KEY@HOST?email=TEMPLATE….")
        scheme = "http" if parts.hostname in LOOPBACK else "https"
        self.base_url = f"{scheme}://{parts.netloc.rpartition('@')[2]}"
        self.templates = {name: options[name] for name in ("email", "sms") if name in options}
        if "email" not in self.templates:
            raise BadSettingsError("MARKETPLACE_MAIL_URL needs Notify's template for e-mails.")
        letters = {"letter"} if options.get("letters") == "yes" else set()
        self.channels = frozenset({*self.templates, *letters})
        # The client is not safe between threads, and keeps its connection: one for each.
        self.of_thread = threading.local()
        self.clients: list[NotificationsAPIClient] = []

    async def send(self, message: AnyMessage, *, message_id: UUID, is_repeat: bool) -> str:
        return await asyncio.to_thread(self._send, message, str(message_id), is_repeat=is_repeat)

    async def find_delivery(self, carrier_reference: str) -> str | None:
        """How it went: `delivered`, `bounced` or `failed`; None while nobody can say."""
        found = await asyncio.to_thread(
            self._ask, "get_notification_by_id", carrier_reference, missing={}
        )
        return DELIVERIES.get(found.get("status", ""))

    def close(self) -> None:
        for client in self.clients:
            client.request_session.close()

    def _send(self, message: AnyMessage, reference: str, *, is_repeat: bool) -> str:
        if is_repeat and (left := self._find(reference)):
            return left
        if isinstance(message, Mail):
            found = self._ask(
                "send_email_notification",
                message.to,
                self.templates["email"],
                personalisation={"subject": message.subject, "body": message.text},
                reference=reference,
            )
        elif isinstance(message, Text):
            found = self._ask(
                "send_sms_notification",
                message.to,
                self.templates["sms"],
                personalisation={"body": message.words},
                reference=reference,
            )
        else:
            pdf = BytesIO(message.pdf)
            found = self._ask(
                "send_precompiled_letter_notification", reference, pdf, postage=POSTAGE
            )
        return str(found["id"])

    def _find(self, reference: str) -> str | None:
        """What left under this reference before the note of it was stored."""
        found = self._ask("get_all_notifications", reference=reference)["notifications"]
        return str(found[0]["id"]) if found else None

    def _ask(
        self, deed: str, *given: Any, missing: dict[str, Any] | None = None, **named: Any
    ) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client(), deed)(*given, **named)
        except APIError as error:
            if error.status_code == NOT_FOUND and missing is not None:
                return missing
            raise _meaning_of(error) from error
        return answer

    def _client(self) -> NotificationsAPIClient:
        if not hasattr(self.of_thread, "client"):
            self.of_thread.client = NotificationsAPIClient(  # type: ignore[no-untyped-call]  # ships no types
                self.key, base_url=self.base_url, timeout=ANSWER_SECONDS
            )
            self.clients.append(self.of_thread.client)
        client: NotificationsAPIClient = self.of_thread.client
        return client


def _meaning_of(error: APIError) -> Exception:
    told = error.message if isinstance(error.message, list) else [{"message": error.message}]
    words = "; ".join(str(one.get("message", "")) for one in told)
    if error.status_code == BAD_REQUEST:
        return RefusedByCarrierError(f"GOV.UK Notify said: {words}")
    if error.status_code == TOO_MANY:
        is_rate = any(one.get("error") == "RateLimitError" for one in told)
        usual = RATE_WAIT_SECONDS if is_rate else DAY_LIMIT_WAIT_SECONDS
        return CarrierBusyError(words, wait_seconds=_asked_to_wait(error) or usual)
    if error.status_code == FORBIDDEN:
        # Whoever mends the key finds every message still there.
        log.error("GOV.UK Notify does not take our key", why=words)
        return CarrierBusyError(words, wait_seconds=KEY_WAIT_SECONDS)
    return CarrierBusyError(f"{error.status_code}: {words}", wait_seconds=_asked_to_wait(error))


def _asked_to_wait(error: APIError) -> float | None:
    asked = error.response.headers.get("Retry-After", "") if error.response is not None else ""
    return float(asked) if asked.isascii() and asked.isdigit() else None
