"""A council's own sign-in: who it vouches for comes in, and every flaw of its word is refused."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import small_world as world
from fake_issuer import CLIENT_ID, CLIENT_SECRET, FakeIssuer, serve
from httpx import AsyncClient, Response
from joserfc.jwk import OctKey, RSAKey
from reading import words_of
from sqlalchemy import func, select, text, update
from test_error_pages import logged_text

from directory.base import Base
from marketplace.db.acting import EXCHANGE, PUBLIC
from marketplace.db.history import Event
from marketplace.db.people import User
from marketplace.db.session import Sessions, transaction
from marketplace.errors import NotFoundError
from marketplace.services.staff import work_accounts
from marketplace.services.staff.work_accounts import VouchedFor, sign_in_by_work_account
from marketplace.settings import Settings

STAGE = "ground"


@pytest.fixture
def issuer() -> Iterator[FakeIssuer]:
    issuer = FakeIssuer()
    server = serve(issuer)
    yield issuer
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(settings: Settings, issuer: FakeIssuer) -> Settings:
    return replace(
        settings,
        demo=False,
        oidc_issuer=issuer.address,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
    )


async def go(browser: AsyncClient, issuer: FakeIssuer, **changes: str) -> Response:
    """To the issuer and back; `changes` replace what is brought back."""
    sent = await browser.get("/work-account")
    assert sent.status_code == 303
    assert sent.headers["location"].startswith(f"{issuer.address}/authorise?")
    brought = issuer.sign_in_at(sent.headers["location"]) | changes
    return await browser.get("/work-account/back", params=brought)


async def test_whoever_is_vouched_for_is_in_without_a_second_step_of_ours(
    nobody: AsyncClient, issuer: FakeIssuer, sessions: Sessions
) -> None:
    assert 'href="/work-account"' in (await nobody.get("/sign-in")).text
    back = await go(nobody, issuer)
    assert (back.status_code, back.headers["location"]) == (303, "/commissioner")
    assert (await nobody.get("/commissioner")).status_code == 200
    async with transaction(sessions, EXCHANGE) as session:
        events = await session.execute(select(Event.target, Event.code))
        assert ("signed_in", "work_account") in [tuple(one) for one in events]
        stored = await session.execute(text("SELECT s::text FROM staff_session s"))
        assert nobody.cookies["staff"] not in str(stored.all())


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": "another-client", "azp": CLIENT_ID},
        {"aud": None},
        {"aud": [CLIENT_ID, "another-client"]},
        {"aud": [CLIENT_ID, "another-client"], "azp": CLIENT_ID},
        {"aud": CLIENT_ID, "azp": "another-client"},
        {"iss": "http://127.0.0.1:1"},
        {"iss": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": None},
        {"iat": 9_999_999_999},
        {"sub": None},
        {"sub": ""},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email": None},
        {"email": ["amina@example.org"]},
    ],
    ids=str,
)
async def test_a_token_with_a_flaw_lets_nobody_in(
    changes: dict[str, Any], nobody: AsyncClient, issuer: FakeIssuer
) -> None:
    issuer.changes = changes
    await refused(await go(nobody, issuer), nobody)


async def test_a_token_signed_by_another_lets_nobody_in(
    nobody: AsyncClient, issuer: FakeIssuer
) -> None:
    issuer.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    await refused(await go(nobody, issuer), nobody)


async def test_an_audience_of_ours_alone_may_come_as_a_list(
    nobody: AsyncClient, issuer: FakeIssuer
) -> None:
    issuer.changes = {"aud": [CLIENT_ID]}
    assert (await go(nobody, issuer)).status_code == 303


@pytest.mark.filterwarnings("ignore:JWS algorithm .none. is deprecated")
@pytest.mark.parametrize(
    ("signs_by", "key"),
    [
        ("none", OctKey.import_key(CLIENT_SECRET)),
        ("HS256", OctKey.import_key(CLIENT_SECRET)),
        ("RS512", None),
    ],
)
async def test_a_token_signed_in_another_way_lets_nobody_in(
    signs_by: str, key: OctKey | None, nobody: AsyncClient, issuer: FakeIssuer
) -> None:
    issuer.signs_by, issuer.signs_with = signs_by, key
    await refused(await go(nobody, issuer), nobody)
    # It was given out, and what failed was our look at it.
    assert "an-access-token" in issuer.told


@pytest.mark.parametrize(
    "changes",
    [{"state": "another"}, {"state": ""}, {"code": ""}, {"iss": "http://127.0.0.1:1"}, {"iss": ""}],
    ids=str,
)
async def test_who_comes_back_with_something_else_is_not_let_in(
    changes: dict[str, str], nobody: AsyncClient, issuer: FakeIssuer
) -> None:
    await refused(await go(nobody, issuer, **changes), nobody)
    # And the issuer was not even asked.
    assert issuer.token_requests == []


async def test_an_issuer_that_says_it_names_itself_must(
    nobody: AsyncClient, issuer: FakeIssuer
) -> None:
    issuer.metadata = {"authorization_response_iss_parameter_supported": True}
    await refused(await go(nobody, issuer), nobody)
    assert issuer.token_requests == []
    assert (await go(nobody, issuer, iss=issuer.address)).status_code == 303


async def test_no_more_is_asked_than_whose_address_it_is(
    nobody: AsyncClient, issuer: FakeIssuer
) -> None:
    asked = await asked_of(nobody)
    assert asked.keys() == {
        *("client_id", "response_type", "redirect_uri", "scope", "state", "nonce"),
        *("code_challenge", "code_challenge_method"),
    }
    assert asked["scope"] == "openid email"


async def test_no_two_ways_are_alike(nobody: AsyncClient, issuer: FakeIssuer) -> None:
    one, other = await asked_of(nobody), await asked_of(nobody)
    for name in ("state", "nonce", "code_challenge"):
        assert one[name] != other[name]
        assert len(one[name]) >= 43


async def asked_of(browser: AsyncClient) -> dict[str, str]:
    """What the issuer is asked for in the address that a browser is sent to."""
    sent = await browser.get("/work-account")
    return dict(parse_qsl(urlsplit(sent.headers["location"]).query))


async def test_nothing_that_the_issuer_gave_is_kept_or_told(
    nobody: AsyncClient, issuer: FakeIssuer, sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="")
    with logged_text() as logged:
        back = await go(nobody, issuer)
    async with transaction(sessions, EXCHANGE) as session:
        rows = [
            (await session.execute(text(f"SELECT one::text FROM {table} one"))).all()  # noqa: S608 - our own tables
            for table in Base.metadata.tables
        ]
    # What this test's own browser notes of its way back is not the server's.
    noted = [line for line in caplog.text.splitlines() if str(nobody.base_url) not in line]
    places = (rows, logged.getvalue(), noted, back.headers, back.text, nobody.cookies)
    assert len(issuer.told) == 5
    assert [one for one in (*issuer.told, CLIENT_SECRET) if one in str(places)] == []


async def test_nobody_comes_back_by_anothers_way(
    nobody: AsyncClient, open_browser: Any, issuer: FakeIssuer
) -> None:
    """A stranger who signs in at the issuer cannot make Amina's browser come in as them."""
    stranger = await open_browser()
    brought = issuer.sign_in_at((await stranger.get("/work-account")).headers["location"])
    await refused(await nobody.get("/work-account/back", params=brought), nobody)
    await nobody.get("/work-account")
    await refused(await nobody.get("/work-account/back", params=brought), nobody)


