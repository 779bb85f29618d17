"""Tokens are made on a page, shown once, and taken back; by command too."""

import re

import httpx
import small_world as world
from api_at_hand import API
from click.testing import CliRunner
from reading import SignIn, csrf_of, form_of, words_of
from sqlalchemy import select

from marketplace.cli import main
from marketplace.commands.tokens import create
from marketplace.db.acting import EXCHANGE
from marketplace.db.machines import ApiToken
from marketplace.db.session import Sessions, transaction

WORDS = re.compile(r"earlyhelp_[\w-]{32}")
ASKED = {"name": "Case system", "days": "30"}


async def make(browser: httpx.AsyncClient, who: str, **more: object) -> httpx.Response:
    data = {"_csrf": await csrf_of(browser), **ASKED, **more}
    return await browser.post(f"/{who}/tokens", data=data)


async def test_a_token_is_shown_once_and_opens_until_it_is_taken_back(
    sign_in: SignIn, nobody: httpx.AsyncClient, sessions: Sessions
) -> None:
    amina = await sign_in(world.AMINA)
    made = await make(amina, "commissioner", scopes=["needs:read"])
    (words,) = WORDS.findall(made.text)
    token = {"Authorization": f"Bearer {words}"}
    assert (await nobody.get(f"{API}/needs", headers=token)).status_code == 200
    assert (await nobody.get(f"{API}/stops", headers=token)).status_code == 403
    page = await amina.get("/commissioner/tokens")
    assert not WORDS.search(page.text)
    assert "Case system" in words_of(page)
    async with transaction(sessions, EXCHANGE) as session:
        (kept,) = await session.scalars(select(ApiToken))
        assert words.encode() not in kept.token_hash
        assert kept.last_used_at is not None
    revoke = form_of(page, "/revoke").action
    olga = await sign_in(world.OLGA)
    assert (await olga.post(revoke, data={"_csrf": await csrf_of(olga)})).status_code == 404
    assert (await nobody.get(f"{API}/needs", headers=token)).status_code == 200
    assert "nothing any more" not in words_of(page)
    done = await amina.post(revoke, data={"_csrf": await csrf_of(amina)})
    assert done.status_code == 303
    after = await amina.get(done.headers["location"])
    assert "Case system can ask and send nothing any more." in words_of(after)
    assert "/revoke" not in after.text
    assert (await nobody.get(f"{API}/needs", headers=token)).status_code == 401


async def test_what_is_wrong_is_named_and_nothing_is_made(
    sign_in: SignIn, sessions: Sessions
) -> None:
    tom = await sign_in(world.TOM)
    for wrong in ({"scopes": ["needs:read"]}, {"name": ""}, {"days": "9000"}):
        given = {"scopes": ["matches:read"], **wrong}
        assert (await make(tom, "provider", **given)).status_code == 422
    async with transaction(sessions, EXCHANGE) as session:
        assert (await session.scalars(select(ApiToken))).all() == []


def test_the_command_asks_for_whom() -> None:
    assert "token" in main.commands
    asked = ["--scope", "needs:read", "--name", "x"]
    for whose in ([], ["--commissioner", "A", "--provider", "B"]):
        done = CliRunner().invoke(create, [*asked, *whose])
        assert done.exit_code == 2
        assert "either" in done.output
