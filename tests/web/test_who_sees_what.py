"""Whoever it is not for is sent to sign in, or finds that it is not there."""

import pytest
import small_world as world
from addresses import AFTER_A_YES, OWNER, STRANGER, Route, real_path, staff_routes
from httpx import AsyncClient
from reading import SignIn, csrf_of, words_of
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.session import Sessions
from marketplace.settings import Settings

ROUTES = staff_routes()


async def send(browser: AsyncClient, route: Route, path: str) -> tuple[int, str]:
    """Status and text, posts with the browser's own token."""
    if route.method == "POST":
        answer = await browser.post(path, data={"_csrf": await csrf_of(browser), "code": "full"})
    else:
        answer = await browser.request(route.method, path)
    return answer.status_code, answer.text


@pytest.fixture
async def paths(session: AsyncSession, settings: Settings) -> dict[Route, str]:
    return {route: await real_path(session, settings, route) for route in ROUTES}


async def test_nobody_is_sent_to_sign_in(
    nobody: AsyncClient, paths: dict[Route, str], sessions: Sessions
) -> None:
    before = await world.take_picture(sessions)
    for route, path in paths.items():
        answer = await nobody.request(route.method, path)
        assert answer.status_code == 303, route
        assert answer.headers["location"] == "/sign-in", route
    assert await world.take_picture(sessions) == before


@pytest.mark.parametrize("role", OWNER)
async def test_what_is_for_another_role_is_not_there(
    role: str, sign_in: SignIn, paths: dict[Route, str], sessions: Sessions
) -> None:
    browser = await sign_in(OWNER[role])
    before = await world.take_picture(sessions)
    for route, path in paths.items():
        if route.audience != role:
            status, text = await send(browser, route, path)
            assert status == 404, route
            assert canaries_in(text) == [], route
    assert await world.take_picture(sessions) == before


@pytest.mark.parametrize("role", STRANGER)
async def test_what_is_another_organisations_is_not_there(
    role: str, sign_in: SignIn, paths: dict[Route, str], sessions: Sessions
) -> None:
    stranger = await sign_in(STRANGER[role])
    before = await world.take_picture(sessions)
    for route, path in paths.items():
        if route.audience == role and route.is_owned:
            status, text = await send(stranger, route, path)
            assert status == 404, route
            assert canaries_in(text) == [], route
    assert await world.take_picture(sessions) == before


async def test_no_page_holds_another_organisations_families(sign_in: SignIn) -> None:
    for email in (*STRANGER.values(), world.HANA):
        browser = await sign_in(email)
        home = str((await browser.get("/sign-in")).headers["location"])
        for route in ROUTES:
            if route.method == "GET" and not route.names_one and route.path.startswith(home):
                answer = await browser.get(route.path)
                assert answer.status_code == 200, route
                assert canaries_in(answer.text) == [], route
                assert "KELLY" not in answer.text, route


async def test_the_right_person_sees_it(sign_in: SignIn, paths: dict[Route, str]) -> None:
    browsers = {role: await sign_in(email) for role, email in OWNER.items()}
    for route, path in paths.items():
        if route.method == "GET" and not route.path.endswith(AFTER_A_YES):
            answer = await browsers[route.audience].get(path)
            assert answer.status_code == 200, route
            if route.audience != "practitioner":
                # Before a yes a provider learns no name; a commissioner works with pseudonyms.
                assert canaries_in(answer.text) == [], route


async def test_another_councils_family_is_refused_like_an_unknown_one(
    sign_in: SignIn, sessions: Sessions
) -> None:
    """Kelly is approved, but by the first council."""
    olga = await sign_in(world.OLGA)
    before = await world.take_picture(sessions)
    for ref in ("KELLY", "UNKNOWN"):
        row = f"{ref},A Name,yes,email,{{day}},a@example.org,,,"
        answer = await olga.post(
            "/commissioner/contacts/upload",
            data={"_csrf": await csrf_of(olga)},
            files={"file": ("contacts.csv", world.contacts_csv((row,)), "text/csv")},
        )
        assert answer.status_code == 422, ref
        assert "in no approved plan" in words_of(answer)
    assert await world.take_picture(sessions) == before


async def test_an_id_that_is_none_is_not_there(sign_in: SignIn) -> None:
    amina = await sign_in(world.AMINA)
    for wrong in ("0", "not-an-id", "00000000-0000-4000-8000-000000000000"):
        assert (await amina.get(f"/commissioner/plans/{wrong}")).status_code == 404


def canaries_in(text: str) -> list[str]:
    return [canary for canary in world.CANARIES if canary in text]
