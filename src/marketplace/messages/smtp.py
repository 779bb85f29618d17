"""E-mail through a mail server. Connections are kept: a wave of thousands opens only a few."""

import asyncio
import smtplib
import ssl
from collections import deque
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit
from uuid import UUID

from marketplace.errors import BadSettingsError
from marketplace.messages.carriers import AnyMessage, RefusedByCarrierError
from marketplace.messages.emails import build_email

SMTP_SECONDS = 20
SMTP_OK = 250
FIRST_PERMANENT_CODE = 500


class SmtpSender:
    """`smtp://user:password@host:587?from=…` with STARTTLS, or `smtps://`."""

    channels = frozenset({"email"})
    can_be_asked = False

    def __init__(self, url: str) -> None:
        self.parts = urlsplit(url)
        self.sender = self._sender_address()
        # A deque's ends are safe between the threads that send.
        self.idle: deque[smtplib.SMTP] = deque()

    async def send(self, message: AnyMessage, *, message_id: UUID, is_repeat: bool) -> None:  # noqa: ARG002 - a mail server cannot be asked what it has
        email = build_email(message, message_id=message_id, sender=self.sender)
        await asyncio.to_thread(self._deliver, email)

    def close(self) -> None:
        while self.idle:
            self.idle.pop().close()

    def _sender_address(self) -> str:
        name, _, value = self.parts.query.partition("=")
        if name != "from" or not value:
            raise BadSettingsError("MARKETPLACE_MAIL_URL needs the sender: add ?from=name@domain.")
        return unquote(value)

    def _deliver(self, email: EmailMessage) -> None:
        connection = self._take_idle() or self._connect()
        try:
            connection.send_message(email)
        except smtplib.SMTPRecipientsRefused as error:
            connection.close()
            ((code, words),) = error.recipients.values()
            if code < FIRST_PERMANENT_CODE:
                raise
            told = words.decode(errors="replace")
            raise RefusedByCarrierError(f"the mail server said {code} {told}") from error
        except BaseException:
            connection.close()
            raise
        self.idle.append(connection)

    def _take_idle(self) -> smtplib.SMTP | None:
        """One that still answers: servers hang up on who says nothing for minutes."""
        while self.idle:
            connection = self.idle.pop()
            try:
                if connection.noop()[0] == SMTP_OK:
                    return connection
            except (smtplib.SMTPException, OSError):
                pass
            connection.close()
        return None

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        host, port = self.parts.hostname or "localhost", self.parts.port or 0
        if self.parts.scheme == "smtps":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, timeout=SMTP_SECONDS, context=context
            )
        else:
            connection = smtplib.SMTP(host, port, timeout=SMTP_SECONDS)
        try:
            self._sign_in(connection, context)
        except BaseException:
            connection.close()
            raise
        return connection

    def _sign_in(self, connection: smtplib.SMTP, context: ssl.SSLContext) -> None:
        if not self.parts.username:
            return
        if self.parts.scheme == "smtp":
            # A password never travels in the clear.
            connection.starttls(context=context)
        connection.login(unquote(self.parts.username), unquote(self.parts.password or ""))