async def test_a_code_works_once(nobody: AsyncClient, issuer: FakeIssuer) -> None:
    brought = issuer.sign_in_at((await nobody.get("/work-account")).headers["location"])
    way = nobody.cookies["way"]
    assert (await nobody.get("/work-account/back", params=brought)).status_code == 303
    assert "way" not in nobody.cookies
    nobody.cookies.clear()
    nobody.cookies.set("way", way, domain="testserver.local")
    await refused(await nobody.get("/work-account/back", params=brought), nobody)


@pytest.mark.parametrize("cookie", ["", "1.abc", "soon.abc", "٣.abc", "9" * 30 + ".abc"])
async def test_a_cookie_of_ones_own_making_or_too_old_is_refused(
    cookie: str, nobody: AsyncClient, issuer: FakeIssuer
) -> None:
    answer = await nobody.get(
        "/work-account/back",
        params={"state": "x", "code": "y"},
        headers={"cookie": f"way={cookie}".encode()},
    )
    await refused(answer, nobody)


async def test_somebody_unknown_here_is_not_let_in(nobody: AsyncClient, issuer: FakeIssuer) -> None:
    issuer.changes = {"email": "nobody@example.org"}
    answer = await go(nobody, issuer)
    assert answer.status_code == 404
    assert "staff" not in nobody.cookies


