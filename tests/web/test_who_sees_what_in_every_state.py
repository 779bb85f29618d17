"""Every page × everybody × every state of a match: nobody sees more than the table in the design.

`make security` asks all states (STATES=all); `make test` those where most is decided.
"""

import os

import pytest
import small_world as world
from addresses import OWNER, STRANGER, Route, listed_routes, real_path
from httpx import AsyncClient
from reading import SignIn
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.offers import Offer
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.settings import Settings
from marketplace.states import MatchState as M

STATES = (
    list(M)
    if os.environ.get("STATES") == "all"
    else [M.AWAITING_PROVIDER, M.ACCEPTED, M.FAMILY_DECLINED, M.WITHDRAWN]
)
SAID_YES = {M.ACCEPTED, M.UNDER_WAY, M.COMPLETED, M.ENDED_EARLY, M.NOT_STARTED}
# Only now does whoever helps know whom.
OPEN_TO_PROVIDER = {M.ACCEPTED, M.UNDER_WAY}
OF_KELLY = {"Nocturne", "kelly.nocturne@example.org", "01632 960101", "+441632960101"}
PEOPLE = {
    "commissioner": (world.AMINA, world.OLGA),
    "practitioner": (world.PRIYA, world.PETRA),
    "provider": (world.TOM, world.WENDY, world.HANA),
}
LEFT_OUT = ("/api/", "/dev/")  # asked with a token of their own in test_api_door.py; the demo's


@pytest.fixture
async def paths(session: AsyncSession, settings: Settings) -> dict[Route, str]:
    return {
        route: await real_path(session, settings, route)
        for route in listed_routes()
        if route.method == "GET" and not route.path.startswith(LEFT_OUT)
    }


@pytest.mark.parametrize("state", STATES)
async def test_nobody_sees_more(
    state: M, sign_in: SignIn, nobody: AsyncClient, paths: dict[Route, str], sessions: Sessions
) -> None:
    await put_in(sessions, state)
    faults, seen_by_tom = [], set[str]()
    asked = [("open", "nobody", nobody)]
    for role, emails in PEOPLE.items():
        asked += [(role, email, await sign_in(email)) for email in emails]
    for role, email, browser in asked:
        for route, path in paths.items():
            if (route.audience if route.audience in OWNER else "open") != role:
                continue
            answer = await browser.get(path)
            seen = {canary for canary in world.CANARIES if canary in answer.text}
            if email == world.TOM:
                seen_by_tom |= seen
            if seen - allowed(email, state) or answer.status_code >= 500:
                faults.append(f"{email} at {route}: {answer.status_code}, {sorted(seen)}")
            if email == STRANGER.get(role) and route.is_owned and answer.status_code != 404:
                faults.append(f"{email} at {route}: {answer.status_code}, and it is not theirs")
    assert faults == []
    # Where it is theirs to see, it is there: or the canaries would be found nowhere at all.
    assert bool(seen_by_tom) == (state in OPEN_TO_PROVIDER)


def allowed(email: str, state: M) -> set[str]:
    if email == world.PRIYA:
        return set(world.CANARIES)
    return OF_KELLY if email == world.TOM and state in OPEN_TO_PROVIDER else set()


async def put_in(sessions: Sessions, state: M) -> None:
    """Around the one function: most states cannot be reached from where the world stands."""
    async with transaction(sessions, EXCHANGE) as session:
        match = await world.match_of(session, "KELLY")
        await session.execute(update(Match).where(Match.id == match.id).values(state=state))
        answer = "yes" if state in SAID_YES else None
        if state == M.FAMILY_DECLINED:
            answer = "no"
        values = {"answer": answer, "contact_way": "phone" if answer == "yes" else None}
        await session.execute(update(Offer).where(Offer.match_id == match.id).values(**values))
