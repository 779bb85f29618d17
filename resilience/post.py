"""A mail server of our own that remembers what came, and can be unkind."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, Envelope, Session
from stage import free_port

# As it stands in the plain words. To parse a letter would cost more than to send it.
LINK = re.compile(rb"https?://\S+/o/(\w+)\s")


@dataclass
class Post:
    """Takes everything, and remembers the link of each letter by whom it is for.

    `mood`: how it treats who comes: kindly, or by an answer of its own.
    """

    port: int = field(default_factory=free_port)
    mood: str = "kind"
    links: dict[str, Counter[str]] = field(default_factory=dict)
    tries: int = 0
    last_at: float = 0.0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?from=hub@example.org"

    @property
    def copies(self) -> int:
        return sum(one.total() for one in self.links.values())

    async def open(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: SMTP(self), "127.0.0.1", self.port)

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        self.tries += 1
        if self.mood in ("450", "550"):
            return f"{self.mood} not this one"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        found = LINK.search(envelope.content)
        link = found[1].decode() if found else ""
        self.links.setdefault(envelope.rcpt_tos[0], Counter())[link] += 1
        self.last_at = time.monotonic()
        if self.mood == "drop":
            server.transport.abort()
        if self.mood == "slow":
            await asyncio.sleep(2)
        return "250 OK"