async def test_an_address_that_passed_to_somebody_else_does_not_let_them_in(
    nobody: AsyncClient, open_browser: Any, issuer: FakeIssuer, sessions: Sessions
) -> None:
    await go(nobody, issuer)
    issuer.changes = {"sub": "2"}
    other = await open_browser()
    assert (await go(other, issuer)).status_code == 404
    assert "staff" not in other.cookies
    async with transaction(sessions, EXCHANGE) as session:
        await work_accounts.forget_by_operator(session, world.AMINA)
    assert (await nobody.get("/commissioner")).status_code == 303
    assert (await go(other, issuer)).status_code == 303


async def test_who_is_known_comes_in_whatever_their_address_is_now(
    nobody: AsyncClient, issuer: FakeIssuer
) -> None:
    await go(nobody, issuer)
    issuer.changes = {"email": "amina.newly-wed@example.org"}
    assert (await go(nobody, issuer)).headers["location"] == "/commissioner"


async def test_who_is_known_stays_out_once_their_account_has_ended(
    nobody: AsyncClient, open_browser: Any, issuer: FakeIssuer, sessions: Sessions
) -> None:
    await go(nobody, issuer)
    async with transaction(sessions, EXCHANGE) as session:
        ended = update(User).where(User.email == world.AMINA).values(closed_at=func.now())
        await session.execute(ended)
    # Nor as somebody else whose address is theirs now.
    for changes in ({}, {"email": world.PRIYA}):
        issuer.changes = changes
        assert (await go(await open_browser(), issuer)).status_code == 404


async def test_another_issuers_word_for_somebody_takes_the_place_of_the_first(
    sessions: Sessions,
) -> None:
    """A council has changed its sign-in: our settings name the one that counts."""
    for issuer, subject in (("one", "1"), ("another", "2"), ("another", "2")):
        assert await come(sessions, issuer, subject)
    with pytest.raises(NotFoundError):
        await come(sessions, "another", "1")


async def test_a_first_time_in_several_browsers_at_once_is_one_person(sessions: Sessions) -> None:
    tokens = await asyncio.gather(*(come(sessions, "one", "1") for _ in range(8)))
    assert len(set(tokens)) == 8


async def come(sessions: Sessions, issuer: str, subject: str) -> str:
    account = VouchedFor(issuer=issuer, subject=subject, email=world.AMINA)
    async with transaction(sessions, PUBLIC) as session:
        return await sign_in_by_work_account(session, account, browser="")


@pytest.mark.parametrize(
    "metadata",
    [{"issuer": "http://127.0.0.1:1"}, {"token_endpoint": "file:///etc/hostname"}],
    ids=str,
)
async def test_an_issuer_that_sends_elsewhere_is_not_followed(
    metadata: dict[str, str], nobody: AsyncClient, issuer: FakeIssuer
) -> None:
    issuer.metadata = metadata
    assert (await nobody.get("/work-account")).status_code == 403


async def test_an_issuers_name_is_held_to_the_letter(
    nobody: AsyncClient, issuer: FakeIssuer
) -> None:
    issuer.metadata = {"issuer": f"{issuer.address}/"}
    assert (await nobody.get("/work-account")).status_code == 403


async def refused(answer: Response, browser: AsyncClient) -> None:
    assert answer.status_code == 403
    assert "did not let you in" in answer.text
    assert "link by e-mail" in words_of(answer)
    assert "staff" not in browser.cookies
    assert (await browser.get("/commissioner")).status_code == 303


class TestAnIssuerWhoseNameEndsInASlash:
    """Some do, in all that they sign."""

    @pytest.fixture
    def settings(self, settings: Settings, issuer: FakeIssuer) -> Settings:
        return replace(settings, oidc_issuer=f"{issuer.address}/")

    async def test_it_lets_in(self, nobody: AsyncClient, issuer: FakeIssuer) -> None:
        issuer.metadata = {"issuer": f"{issuer.address}/"}
        issuer.changes = {"iss": f"{issuer.address}/"}
        assert (await go(nobody, issuer)).status_code == 303


class TestWithoutAnIssuer:
    """There is no such page, and none of them speaks of it."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, oidc_issuer="")

    async def test_it_is_not_there(self, nobody: AsyncClient) -> None:
        for path in ("/work-account", "/work-account/back?state=x&code=y"):
            assert (await nobody.get(path)).status_code == 404
        assert "/work-account" not in (await nobody.get("/sign-in")).text
