"""Ways out for a message: a folder for the demo and tests, SMTP for real."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

from marketplace.errors import BadSettingsError
from marketplace.messages.compose import Mail, Text

SENDER = "Early help <early-help@example.org>"
SMTP_SECONDS = 20


class Sender(Protocol):
    # Whether texts to telephones can leave this way too.
    sends_texts: bool

    async def send(self, message: Mail | Text, *, message_id: UUID) -> None:
        """Hand the message over, or raise."""


class FolderSender:
    """Writes each message as a file; the same message again replaces its file."""

    sends_texts = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def send(self, message: Mail | Text, *, message_id: UUID) -> None:
        await asyncio.to_thread(self._write, message, message_id)

    def _write(self, message: Mail | Text, message_id: UUID) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = self.folder / f".{message_id}.half"
        half.write_bytes(build_email(message, message_id=message_id, sender=SENDER).as_bytes())
        half.rename(self.folder / f"{message_id}.eml")


class SmtpSender:
    """`smtp://user:password@host:587?from=…` with STARTTLS, or `smtps://`."""

    sends_texts = False

    def __init__(self, url: str) -> None:
        self.parts = urlsplit(url)
        self.sender = self._sender_address()

    async def send(self, message: Mail | Text, *, message_id: UUID) -> None:
        email = build_email(message, message_id=message_id, sender=self.sender)
        await asyncio.to_thread(self._deliver, email)

    def _sender_address(self) -> str:
        name, _, value = self.parts.query.partition("=")
        if name != "from" or not value:
            raise BadSettingsError("MARKETPLACE_MAIL_URL needs the sender: add ?from=name@domain.")
        return unquote(value)

    def _deliver(self, email: EmailMessage) -> None:
        context = ssl.create_default_context()
        host, port = self.parts.hostname or "localhost", self.parts.port or 0
        if self.parts.scheme == "smtps":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, timeout=SMTP_SECONDS, context=context
            )
        else:
            connection = smtplib.SMTP(host, port, timeout=SMTP_SECONDS)
        with connection:
            if self.parts.username:
                if self.parts.scheme == "smtp":
                    # A password never travels in the clear.
                    connection.starttls(context=context)
                connection.login(unquote(self.parts.username), unquote(self.parts.password or ""))
            connection.send_message(email)


def build_email(message: Mail | Text, *, message_id: UUID, sender: str) -> EmailMessage:
    """A text becomes a mail to a number, which only a folder can hold."""
    email = EmailMessage()
    email["From"] = sender
    email["To"] = message.to
    email["Subject"] = message.subject if isinstance(message, Mail) else "Text message"
    email["Date"] = formatdate(localtime=False)
    # The same for every copy, so that a mail program shows a message that was sent twice once.
    email["Message-ID"] = f"<{message_id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    email["Auto-Submitted"] = "auto-generated"
    if isinstance(message, Text):
        email.set_content(message.words)
    else:
        email.set_content(message.text)
        email.add_alternative(message.html, subtype="html")
    return email


def make_sender(mail_url: str) -> Sender:
    parts = urlsplit(mail_url)
    if parts.scheme == "folder":
        return FolderSender(Path(unquote(parts.path)))
    if parts.scheme in {"smtp", "smtps"}:
        return SmtpSender(mail_url)
    raise BadSettingsError("MARKETPLACE_MAIL_URL starts with smtp:// or smtps://.")
