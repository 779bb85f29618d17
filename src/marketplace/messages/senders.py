"""The ways out for a message, chosen by `MARKETPLACE_MAIL_URL`."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from marketplace.errors import BadSettingsError
from marketplace.messages.carriers import Sender
from marketplace.messages.folder import FolderSender
from marketplace.messages.notify import NotifySender
from marketplace.messages.smtp import SmtpSender


def make_sender(mail_url: str) -> Sender:
    parts = urlsplit(mail_url)
    if parts.scheme == "folder":
        return FolderSender(Path(unquote(parts.path)))
    if parts.scheme in {"smtp", "smtps"}:
        return SmtpSender(mail_url)
    if parts.scheme == "notify":
        return NotifySender(mail_url)
    raise BadSettingsError("MARKETPLACE_MAIL_URL starts with smtp://, smtps:// or notify://.")


def sendable_channels(mail_url: str) -> frozenset[str]:
    """What can leave at all, whoever it is for."""
    return make_sender(mail_url).channels
