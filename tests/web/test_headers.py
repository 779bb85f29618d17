"""The same guards stand around every answer, whatever it is."""

import re
from unittest.mock import patch

import small_world as world
from addresses import OWNER, listed_routes, real_path
from httpx import AsyncClient, Response
from reading import SignIn, csrf_of
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.settings import Settings


def check_headers(answer: Response, *, is_file: bool = False) -> None:
    where = f"{answer.request.method} {answer.url} {answer.status_code}"
    policy = answer.headers.get("content-security-policy", "")
    assert "default-src 'none'" in policy, where
    assert "unsafe-inline" not in policy, where
    assert "unsafe-eval" not in policy, where
    assert "frame-ancestors 'none'" in policy, where
    assert "form-action 'self'" in policy, where
    nonce = re.search(r"'nonce-([\w-]{20,})'", policy)
    assert nonce, where
    used = set(re.findall(r'nonce="([^"]*)"', answer.text))
    assert used <= {nonce[1]}, where
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"], where
    assert answer.headers.get_list("referrer-policy") == ["no-referrer"], where
    if not is_file:
        # What the feed gives is public; an answer that no route gave says nothing of that.
        is_open = "/open-referral/" in where and "access-control-allow-origin" in answer.headers
        kept = "public, no-cache" if is_open else "no-store"
        assert answer.headers.get_list("cache-control") == [kept], where


async def test_every_answer_of_every_route(
    sign_in: SignIn, nobody: AsyncClient, session: AsyncSession, settings: Settings
) -> None:
    browsers = {role: await sign_in(email) for role, email in OWNER.items()}
    for route in listed_routes():
        path = await real_path(session, settings, route)
        browser = browsers.get(route.audience, nobody)
        # A post without its token is an answer too.
        answer = await browser.request(route.method, path)
        check_headers(answer, is_file=route.path.startswith("/static/"))
        check_headers(await nobody.request("DELETE", path), is_file="/static/" in path)
        check_headers(await nobody.request("OPTIONS", path), is_file="/static/" in path)


async def test_answers_that_no_route_gives(
    nobody: AsyncClient, sign_in: SignIn, session: AsyncSession, settings: Settings
) -> None:
    missing = await nobody.get("/nowhere")
    assert missing.status_code == 404
    check_headers(missing)
    amina = await sign_in(world.AMINA)
    with patch("marketplace.web.pages.commissioner.messages_switch", side_effect=ValueError):
        broken = await amina.get("/commissioner")
    assert broken.status_code == 500
    check_headers(broken)
    link = await world.offer_link(session, settings, "KELLY")
    large = await nobody.post(link, data={"month": "9" * 10_000})
    assert large.status_code == 413
    check_headers(large)


async def test_each_answer_has_a_nonce_of_its_own(nobody: AsyncClient) -> None:
    policies = {(await nobody.get("/find")).headers["content-security-policy"] for _ in range(3)}
    assert len(policies) == 3


async def test_no_cookie_is_set_for_families_and_the_public(
    nobody: AsyncClient, sign_in: SignIn, session: AsyncSession, settings: Settings
) -> None:
    link = await world.offer_link(session, settings, "KELLY")
    right = {"month": "5", "year": "2019"}
    asked = await nobody.post(link, data=right)
    proof = re.search(r'name="proof" value="([^"]+)"', asked.text)
    assert proof
    answers = [
        await nobody.get(link),
        asked,
        await nobody.post(link, data={"month": "1", "year": "2001"}),
        await nobody.post(f"{link}/call-me"),
        await nobody.post(f"{link}/answer", data={"proof": proof[1], "answer": "no"}),
        *[await nobody.get(path) for path in ("/", "/find?where=IP1+2DE", "/sign-in", "/x")],
    ]
    assert [answer.status_code for answer in answers[:5]] == [200, 200, 422, 200, 200]
    assert all("set-cookie" not in answer.headers for answer in answers)
    staff = await sign_in(world.TOM)
    await csrf_of(staff)
    assert "set-cookie" not in (await staff.get(link)).headers
