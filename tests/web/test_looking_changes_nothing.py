"""Mail scanners and browsers look ahead: a look, by whomever, changes no row of any table."""

import small_world as world
from addresses import OWNER, listed_routes, real_path
from httpx import AsyncClient
from reading import SignIn
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.demo.loading import make_sign_in_path
from marketplace.settings import Settings

LOOKS = ("GET", "HEAD")


async def test_no_get_or_head_changes_a_row(
    sign_in: SignIn, nobody: AsyncClient, sessions: Sessions, settings: Settings
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        paths = [
            (route.audience, await real_path(session, settings, route))
            for route in listed_routes()
            if route.method in LOOKS
        ]
    browsers = {audience: await sign_in(email) for audience, email in OWNER.items()}
    before = await world.take_picture(sessions)
    for audience, path in paths:
        for method in LOOKS:
            answer = await browsers.get(audience, nobody).request(method, path)
            assert answer.status_code < 500, f"{method} {path}"
    assert await differences(before, sessions) == []


async def test_looking_at_a_sign_in_link_does_not_use_it_up(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    path = await make_sign_in_path(sessions, world.AMINA)
    before = await world.take_picture(sessions)
    for method in LOOKS:
        assert (await nobody.request(method, path)).status_code == 200
    assert await differences(before, sessions) == []
    assert (await nobody.post(path)).status_code == 303


async def differences(before: dict[str, tuple[int, str]], sessions: Sessions) -> list[str]:
    after = await world.take_picture(sessions)
    return [table for table in before if before[table] != after[table]]


async def test_the_picture_sees_a_change(sessions: Sessions, session: AsyncSession) -> None:
    before = await world.take_picture(sessions)
    async with transaction(sessions, EXCHANGE) as other:
        (await world.family_of(other, "KELLY")).visiting = "ring_first"
        await other.flush()
    assert await differences(before, sessions) == ["public.family"]
