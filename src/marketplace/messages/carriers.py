"""What every way out for a message has in common."""

from typing import Protocol
from uuid import UUID

from marketplace.messages.compose import Mail, Text
from marketplace.messages.letters import Letter

AnyMessage = Mail | Text | Letter


class RefusedByCarrierError(Exception):
    """It will never be taken as it is; the words say why."""


class CarrierBusyError(Exception):
    """Not now: too many at once, or out of order. Nothing is lost, it is tried again."""

    def __init__(self, why: str, *, wait_seconds: float | None = None) -> None:
        super().__init__(why)
        self.wait_seconds = wait_seconds


class Sender(Protocol):
    # Which of `email`, `sms` and `letter` can leave this way.
    channels: frozenset[str]
    # It knows what left already: each try is stored before, and a second one asks first.
    can_be_asked: bool

    async def send(self, message: AnyMessage, *, message_id: UUID, is_repeat: bool) -> str | None:
        """Hand the message over, or raise; returns the carrier's own name for it.

        `is_repeat`: it was tried before, and may have left.
        """

    def close(self) -> None:
        """Let go of what is kept open between messages."""
