"""A staff form works only from a page of the same session; a family's needs only its link."""

import pytest
import small_world as world
from addresses import OWNER, real_path, staff_routes
from httpx import AsyncClient
from reading import SignIn, csrf_of
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.session import Sessions
from marketplace.demo.loading import make_sign_in_path
from marketplace.settings import Settings

POSTS = [route for route in staff_routes() if route.method == "POST"]
WRONG = {
    "none": {},
    "empty": {"_csrf": ""},
    "wrong": {"_csrf": "0" * 64},
    "not ascii": {"_csrf": "ключ–é"},
}


async def test_a_post_without_the_right_token_changes_nothing(
    sign_in: SignIn, session: AsyncSession, settings: Settings, sessions: Sessions
) -> None:
    browsers = {role: await sign_in(email) for role, email in OWNER.items()}
    before = await world.take_picture(sessions)
    for route in POSTS:
        browser, path = browsers[route.audience], await real_path(session, settings, route)
        for name, fields in WRONG.items():
            answer = await browser.post(path, data=fields | {"code": "full", "change": "plus"})
            assert answer.status_code == 403, (route, name)
        broken = await browser.post(
            path,
            content=b"_csrf=%ED%A0%80",
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert broken.status_code == 400, route
    assert await world.take_picture(sessions) == before


async def test_the_token_of_an_earlier_session_is_stale(
    sign_in: SignIn, sessions: Sessions
) -> None:
    earlier = await csrf_of(await sign_in(world.AMINA))
    amina = await sign_in(world.AMINA)
    before = await world.take_picture(sessions)
    answer = await amina.post("/commissioner/messages/stop", data={"_csrf": earlier})
    assert answer.status_code == 403
    assert await world.take_picture(sessions) == before
    fresh = {"_csrf": await csrf_of(amina)}
    assert (await amina.post("/commissioner/messages/stop", data=fresh)).status_code == 303


@pytest.mark.parametrize("cookie", ["", "gone", "ключ", "a" * 4000, '"; staff="'])
async def test_a_stale_or_broken_cookie_stands_in_nobodys_way(
    cookie: str, nobody: AsyncClient, sessions: Sessions
) -> None:
    """There is no cookie of the forms' own that could be old: signing in always works."""
    kept = {"cookie": f"staff={cookie}".encode()}
    asked = await nobody.post("/sign-in", data={"email": world.AMINA}, headers=kept)
    assert asked.status_code == 200
    assert (await nobody.get("/commissioner", headers=kept)).headers["location"] == "/sign-in"
    arrived = await nobody.post(await make_sign_in_path(sessions, world.AMINA), headers=kept)
    assert arrived.status_code == 303
    token = {"_csrf": await csrf_of(nobody)}
    assert (await nobody.post("/commissioner/messages/stop", data=token)).status_code == 303


async def test_signing_out_needs_the_token_too(sign_in: SignIn) -> None:
    amina = await sign_in(world.AMINA)
    assert (await amina.post("/sign-out")).status_code == 403
    assert (await amina.get("/commissioner")).status_code == 200


async def test_a_familys_post_needs_none(
    nobody: AsyncClient, session: AsyncSession, settings: Settings
) -> None:
    link = await world.offer_link(session, settings, "KELLY")
    answer = await nobody.post(link, data={"month": "5", "year": "2019"})
    assert answer.status_code == 200
