"""The same guards stand around every answer, whatever it is."""

import re
from dataclasses import replace
from unittest.mock import patch

import pytest
import small_world as world
from addresses import OWNER, listed_routes, real_path
from httpx import AsyncClient, Response
from reading import SignIn, csrf_of
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.session import Sessions
from marketplace.demo.loading import make_sign_in_path
from marketplace.settings import Settings

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
# What an answer may say beside the guards, because it is about this answer alone.
OWN = {
    "www-authenticate",
    "access-control-allow-origin",
    "allow",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-type",
    "etag",
    "last-modified",
    "link",
    "location",
    "retry-after",
    "set-cookie",
    "vary",
}


def guards_of(path: str, answer: Response, nonce: str) -> dict[str, str]:
    """The whole set by value, for one answer."""
    guards = {
        "content-security-policy": POLICY.format(nonce=nonce),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
    if path == "/find":
        guards["permissions-policy"] = "camera=(), geolocation=(self), microphone=()"
    if path.startswith("/static/"):
        guards["cache-control"] = "public, max-age=86400"
    # What the feed gives is public; an answer that no route gave says nothing of that.
    if path.startswith("/open-referral/") and "access-control-allow-origin" in answer.headers:
        guards["cache-control"] = "public, no-cache"
        guards["cross-origin-resource-policy"] = "cross-origin"
    if answer.url.scheme == "https":
        guards["strict-transport-security"] = "max-age=63072000; includeSubDomains"
    return guards


def check_headers(answer: Response) -> None:
    where = f"{answer.request.method} {answer.url} {answer.status_code}"
    nonce = re.search(r"'nonce-([\w-]{20,})'", answer.headers.get("content-security-policy", ""))
    assert nonce, where
    expected = guards_of(answer.url.path, answer, nonce[1])
    told = [(name.lower(), value) for name, value in answer.headers.multi_items()]
    assert sorted(one for one in told if one[0] not in OWN) == sorted(expected.items()), where
    used = set(re.findall(r'nonce="([^"]*)"', answer.text))
    assert used <= {nonce[1]}, where


async def test_every_answer_of_every_route(
    sign_in: SignIn, nobody: AsyncClient, session: AsyncSession, settings: Settings
) -> None:
    browsers = {role: await sign_in(email) for role, email in OWNER.items()}
    for route in listed_routes():
        path = await real_path(session, settings, route)
        browser = browsers.get(route.audience, nobody)
        # A post without its token is an answer too.
        answer = await browser.request(route.method, path)
        check_headers(answer)
        check_headers(await nobody.request("DELETE", path))
        check_headers(await nobody.request("OPTIONS", path))


async def every_kind_of_failure(
    nobody: AsyncClient, amina: AsyncClient, link: str
) -> dict[int, Response]:
    """An answer of each status that is no success, from where it really arises."""
    token = {"_csrf": await csrf_of(amina)}
    answers = [
        await nobody.get("/find?where=%00"),
        await amina.get("/commissioner/needs?page=two"),
        await nobody.get("/commissioner"),
        await amina.post("/commissioner/messages/stop", data={"_csrf": "stale"}),
        await nobody.get("/nowhere"),
        await nobody.get("/o/%00"),
        await nobody.get("/static/nothing.css"),
        await nobody.delete("/find"),
        await amina.post("/second-step/set-up", data=token | {"code": "000000"}),
        await nobody.post(link, data={"month": "9" * 10_000}),
        await nobody.post("/sign-in", data={"email": "nobody"}),
    ]
    asks = {"email": "nobody@example.org"}
    answers += [await nobody.post("/sign-in", data=asks) for _ in range(7)]
    with patch("marketplace.web.pages.commissioner.messages_switch", side_effect=ValueError):
        answers.append(await amina.get("/commissioner"))
    with patch("marketplace.web.auth.find_signed_in", side_effect=ConnectionRefusedError):
        answers.append(await amina.get("/commissioner"))
    with patch("marketplace.web.pages.find.find_help", side_effect=ConnectionRefusedError):
        answers.append(await nobody.get("/find?where=IP1+2DE"))
    for answer in answers:
        check_headers(answer)
    return {answer.status_code: answer for answer in answers}


async def test_every_kind_of_failure(
    nobody: AsyncClient, sign_in: SignIn, session: AsyncSession, settings: Settings
) -> None:
    link = await world.offer_link(session, settings, "KELLY")
    found = await every_kind_of_failure(nobody, await sign_in(world.AMINA), link)
    assert set(found) >= {303, 400, 403, 404, 405, 413, 422, 429, 500, 503}
    assert int(found[429].headers["retry-after"]) > 0


class TestOverHttps:
    """As it is served: browsers are told never to come without it, errors included."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, base_url="https://testserver.local")

    async def test_every_answer_says_so(
        self, nobody: AsyncClient, sign_in: SignIn, session: AsyncSession, settings: Settings
    ) -> None:
        link = await world.offer_link(session, settings, "KELLY")
        amina = await sign_in(world.AMINA)
        assert set(await every_kind_of_failure(nobody, amina, link)) >= {404, 429, 500, 503}
        for path in ("/", "/find", "/static/favicon.svg", "/open-referral/v3/services"):
            check_headers(await nobody.get(path))

    async def test_the_cookie_is_bound_to_this_host_and_to_https(
        self, nobody: AsyncClient, sessions: Sessions
    ) -> None:
        answer = await nobody.post(await make_sign_in_path(sessions, world.AMINA))
        (cookie,) = answer.headers.get_list("set-cookie")
        name, *attributes = cookie.lower().split("; ")
        assert name.startswith("__host-staff=")
        assert {"path=/", "secure", "httponly", "samesite=lax"} <= set(attributes)
        assert "domain" not in cookie.lower()


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
