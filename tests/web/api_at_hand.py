"""Programs with tokens, at the API of the small world."""

from collections.abc import Collection

import httpx
import small_world as world
from litestar import Litestar

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.services.staff.api_tokens import SCOPES, make_token

API = "/api/v1"


async def token_of(sessions: Sessions, email: str, *, scopes: Collection[str] = ()) -> str:
    """A token made by somebody; of all scopes where none are named."""
    async with transaction(sessions, EXCHANGE) as session:
        actor = await world.actor_of(session, email)
        return await make_token(
            session, name="Nightly", scopes=scopes or SCOPES[actor.kind], days=30, actor=actor
        )


def program(application: Litestar, token: str | None) -> httpx.AsyncClient:
    """A client that shows the token with every call; to be opened and closed by the test."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application),
        base_url="http://testserver.local",
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )
