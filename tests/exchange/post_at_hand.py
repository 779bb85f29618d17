"""A mail server of the tests' own, that remembers and can be unkind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP, Envelope, Session


class Post:
    """A mail server's mind: what it took, and how many called."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.open: list[SMTP] = []
        self.port = 0

    def answer(self) -> SMTP:
        self.open.append(SMTP(self))
        return self.open[-1]

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        for name, told in (("gone", "550 no such person"), ("later", "450 come back")):
            if address.startswith(name):
                return told
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self.taken += envelope.rcpt_tos
        return "250 OK"


@asynccontextmanager
async def open_post() -> AsyncIterator[Post]:
    post = Post()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(post.answer, "127.0.0.1", 0)
    post.port = server.sockets[0].getsockname()[1]
    yield post
    for one in post.open:
        one.transport and one.transport.close()
    server.close()
    await server.wait_closed()
