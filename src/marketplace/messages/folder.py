"""The demo's and the tests' way out: each message a file, each letter a PDF beside it."""

import asyncio
from pathlib import Path
from uuid import UUID

from marketplace.messages.carriers import AnyMessage
from marketplace.messages.emails import build_email
from marketplace.messages.letters import Letter

SENDER = "Early help <early-help@example.org>"


class FolderSender:
    """Writes each message as a file; the same message again replaces its file."""

    channels = frozenset({"email", "sms", "letter"})
    can_be_asked = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def send(self, message: AnyMessage, *, message_id: UUID, is_repeat: bool) -> None:  # noqa: ARG002 - a second copy replaces the first
        await asyncio.to_thread(self._write, message, message_id)

    def close(self) -> None:
        """Nothing is kept open."""

    def _write(self, message: AnyMessage, message_id: UUID) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if isinstance(message, Letter):
            self._put(f"{message_id}.pdf", message.pdf)
        email = build_email(message, message_id=message_id, sender=SENDER)
        self._put(f"{message_id}.eml", email.as_bytes())

    def _put(self, name: str, content: bytes) -> None:
        half = self.folder / f".{name}.half"
        half.write_bytes(content)
        half.rename(self.folder / name)
